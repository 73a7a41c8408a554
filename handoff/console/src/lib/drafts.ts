// For the composer: what an agent has begun to write, one draft a conversation, kept in this browser.

import { keep, kept, onKeptElsewhere } from './kept';
import type { Id } from './types';

const name = (agent: Id, conversation: Id) => `draft.${agent}.${conversation}`;

export function draft(agent: Id, conversation: Id): string {
  return kept(name(agent, conversation), '');
}

/** False when the browser could not keep it. */
export function keepDraft(agent: Id, conversation: Id, text: string): boolean {
  return keep(name(agent, conversation), text === '' ? null : text);
}

/** Calls back when the same draft was changed in another tab. Returns the way to stop. */
export function onDraftElsewhere(agent: Id, conversation: Id, then: (text: string) => void): () => void {
  return onKeptElsewhere(name(agent, conversation), () => then(draft(agent, conversation)));
}
