// For the conversation's view: messages and steps as one story, told in parts: the bot's and people's.

import type { Conversation, Message, Step } from './types';

export type Item =
  | { kind: 'message'; key: string; message: Message; first: boolean }
  | { kind: 'step'; key: string; step: Step }
  | { kind: 'day'; key: string; at: string };

export interface Part {
  key: string;
  who: 'bot' | 'person';
  items: Item[];
}

// The story is not about whom it was offered to, and that it was accepted stands in it as the customer was told;
// history has both.
const UNTOLD = new Set(['offered', 'accepted']);
const OF_OFFERS = new Set(['offered', 'offer_expired']);
const BEGINS_PERSON = new Set(['handed_off']);
const BEGINS_BOT = new Set(['resolved', 'withdrawn', 'brain_back', 'abandoned', 'left_message', 'closed']);
const SAME_SPEAKER_MS = 5 * 60_000;

/** The story, its last `limit` messages at most. */
export function story(conversation: Conversation, limit: number): Part[] {
  const messages = conversation.messages.slice(-limit);
  const from = messages.length < conversation.messages.length ? (messages[0]?.at ?? '') : '';
  const parts: Part[] = [];
  let who: Part['who'] = 'bot';
  let day = '';
  let before: Message | null = null;

  const add = (item: Item) => {
    const last = parts.at(-1);
    if (last?.who === who) last.items.push(item);
    else parts.push({ key: item.key, who, items: [item] });
  };

  for (const entry of merged(messages, withoutIgnoredOffers(conversation.events))) {
    if ('type' in entry) {
      if (BEGINS_PERSON.has(entry.type)) who = 'person';
      if (!UNTOLD.has(entry.type) && entry.at >= from) add(stepItem(entry));
      if (BEGINS_BOT.has(entry.type)) who = 'bot';
      before = null;
      continue;
    }
    const today = new Date(entry.at).toDateString();
    if (today !== day) {
      add({ kind: 'day', key: `day-${entry.seq}`, at: entry.at });
      before = null;
    }
    day = today;
    const first = before === null || !sameBreath(before, entry);
    add({ kind: 'message', key: `message-${entry.seq}`, message: entry, first });
    before = entry;
  }
  return parts;
}

/**
 * Offers that nobody took, told as one step at the last of them: `offers_ignored` with their number.
 * One alone stays as it is, without its beginning: its end says to whom it was made.
 */
export function withoutIgnoredOffers(steps: Step[]): Step[] {
  const told: Step[] = [];
  let run: Step[] = [];

  const endRun = () => {
    const ignored = run.filter((step) => step.type === 'offer_expired');
    const last = ignored.at(-1);
    if (last) told.push(ignored.length === 1 ? last : summary(last, ignored.length));
    // An offer that still stands, or was taken, comes after.
    if (run.at(-1)?.type === 'offered') told.push(run.at(-1) as Step);
    run = [];
  };

  for (const step of steps) {
    if (OF_OFFERS.has(step.type)) {
      run.push(step);
      continue;
    }
    endRun();
    told.push(step);
  }
  endRun();
  return told;
}

function summary(last: Step, count: number): Step {
  return { ...last, type: 'offers_ignored', data: { count } };
}

/** Messages keep the order of their seq; a step comes after everything said up to its moment. */
function merged(messages: Message[], steps: Step[]): (Message | Step)[] {
  const waiting = [...steps];
  const all: (Message | Step)[] = [];
  for (const message of messages) {
    while (waiting[0] && Date.parse(waiting[0].at) < Date.parse(message.at))
      all.push(waiting.shift() as Step);
    all.push(message);
  }
  return [...all, ...waiting];
}

function sameBreath(before: Message, after: Message): boolean {
  const near = Date.parse(after.at) - Date.parse(before.at) < SAME_SPEAKER_MS;
  return near && before.author === after.author && before.name === after.name;
}

function stepItem(step: Step): Item {
  return { kind: 'step', key: `step-${step.type}-${step.at}`, step };
}
