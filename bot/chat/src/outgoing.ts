// For the conversation: what the customer wrote and the gateway has not yet taken, kept over reloads.
import type { Choice } from './api';
import { recallAll, remember } from './memory';

// The gateway refuses a longer one.
export const LONGEST = 5000;

/** How many characters more a message may have, counted as the gateway does: an emoji is one. */
export function room(text: string): number {
  return LONGEST - [...text.trim()].length;
}

/** waiting: not yet taken by the gateway; accepted: taken, not yet told back; refused: never will be. */
export type Mark = 'waiting' | 'accepted' | 'refused';

export type Outgoing = {
  /** made here, so that the gateway knows a message it has already */
  id: string;
  text: string;
  /** the id of the choice tapped */
  choice?: string;
  at: string;
  /** the last seq known when it was written: only a later message can be this one told back */
  after: number;
  mark: Mark;
  /** why the gateway refused it, as an HTTP status; 0 otherwise */
  status: number;
  /** it came back as a message of the conversation */
  echoed: boolean;
};

export function write(text: string, choice: Choice | undefined, after: number): Outgoing {
  const at = new Date().toISOString();
  const item: Outgoing = {
    id: newId(),
    text,
    choice: choice?.id,
    at,
    after,
    mark: 'waiting',
    status: 0,
    echoed: false,
  };
  keep(item);
  return item;
}

// A key for each, so that two tabs don't overwrite each other's; the gateway drops what both send.
export function keep(item: Outgoing): void {
  remember(`outgoing.${item.id}`, item);
}

export function forget(item: Outgoing): void {
  remember(`outgoing.${item.id}`, null);
}

/** Everything kept, in the order it was written. */
export function kept(): Outgoing[] {
  return recallAll<Outgoing>('outgoing.').sort((a, b) => a.at.localeCompare(b.at));
}

// randomUUID exists on secure pages only, and a shop's inner network may have none.
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
