// For the customer's page: the conversation as it stands, and a way in and out of it that survives bad networks.
import * as api from './api';
import type { Choice, Message, Session, Standing } from './api';
import { follow, type Heard, pause } from './follow';
import { onChangeElsewhere, recall, remember } from './memory';
import * as outbox from './outgoing';
import type { Outgoing } from './outgoing';
import { newKeys, rows, unknown } from './rows';

const WITH_THE_BOT: Standing = { state: 'bot', position: null, agent: null };
const TYPING_MS = 12_000;
const FLICKER_MS = 300;

export class Chat {
  standing = $state<Standing>(WITH_THE_BOT);
  typing = $state<'bot' | 'agent' | null>(null);
  /** idle: nothing to load or send; lost: the gateway can't be reached, and we keep trying */
  line = $state<'idle' | 'loading' | 'live' | 'lost'>('idle');
  /** the earlier conversation is gone and a new one took its place */
  renewed = $state(false);
  draft = $state(recall<string>('draft') ?? '');
  #messages = $state.raw<Message[]>([]);
  #outgoing = $state<Outgoing[]>([]);
  #seen = $state(recall<number>('seen') ?? 0);
  #keys = newKeys();

  rows = $derived(rows(this.#messages, this.#outgoing, this.#keys));
  unread = $derived(this.#messages.filter((m) => m.seq > this.#seen && m.author !== 'customer').length);

  #session: Session | null = null;
  #stop = new AbortController();
  #delivering = false;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;

  /** `language` tells the customer's language for a new session. */
  constructor(readonly language: () => string) {}

  /** Takes up the conversation where it was left, in this tab or another. */
  start(): void {
    this.#outgoing = outbox.kept();
    onChangeElsewhere('session', () => this.#join());
    this.#join();
  }

  /** Sends a text, or the choice tapped; kept until the gateway has it. */
  say(text: string, choice?: Choice): void {
    this.#outgoing.push(outbox.write(text, choice, this.#last()));
    void this.#deliver();
  }

  /** Puts a refused message back where it can be changed. */
  takeBack(id: string): void {
    const item = this.#outgoing.find((one) => one.id === id);
    if (!item) return;
    this.write([this.draft, item.text].filter(Boolean).join('\n'));
    this.#drop(item);
  }

  write(draft: string): void {
    this.draft = draft;
    remember('draft', draft || null);
  }

  /** All that was said so far has been in front of the customer. */
  see(): void {
    this.#seen = this.#last();
    remember('seen', this.#seen);
  }

  // In order, one at a time: a message that overtakes another makes it a different conversation.
  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    for (let failures = 0; ;) {
      const item = this.#outgoing.find((one) => one.mark === 'waiting');
      if (!item) break;
      try {
        await this.#send(item);
        failures = 0;
      } catch (error) {
        if (!(error instanceof api.Unreachable)) throw error;
        await this.#patience(++failures, error);
      }
    }
    this.#delivering = false;
  }

  async #send(item: Outgoing): Promise<void> {
    const session = this.#session ?? (await this.#newSession());
    try {
      await api.postMessage(session.token, { id: item.id, text: item.text, choice: item.choice });
      item.mark = 'accepted';
      outbox.forget(item);
      if (item.echoed) this.#drop(item);
      if (this.line === 'lost') this.line = 'live';
    } catch (error) {
      if (error instanceof api.UnknownToken) return this.#renew(session);
      if (!(error instanceof api.Refused)) throw error;
      item.mark = 'refused';
      item.status = error.status;
      outbox.keep(item);
    }
  }

  async #newSession(): Promise<Session> {
    const session = await api.createSession(this.language());
    remember('session', session);
    this.#join();
    return session;
  }

  #join(): void {
    const session = recall<Session>('session');
    if (session?.token !== this.#session?.token) {
      if (this.#session) this.#leave();
      this.#session = session;
      if (session) void this.#listen(session, this.#stop.signal);
    }
    void this.#deliver();
  }

  #leave(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#quiet();
    this.renewed = true;
    this.standing = WITH_THE_BOT;
    this.line = 'idle';
    this.#messages = [];
    this.#keys.clear();
    this.see();
    // What was written for a conversation that is gone is said again in the next.
    for (const item of this.#outgoing) {
      item.after = 0;
      item.echoed = false;
      if (item.mark === 'accepted') item.mark = 'waiting';
    }
  }

  #renew(session: Session): void {
    // Another tab may have begun a new one meanwhile.
    if (recall<Session>('session')?.token === session.token) remember('session', null);
    this.#join();
  }

  async #listen(session: Session, stop: AbortSignal): Promise<void> {
    this.line = 'loading';
    for (let failures = 0; !stop.aborted;) {
      try {
        await this.#catchUp(session, stop);
        const heard = this.#heard(stop, () => (failures = 0));
        await follow(session.token, this.#last(), heard, stop);
      } catch (error) {
        if (stop.aborted) return;
        if (error instanceof api.UnknownToken) return this.#renew(session);
        if (!(error instanceof api.Unreachable)) throw error;
        this.#quiet();
        await this.#patience(++failures, error);
      }
    }
  }

  async #patience(failures: number, { retryAfter }: api.Unreachable): Promise<void> {
    // A restart of the gateway takes one try: not worth a word.
    if (failures > 1 || !navigator.onLine) this.line = 'lost';
    await pause(failures, retryAfter);
  }

  async #catchUp({ token }: Session, stop: AbortSignal): Promise<void> {
    const [standing] = await Promise.all([api.fetchStanding(token), this.#history(token, stop)]);
    if (!stop.aborted) this.standing = standing;
  }

  // The gateway tells a long history in parts; the last one is empty.
  async #history(token: string, stop: AbortSignal): Promise<void> {
    let part: Message[];
    do {
      part = await api.fetchMessages(token, this.#last());
      if (!stop.aborted) this.#take(part);
    } while (part.length && !stop.aborted);
  }

  #heard(stop: AbortSignal, opened: () => void): Heard {
    const unlessLeft = (then: () => void) => stop.aborted || then();
    return {
      opened: () => {
        opened();
        this.line = 'live';
      },
      message: (message) => unlessLeft(() => this.#take([message])),
      state: (standing) => unlessLeft(() => (this.standing = standing)),
      typing: (author) => unlessLeft(() => this.#showTyping(author)),
    };
  }

  #showTyping(author: 'bot' | 'agent'): void {
    clearTimeout(this.#typingTimer);
    const show = () => {
      this.typing = author;
      this.#typingTimer = setTimeout(() => this.#quiet(), TYPING_MS);
    };
    // Most answers of the bot come sooner than dots could be read.
    if (this.typing) show();
    else this.#typingTimer = setTimeout(show, FLICKER_MS);
  }

  #quiet(): void {
    clearTimeout(this.#typingTimer);
    this.typing = null;
  }

  #take(told: Message[]): void {
    const fresh = unknown(told, this.#messages);
    if (!fresh.length) return;
    for (const message of fresh) {
      if (message.author === 'customer') this.#echo(message);
      else this.#quiet();
    }
    this.#messages = [...this.#messages, ...fresh].sort((a, b) => a.seq - b.seq);
  }

  #echo({ seq, text }: Message): void {
    const item = this.#outgoing.find(
      (one) => !one.echoed && seq > one.after && one.text.trim() === text.trim(),
    );
    if (!item) return;
    this.#keys.set(seq, item.id);
    item.echoed = true;
    if (item.mark === 'accepted') this.#drop(item);
  }

  #drop(item: Outgoing): void {
    this.#outgoing = this.#outgoing.filter((one) => one.id !== item.id);
    outbox.forget(item);
  }

  #last(): number {
    return this.#messages.at(-1)?.seq ?? 0;
  }
}
