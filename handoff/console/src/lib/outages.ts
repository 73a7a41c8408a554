// For the form of an outage notice: what is wrong with it, by the gateway's own rules.

import { clock } from './clock.svelte';
import type { Problem } from './forms';

const LONGEST_TEXT = 500;
const LONGEST_NAME = 40;
const MOST_NAMES = 10;
const MOST_DAYS = 30;

/** Names with commas between them, of either script. */
export function namesIn(given: string): string[] {
  return given
    .split(/[,，、]/)
    .map((name) => name.trim())
    .filter(Boolean);
}

/** An area has names in both languages or in none. */
export function wrongArea(given: string, other: string): Problem {
  const names = namesIn(given);
  if (names.length === 0 && namesIn(other).length > 0) return { key: 'wrong.area_both' };
  if (names.length > MOST_NAMES) return { key: 'wrong.area_many', values: { count: MOST_NAMES } };
  const odd = names.find((name) => lengthOf(name) < 2 || lengthOf(name) > LONGEST_NAME);
  if (odd === undefined) return null;
  return { key: 'wrong.area_name', values: { name: odd.slice(0, LONGEST_NAME), count: LONGEST_NAME } };
}

export function wrongText(text: string): Problem {
  const given = lengthOf(text.trim());
  if (given === 0) return { key: 'wrong.notice' };
  return given > LONGEST_TEXT ? { key: 'wrong.notice_long', values: { given, count: LONGEST_TEXT } } : null;
}

export function wrongUntil(until: string): Problem {
  const ahead = Date.parse(until) - clock.now;
  if (Number.isNaN(ahead)) return { key: 'wrong.until' };
  if (ahead <= 0) return { key: 'wrong.until_past' };
  return ahead > MOST_DAYS * 86_400_000 ? { key: 'wrong.until_far', values: { count: MOST_DAYS } } : null;
}

/** Counted as the gateway counts: an emoji is one character. */
const lengthOf = (text: string) => [...text].length;
