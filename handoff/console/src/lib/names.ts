// For screens that show what others named, or did not: customers; intents and slots, as trainers call them.

import { derived, get } from 'svelte/store';
import { _, json } from 'svelte-i18n';
import type { Customer } from './types';

/** What an agent calls a customer, in the agent's language: `$called(row.customer)`. */
export const called = derived(
  _,
  ($_) => (customer: Customer) =>
    customer.name ?? $_('customer.visitor', { values: { number: customer.id } }),
);

/** The words for a name of the given kind; `order_status` without words of its own becomes "order status". */
export function inWords(kind: 'intent' | 'slot' | 'deed', name: string): string {
  const known = get(json)(`${kind}.${name}`);
  return typeof known === 'string' && known !== `${kind}.${name}` ? known : name.replaceAll('_', ' ');
}

// What the bot keeps for itself, and the customer's language, which stands in the header.
const NOT_SHOWN = new Set([
  'language',
  'clarifying',
  'requested_slot',
  'order_by_phone',
  'order_question',
  'cancel_offer',
  'item_to_cancel',
  'form_attempts',
  'form_over',
  'confirmed',
  'code_sent_to',
  'verified_until',
  'verified_phone',
  'account_question',
  'plan',
  'plan_wish',
  'booked',
  'code_missed',
  'time_wish',
]);

/** The slots that have a value, with the value as a person writes it. */
export function filled(slots: Record<string, unknown>): { name: string; words: string }[] {
  return Object.entries(slots).flatMap(([name, value]) => {
    const words = valueInWords(value);
    return words === '' || NOT_SHOWN.has(name) ? [] : [{ name, words }];
  });
}

function valueInWords(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(String).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
