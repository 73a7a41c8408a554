// For screens that show what trainers named: an intent or a slot in words, or its own name made readable.

import { get } from 'svelte/store';
import { json } from 'svelte-i18n';

/** The words for a name of the given kind; `order_status` without words of its own becomes "order status". */
export function inWords(kind: 'intent' | 'slot', name: string): string {
  const known = get(json)(`${kind}.${name}`);
  return typeof known === 'string' && known !== `${kind}.${name}` ? known : name.replaceAll('_', ' ');
}

// The customer's language stands in the header.
const SHOWN_ELSEWHERE = new Set(['language']);

/** The slots that have a value, with the value as a person writes it. */
export function filled(slots: Record<string, unknown>): { name: string; words: string }[] {
  return Object.entries(slots).flatMap(([name, value]) => {
    const words = valueInWords(value);
    return words === '' || SHOWN_ELSEWHERE.has(name) ? [] : [{ name, words }];
  });
}

function valueInWords(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(String).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
