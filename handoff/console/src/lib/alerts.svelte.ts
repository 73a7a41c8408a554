// For an agent who looks elsewhere: a new offer or message is heard, spoken and counted, softly.

import { get } from 'svelte/store';
import { chime } from './chime';
import { keep, kept } from './kept';
import { called } from './names';
import { notices } from './notices.svelte';
import { settings } from './settings.svelte';
import type { Id, Row } from './types';

class Alerts {
  /** The highest seq that was seen in each conversation. */
  seen = $state.raw<Record<Id, number>>(kept('seen', {}));

  /** What came to me since the last fetch. The first fetch only greets with offers. */
  compare(before: Row[] | null, now: Row[]): void {
    const old = new Map((before ?? []).map((row) => [row.id, row]));
    const offers = now.filter((row) => row.state === 'offered' && old.get(row.id)?.state !== 'offered');
    const stands = now.some((row) => row.state === 'offered');
    if (!stands) for (const key of ['offer.spoken', 'offer.spoken_keys']) notices.hush(key);
    const spoken = settings.keys ? 'offer.spoken_keys' : 'offer.spoken';
    for (const row of offers) notices.whisper(spoken, { name: get(called)(row.customer) });
    if (offers.length > 0) return this.#sound('offer');
    if (before === null || document.hasFocus()) return;
    if (
      now.some((row) => row.last?.author === 'customer' && row.last_seq > (old.get(row.id)?.last_seq ?? 0))
    ) {
      this.#sound('message');
    }
  }

  /** The agent looks at this one. What has left the desk is forgotten on the way. */
  see(row: Row, desk: Row[]): void {
    if ((this.seen[row.id] ?? -1) >= row.last_seq) return;
    const here = desk.map((other): [Id, number] => [other.id, this.seen[other.id] ?? -1]);
    this.seen = { ...Object.fromEntries(here), [row.id]: row.last_seq };
    keep('seen', this.seen);
  }

  /** Another tab has seen something. */
  reload(): void {
    this.seen = kept('seen', {});
  }

  unread(row: Row): boolean {
    return row.last?.author === 'customer' && row.last_seq > (this.seen[row.id] ?? -1);
  }

  #sound(kind: 'offer' | 'message'): void {
    if (settings.sound) chime(kind);
  }
}

export const alerts = new Alerts();
