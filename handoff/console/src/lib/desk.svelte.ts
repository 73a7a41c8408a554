// For the agent: who waits, whom I serve, and the conversation in front of me, as the gateway last told.

import { api, Refusal, Unreachable } from './api';
import { coalesced } from './coalesced';
import { alerts } from './alerts.svelte';
import { live, type Change } from './live.svelte';
import { notices } from './notices.svelte';
import { outbox } from './outbox.svelte';
import { session } from './session.svelte';
import type { Agent, Conversation, Id, Message, Outages, Row, Status } from './types';

const RETRY_MS = 2000;

class Desk {
  queue = $state.raw<Row[]>([]);
  mine = $state.raw<Row[]>([]);
  agents = $state.raw<Agent[]>([]);
  status = $state.raw<Status | null>(null);
  outages = $state.raw<Outages | null>(null);
  loaded = $state(false);
  openId = $state<Id | null>(null);
  open = $state.raw<Conversation | null>(null);
  /** Why the conversation that the address names cannot be shown. */
  closed = $state<'missing' | 'forbidden' | null>(null);
  /** The conversation that is being accepted, resolved or sent back just now. */
  moving = $state<Id | null>(null);

  offers = $derived(this.mine.filter((row) => row.state === 'offered'));
  /** Who waits and is not offered to me: an offer has its card. */
  waiting = $derived(this.queue.filter((row) => !this.offers.some((offer) => offer.id === row.id)));
  serving = $derived(this.mine.filter((row) => row.state === 'active'));

  #seenBefore = new Map<Id, Conversation>();

  /** Follows the gateway, as this agent; returns the way to stop. */
  follow(agent: Id): () => void {
    const endOutbox = outbox.begin(agent, {
      arrived: (conversation, message) => this.#arrived(conversation, message),
      refused: () => void this.refreshOpen(),
    });
    const endLive = live.open(
      () => this.#refreshAll(),
      (change) => this.#changed(change),
    );
    return () => {
      endLive();
      endOutbox();
      this.#clear();
    };
  }

  select(id: Id | null): void {
    if (id === this.openId) return;
    this.openId = id;
    this.closed = null;
    // What was seen before is shown at once; the fetch then brings it up to date.
    this.open = id === null ? null : (this.#seenBefore.get(id) ?? null);
    if (id !== null) void this.refreshOpen();
  }

  #refreshAll(): void {
    void this.refreshLists();
    void this.refreshOpen();
    void this.refreshStatus();
    void this.refreshAgents();
    void this.refreshOutages();
    outbox.pumpAll();
  }

  refreshLists = this.#fetching(async () => {
    const [queue, mine] = await Promise.all([api.queue(), api.mine()]);
    const first = !this.loaded;
    const before = this.mine;
    this.queue = queue;
    this.mine = mine;
    this.loaded = true;
    alerts.compare(first ? null : before, mine);
  });

  refreshOpen = this.#fetching(async () => {
    const id = this.openId;
    if (id === null) return;
    try {
      this.#show(await api.conversation(id));
    } catch (error) {
      if (!(error instanceof Refusal) || ![400, 403, 404, 422].includes(error.status)) throw error;
      this.#withdraw(id, error.status === 403 ? 'forbidden' : 'missing');
    }
  });

  refreshStatus = this.#fetching(async () => {
    this.status = await api.status();
  });

  refreshAgents = this.#fetching(async () => {
    this.agents = await api.agents();
  });

  refreshOutages = this.#fetching(async () => {
    this.outages = await api.outages();
  });

  refreshMe = this.#fetching(() => session.ask());

  /** Accepts, resolves or sends back. False when the gateway said no; the agent has then been told why. */
  async move(row: Row, step: 'accept' | 'resolve' | 'requeue'): Promise<boolean> {
    if (this.moving !== null) return false;
    this.moving = row.id;
    try {
      await api.move(row, step);
      return true;
    } catch (error) {
      if (!session.endedBy(error)) this.#sayWhyNot(step, error);
      return false;
    } finally {
      await Promise.allSettled([this.refreshLists(), this.refreshOpen()]);
      this.moving = null;
    }
  }

  #sayWhyNot(step: string, error: unknown): void {
    const refusal = step === 'accept' && error instanceof Refusal ? error : null;
    const holder = refusal?.holder;
    // Still waiting, and yet not to be had: my hands are full.
    if (refusal?.code === 'wrong_state' && holder?.state === 'queued') notices.problem('error.full');
    else if (holder?.state === 'active' && holder.agent)
      notices.say('error.already_claimed', { name: holder.agent.name });
    else notices.failed(error);
  }

  /** Shows a reply that the gateway has taken, before the next fetch brings it. */
  #arrived(conversation: Id, message: Message): void {
    const shown = this.open;
    if (shown?.id !== conversation || shown.messages.some((other) => other.seq === message.seq)) return;
    this.#show({ ...shown, messages: [...shown.messages, message] });
  }

  /** The name of an agent, from an id or from an actor like `agent:ID`. */
  nameOf(agent: unknown): string {
    const id = String(agent).replace(/^agent:/, '');
    return this.agents.find((other) => other.id === id)?.name ?? id;
  }

  /** Fetches what was said before the oldest message shown. False when there is nothing. */
  async fetchEarlier(): Promise<boolean> {
    const shown = this.open;
    const oldest = shown?.messages[0];
    if (!shown || !oldest) return false;
    try {
      const page = await api.conversation(shown.id, oldest.seq);
      this.#show({ ...shown, messages: page.messages });
      return page.messages.length > 0;
    } catch (error) {
      if (!session.endedBy(error)) notices.failed(error);
      return true;
    }
  }

  /** The gateway gives a page of messages; those that were shown around it stay, unless there is a gap between. */
  #show(conversation: Conversation): void {
    const before = this.#seenBefore.get(conversation.id)?.messages ?? [];
    const first = conversation.messages[0]?.seq ?? 0;
    const joined = before.some((message) => message.seq >= first);
    const bySeq = new Map((joined ? before : []).map((message) => [message.seq, message]));
    for (const message of conversation.messages) bySeq.set(message.seq, message);
    const messages = [...bySeq.values()].sort((one, other) => one.seq - other.seq);
    const whole = { ...conversation, messages };
    this.#seenBefore.set(whole.id, whole);
    if (this.openId === whole.id) {
      this.open = whole;
      this.closed = null;
    }
  }

  /** It may no longer be shown, as when a colleague has accepted what I was only looking at. */
  #withdraw(id: Id, why: 'missing' | 'forbidden'): void {
    this.#seenBefore.delete(id);
    if (this.openId !== id) return;
    this.open = null;
    this.closed = why;
  }

  #changed({ name, data }: Change): void {
    if (name === 'queue') void this.refreshLists();
    if (name === 'status') void this.refreshStatus();
    if (name === 'outage') void this.refreshOutages();
    if (name === 'agent') this.#agentChanged(String(data.id));
    if (name === 'conversation') this.#conversationChanged(String(data.id), String(data.state));
  }

  #agentChanged(id: Id): void {
    if (id === session.agent?.id) void this.refreshMe();
    void this.refreshAgents();
  }

  #conversationChanged(id: Id, state: string): void {
    if (id === this.openId) void this.refreshOpen();
    // What the bot does elsewhere is none of this desk's business.
    const listed = [...this.queue, ...this.mine].some((row) => row.id === id);
    if (listed || ['queued', 'offered', 'active'].includes(state)) void this.refreshLists();
  }

  /** A fetch that is repeated while the gateway cannot be reached, and ends the session when that is over. */
  #fetching(work: () => Promise<void>): () => Promise<void> {
    const run = coalesced(async () => {
      try {
        await work();
      } catch (error) {
        if (session.endedBy(error)) return;
        if (!(error instanceof Unreachable)) return notices.failed(error);
        // When the stream is down too, its return fetches everything.
        if (live.connected) setTimeout(() => void run(), RETRY_MS);
      }
    });
    return run;
  }

  /** Forgets everything: another agent may sign in at this screen. */
  #clear(): void {
    this.queue = [];
    this.mine = [];
    this.agents = [];
    this.status = null;
    this.outages = null;
    this.loaded = false;
    this.openId = null;
    this.open = null;
    this.#seenBefore.clear();
  }
}

export const desk = new Desk();
