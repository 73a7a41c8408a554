// For every screen of the console: what the agents' API speaks of.

export type Id = string;
export type Theme = 'system' | 'light' | 'dark';
export type Language = 'zh' | 'en';
export type State = 'bot' | 'queued' | 'offered' | 'active' | 'closed' | 'abandoned' | 'left_message';
export type Author = 'customer' | 'bot' | 'agent' | 'system';
export type Role = 'admin' | 'agent';

/** A moment: ISO 8601 in UTC. */
export type Moment = string;

export interface Person {
  id: Id;
  name: string;
}

/** Somebody whom the channel knows by no name, as a visitor of the web page, has none. */
export interface Customer {
  id: Id;
  name: string | null;
}

export interface Agent extends Person {
  login: string;
  roles: Role[];
  capacity: number;
  status: 'ready' | 'away' | 'disabled';
  /** Why the gateway, and not the agent, has set the status. */
  status_reason: 'ignored_offers' | null;
  load: number;
}

export interface Row {
  id: Id;
  state: State;
  epoch: number;
  reason: string | null;
  channel: string;
  language: Language;
  customer: Customer;
  enqueued_at: Moment | null;
  offered_until: Moment | null;
  agent: Person | null;
  position: number | null;
  /** In hand, and nobody has answered since. */
  unanswered_since: Moment | null;
  last: { author: Author; text: string; at: Moment } | null;
  last_seq: number;
}

export interface Intent {
  name: string;
  /** 0 to 1. */
  confidence: number;
}

/** Why the bot handed the conversation over. */
export interface Why {
  reason: string;
  text: string | null;
  threshold: number | null;
  ranking: Intent[];
  slots: Record<string, unknown>;
  /** Whether a code had proven the phone number; null when there is none. */
  phone_verified: boolean | null;
  failed: string[];
}

export type Delivery = 'queued' | 'sending' | 'sent' | 'unknown' | 'failed' | 'cancelled';

export interface Message {
  id: Id;
  /** The id under which this console sent it. */
  client_id?: Id | null;
  seq: number;
  author: Author;
  name: string | null;
  text: string;
  choices: { id: string; title: string }[];
  image: string | null;
  at: Moment;
  delivery: Delivery | null;
  delivery_error: string | null;
}

/** A step in the conversation's history. `actor` is bot, customer, system or agent:ID. */
export interface Step {
  type: string;
  at: Moment;
  actor: string;
  data: Record<string, unknown>;
}

export interface Conversation extends Row {
  why: Why | null;
  messages: Message[];
  events: Step[];
  suggestions: { text: string; at: Moment }[];
  /** What the bot had done in the business system, and what it told the customer of it. */
  deeds: { action: string; at: Moment; told: string }[];
}

export interface InBoth {
  zh: string;
  en: string;
}

/** The names of a place, the first of which customers read. */
export interface Area {
  zh: string[];
  en: string[];
}

/** What the bot says while something is out of order. */
export interface Outage {
  id: Id;
  subjects: string[];
  area: Area | null;
  text: InBoth;
  until: Moment;
  pinned_at: Moment;
  /** Nobody, when it was pinned on the command line. */
  pinned_by: Person | null;
  ended_at: Moment | null;
  live: boolean;
  answered: number;
  want_news: number;
  not_meant: number;
}

export interface Outages {
  subjects: { name: string; title: InBoth }[];
  notices: Outage[];
}

export interface Status {
  brain: 'ready' | 'starting' | 'down';
  waiting: number;
  version: string;
}

/** Who has a conversation now, when a call came too late. */
export interface Holder {
  state: State;
  epoch: number;
  agent: Person | null;
}
