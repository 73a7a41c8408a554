// For the composer: replies on their way to the gateway. They outlive a reload and a gateway that is away.

import { api, Refusal, Unreachable } from './api';
import { keep, kept, onKeptElsewhere } from './kept';
import { session } from './session.svelte';
import type { Holder, Id, Message } from './types';

export interface Unsent {
  /** Made here; the gateway takes a reply with a known id only once. */
  id: Id;
  conversation: Id;
  text: string;
  epoch: number;
  at: string;
  state: 'waiting' | 'sending' | 'refused';
  refusal: { code: string; message: string; remedy: string | null; holder: Holder | null } | null;
}

/** Told what became of a reply. */
export interface Sender {
  arrived(conversation: Id, message: Message): void;
  refused(conversation: Id): void;
}

const WAITS_MS = [1000, 2000, 5000, 10_000];

class Outbox {
  items = $state.raw<Unsent[]>([]);
  #busy = new Set<Id>();
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #agent: Id | null = null;
  #sender: Sender | null = null;

  /** Takes up what this agent left unsent in this browser; returns the way to stop. */
  begin(agent: Id, sender: Sender): () => void {
    this.#agent = agent;
    this.#sender = sender;
    const load = () => (this.items = kept<Unsent[]>(this.#name, []).map(asWaiting));
    load();
    const stop = onKeptElsewhere(this.#name, load);
    return () => {
      stop();
      clearTimeout(this.#timer);
      this.#agent = null;
      this.items = [];
    };
  }

  of(conversation: Id): Unsent[] {
    return this.items.filter((item) => item.conversation === conversation);
  }

  send(conversation: Id, epoch: number, text: string): void {
    const at = new Date().toISOString();
    this.#set([
      ...this.items,
      { id: newId(), conversation, text, epoch, at, state: 'waiting', refusal: null },
    ]);
    void this.#pump(conversation);
  }

  /** Tries a refused reply again, as of now: the conversation may have moved on in between. */
  again(item: Unsent, epoch: number): void {
    this.#change(item.id, { state: 'waiting', refusal: null, epoch });
    void this.#pump(item.conversation);
  }

  drop(id: Id): void {
    this.#set(this.items.filter((item) => item.id !== id));
  }

  pumpAll(): void {
    clearTimeout(this.#timer);
    for (const conversation of new Set(this.items.map((item) => item.conversation))) {
      void this.#pump(conversation);
    }
  }

  /** Sends what waits in one conversation, one after the other, so that the order stays. */
  async #pump(conversation: Id): Promise<void> {
    if (this.#busy.has(conversation)) return;
    this.#busy.add(conversation);
    try {
      for (let next = this.#next(conversation); next; next = this.#next(conversation)) {
        if (!(await this.#post(next))) break;
      }
    } finally {
      this.#busy.delete(conversation);
    }
  }

  #next(conversation: Id): Unsent | undefined {
    return this.of(conversation).find((item) => item.state === 'waiting');
  }

  /** True when the next one may follow. */
  async #post(item: Unsent): Promise<boolean> {
    this.#change(item.id, { state: 'sending' });
    try {
      const { id, text, epoch } = item;
      const message = await api.reply(item.conversation, { id, text, epoch });
      this.#sender?.arrived(item.conversation, message);
      this.#failures = 0;
      this.drop(item.id);
      return true;
    } catch (error) {
      return this.#failed(item, error);
    }
  }

  #failed(item: Unsent, error: unknown): boolean {
    const wait = error instanceof Refusal && error.status === 429 ? error.retryAfter * 1000 : 0;
    if (error instanceof Unreachable || session.endedBy(error) || wait > 0) {
      this.#change(item.id, { state: 'waiting' });
      this.#later(wait);
      return false;
    }
    const { code, message, remedy, holder } = asRefusal(error);
    this.#change(item.id, { state: 'refused', refusal: { code, message, remedy, holder } });
    this.#sender?.refused(item.conversation);
    return true;
  }

  #later(wait: number): void {
    clearTimeout(this.#timer);
    const backOff = WAITS_MS[Math.min(this.#failures++, WAITS_MS.length - 1)] ?? 10_000;
    this.#timer = setTimeout(() => this.pumpAll(), Math.max(wait, backOff));
  }

  #change(id: Id, change: Partial<Unsent>): void {
    this.#set(this.items.map((item) => (item.id === id ? { ...item, ...change } : item)));
  }

  #set(items: Unsent[]): void {
    this.items = items;
    keep(this.#name, items.length > 0 ? items : null);
  }

  get #name(): string {
    return `unsent.${this.#agent}`;
  }
}

/** What was being sent when the page went away waits again: its id keeps it from arriving twice. */
function asWaiting(item: Unsent): Unsent {
  return item.state === 'sending' ? { ...item, state: 'waiting' } : item;
}

function asRefusal(error: unknown): Pick<Refusal, 'code' | 'message' | 'remedy' | 'holder'> {
  return error instanceof Refusal
    ? error
    : { code: 'unknown', message: String(error), remedy: null, holder: null };
}

/** Not crypto.randomUUID: a console opened over plain http in an office network does not have it. */
function newId(): Id {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const outbox = new Outbox();
