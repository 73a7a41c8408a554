// For the log: messages told by the gateway and messages on their way to it, as one list.
import type { Message, Standing } from './api';
import type { Mark, Outgoing } from './outgoing';

export type Row = Omit<Message, 'seq'> & {
  key: string;
  /** what became of it on its way; null once it is part of the conversation */
  mark: Mark | null;
  status: number;
};

/** The row of a message told back, by its seq: that of the one written here, so that it isn't announced twice. */
export type Keys = Map<number, string>;
export const newKeys = (): Keys => new Map();

export function rows(messages: Message[], outgoing: Outgoing[], keys: Keys): Row[] {
  const told = messages.map((message) => ({
    ...message,
    key: keys.get(message.seq) ?? `m${message.seq}`,
    mark: null,
    status: 0,
  }));
  return [...told, ...outgoing.filter((item) => !item.echoed).map(onItsWay)];
}

/** The messages not known yet. */
export function unknown(told: Message[], known: Message[]): Message[] {
  const seqs = new Set(known.map((message) => message.seq));
  return told.filter((message) => !seqs.has(message.seq));
}

/**
 * The key of the row whose choices may still be tapped. Any word of the customer answers the bot; while he or she
 * waits for a person, words go to that person, and the way back that was offered stays.
 */
export function openChoices(all: Row[], { state }: Standing): string | null {
  if (state === 'active') return null;
  const waiting = state !== 'bot';
  const answers = ({ author }: Row) => author === 'agent' || (author === 'customer' && !waiting);
  const last = all.findLast((row) => row.choices.length > 0 || answers(row));
  return last?.choices.length && (!waiting || last.author === 'system') ? last.key : null;
}

function onItsWay({ id, text, at, mark, status }: Outgoing): Row {
  return { key: id, author: 'customer', name: null, text, choices: [], image: null, at, mark, status };
}
