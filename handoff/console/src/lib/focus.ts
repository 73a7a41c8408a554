// For the keyboard: moving the focus between the list, the conversation and the composer.

import { tick } from 'svelte';
import type { Id } from './types';

const rows = () => [...document.querySelectorAll<HTMLElement>('[data-row]')];

/** Moves along the list, from the focused row, or else from the open one. */
export function stepRow(by: 1 | -1): void {
  const all = rows();
  const focused = all.findIndex((row) => row === document.activeElement);
  const from = focused >= 0 ? focused : all.findIndex((row) => row.hasAttribute('aria-current'));
  const to = from < 0 ? 0 : Math.min(Math.max(from + by, 0), all.length - 1);
  all[to]?.focus();
  all[to]?.scrollIntoView({ block: 'nearest' });
}

/** Focuses a row of the list, its first one when there is no such row, the list itself when it is empty. */
export async function focusRow(id: Id | null): Promise<void> {
  await tick();
  const all = rows();
  const row = all.find((other) => other.dataset.row === id) ?? all[0];
  (row ?? document.getElementById('list-title'))?.focus();
}

let wanted: Id | null = null;

/** Focuses the composer of a conversation, as soon as it is there. */
export function focusComposer(conversation: Id | null): void {
  const composer = document.getElementById('composer');
  wanted = composer?.dataset.conversation === conversation ? null : conversation;
  if (wanted === null) composer?.focus();
}

/** For a composer that has just come: true when it was waited for. */
export function composerWanted(conversation: Id): boolean {
  const yes = wanted === conversation;
  wanted = null;
  return yes;
}
