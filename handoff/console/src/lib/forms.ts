// For forms that speak the console's language, and say in place what is wrong: browsers would complain in their own.

import { tick } from 'svelte';
import { get } from 'svelte/store';
import { _, json } from 'svelte-i18n';
import { Refusal } from './api';

/** What is wrong with a value: a text's key in the locales, with its values. Null when all is well. */
export type Problem = { key: string; values?: Record<string, string | number> } | null;

export const SHORTEST_PASSWORD = 10;
const LOGIN_SIGNS = /[A-Za-z0-9._@+-]/g;

export function wrongName(name: string): Problem {
  return name.trim() === '' ? { key: 'wrong.name' } : null;
}

/** Says which signs of a login are not allowed, rather than the rule alone. */
export function wrongLogin(given: string): Problem {
  const login = given.trim();
  const strange = [...new Set(login.replace(LOGIN_SIGNS, ''))];
  if (login === '') return { key: 'wrong.login' };
  if (strange.some((sign) => sign.trim() === '')) return { key: 'wrong.login_space' };
  if (strange.length > 0) return { key: 'wrong.login_signs', values: { signs: strange.join(' ') } };
  if (!/^[A-Za-z0-9]/.test(login)) return { key: 'wrong.login_start', values: { sign: login[0] ?? '' } };
  return login.length < 2 ? { key: 'wrong.login_short' } : null;
}

export function wrongPassword(password: string): Problem {
  // Counted as the gateway counts: an emoji is one character.
  const given = [...password].length;
  if (given === 0) return { key: 'wrong.password', values: { count: SHORTEST_PASSWORD } };
  if (given >= SHORTEST_PASSWORD) return null;
  return { key: 'wrong.password_short', values: { count: SHORTEST_PASSWORD, given } };
}

export function wrongCapacity(capacity: number | null): Problem {
  const fits = Number.isInteger(capacity) && Number(capacity) >= 1 && Number(capacity) <= 20;
  return fits ? null : { key: 'wrong.capacity' };
}

/** What a call threw, in the console's language. */
export function explain(error: unknown): string {
  if (!(error instanceof Refusal)) return get(_)('error.unreachable');
  const key = `error.${error.code}`;
  const known = get(json)(key) !== undefined && get(json)(key) !== key;
  return get(_)(known ? key : 'error.other', {
    values: { message: error.message, remedy: error.remedy ?? '', seconds: error.retryAfter },
  });
}

/** Focuses the first field that is marked as wrong. */
export async function focusWrong(form: HTMLFormElement): Promise<void> {
  await tick();
  form.querySelector<HTMLInputElement>('[aria-invalid]')?.focus();
}

/** Focuses the first field that is not filled in; false when all are. */
export function focusEmpty(form: HTMLFormElement): boolean {
  const field = form.querySelector<HTMLInputElement>('input:invalid');
  field?.focus();
  return field !== null;
}
