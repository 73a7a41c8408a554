// For the desk: the stream of what changed, opened again and again for as long as somebody is signed in.

import { EVENTS } from './api';
import { session } from './session.svelte';

const NAMES = ['queue', 'conversation', 'agent', 'status', 'outage'] as const;
const WAITS_MS = [300, 1000, 2000, 4000];

export type Change = { name: (typeof NAMES)[number]; data: Record<string, unknown> };

class Live {
  connected = $state(false);
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #losses = 0;

  /** Calls `joined` whenever the stream (re)opens, as anything may have changed meanwhile, and `changed` for each event. */
  open(joined: () => void, changed: (change: Change) => void): () => void {
    this.#connect(joined, changed);
    const retryNow = () => !this.connected && this.#source === null && this.#connect(joined, changed);
    window.addEventListener('online', retryNow);
    return () => {
      window.removeEventListener('online', retryNow);
      clearTimeout(this.#timer);
      this.#source?.close();
      this.#source = null;
      this.connected = false;
    };
  }

  #connect(joined: () => void, changed: (change: Change) => void): void {
    clearTimeout(this.#timer);
    const source = new EventSource(EVENTS);
    this.#source = source;
    source.addEventListener('open', () => {
      this.connected = true;
      this.#losses = 0;
      joined();
    });
    for (const name of NAMES) {
      source.addEventListener(name, (event: MessageEvent<string>) =>
        changed({ name, data: JSON.parse(event.data) }),
      );
    }
    source.addEventListener('error', () => this.#lost(source, joined, changed));
  }

  /** The browser's own retry gives up on an error page and is slow otherwise, so this one takes its place. */
  #lost(source: EventSource, joined: () => void, changed: (change: Change) => void): void {
    source.close();
    if (this.#source !== source) return;
    this.#source = null;
    this.connected = false;
    const wait = WAITS_MS[Math.min(this.#losses++, WAITS_MS.length - 1)] ?? 4000;
    this.#timer = setTimeout(async () => {
      // An event stream does not say why it failed: only this call tells a lost session from a lost gateway.
      await session.ask().catch(() => undefined);
      if (session.phase === 'in' && this.#source === null) this.#connect(joined, changed);
    }, wait);
  }
}

export const live = new Live();
