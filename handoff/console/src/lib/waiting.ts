// For lists: how long somebody has waited, and whether that is still within the standard.

import type { Row } from './types';

/** "A person answers within two minutes." Seconds. */
const STANDARD_S = 120;
const CLOSE_S = 60;

export type Tone = 'fine' | 'close' | 'late';

/** What a customer waits for: an agent, since the handoff; or an answer, since the first word that has none. */
export interface Waiting {
  since: string;
  what: 'agent' | 'answer';
}

/** Since when this customer waits, and for what; null when nobody waits. */
export function waiting(row: Row): Waiting | null {
  if (row.state === 'queued' || row.state === 'offered')
    return row.enqueued_at === null ? null : { since: row.enqueued_at, what: 'agent' };
  return row.unanswered_since === null ? null : { since: row.unanswered_since, what: 'answer' };
}

export function tone(seconds: number): Tone {
  if (seconds >= STANDARD_S) return 'late';
  return seconds >= CLOSE_S ? 'close' : 'fine';
}
