// For screens that show what trainers named: an intent or a slot in words, or its own name made readable.

import { get } from 'svelte/store';
import { json } from 'svelte-i18n';

/** The words for a name of the given kind; `order_status` without words of its own becomes "order status". */
export function inWords(kind: 'intent' | 'slot', name: string): string {
  const known = get(json)(`${kind}.${name}`);
  return typeof known === 'string' && known !== `${kind}.${name}` ? known : name.replaceAll('_', ' ');
}

// What the bot keeps for itself, and the customer's language, which stands in the header.
const NOT_SHOWN = new Set([
  'language',
  'clarifying',
  'order_lookup',
  'order_number_attempts',
  'requested_slot',
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
