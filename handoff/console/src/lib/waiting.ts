// For lists: how long somebody has waited, and whether that is still within the standard.

import type { Row } from './types';

/** "A person answers within two minutes." Seconds. */
const STANDARD_S = 120;
const CLOSE_S = 60;

export type Tone = 'fine' | 'close' | 'late';

/** Since when this customer waits for a person's word; null when nobody waits. */
export function waitsSince(row: Row): string | null {
  if (row.state === 'queued' || row.state === 'offered') return row.enqueued_at;
  return row.state === 'active' && row.last?.author === 'customer' ? row.last.at : null;
}

export function tone(seconds: number): Tone {
  if (seconds >= STANDARD_S) return 'late';
  return seconds >= CLOSE_S ? 'close' : 'fine';
}
