// For buttons and keys alike: what an agent does with a conversation, and where the desk goes afterwards.

import { get } from 'svelte/store';
import { desk } from './desk.svelte';
import { focusComposer, focusRow } from './focus';
import { draft } from './drafts';
import { called } from './names';
import { notices } from './notices.svelte';
import { outbox } from './outbox.svelte';
import { address, route } from './route.svelte';
import { session } from './session.svelte';
import type { Row } from './types';

export type Step = 'accept' | 'resolve' | 'requeue';

/** What I may do with this conversation. */
export function may(step: Step, row: Row): boolean {
  const mine = row.agent?.id === session.agent?.id;
  if (step === 'accept') return row.state === 'queued' || (row.state === 'offered' && mine);
  if (step === 'resolve') return row.state === 'active' && mine;
  return mine && (row.state === 'active' || row.state === 'offered');
}

/** Something I wrote has not been sent: leaving would lose it from sight. */
export function unfinished(row: Row): boolean {
  return draft(session.agent?.id ?? '', row.id).trim() !== '' || outbox.of(row.id).length > 0;
}

/**
 * Takes the step. After accepting, the conversation is open. After the others, whoever of mine waits for an answer
 * comes next; when nobody does, the next one in the list has the focus.
 */
export async function act(step: Step, row: Row): Promise<void> {
  const next = neighbour(row);
  if (!(await desk.move(row, step))) return;
  const name = get(called)(row.customer);
  if (step === 'accept') {
    notices.whisper('done.accept', { name });
    route.go('mine', row.id);
    return focusComposer(row.id);
  }
  notices.say(`done.${step}`, { name }, step === 'resolve' ? address(route.view, row.id) : null);
  const unanswered = desk.serving.find((other) => other.unanswered_since !== null);
  if (route.conversation === row.id && unanswered) {
    route.go('mine', unanswered.id);
    return focusComposer(unanswered.id);
  }
  if (route.conversation === row.id) route.go(route.view);
  await focusRow(next?.id ?? null);
}

function neighbour(row: Row): Row | undefined {
  const rows = route.view === 'queue' ? desk.waiting : desk.serving;
  const place = rows.findIndex((other) => other.id === row.id);
  return rows[place + 1] ?? rows[place - 1];
}
