// For the chat page: what the gateway tells as it happens, over a request that carries the token.
import { createParser } from 'eventsource-parser';
import { call, type Message, type Standing, Unreachable } from './api';

export type Heard = {
  opened: () => void;
  message: (message: Message) => void;
  state: (standing: Standing) => void;
  typing: (author: 'bot' | 'agent') => void;
};

// The gateway sends a sign of life every 15 s; after three missed ones the line is taken for dead.
const SILENCE_MS = 45_000;

/** Listens until the line breaks or `stop` says so. Raises Unreachable at the end, UnknownToken on a bad token. */
export async function follow(token: string, after: number, heard: Heard, stop: AbortSignal): Promise<never> {
  const end = new AbortController();
  const hangUp = () => end.abort();
  stop.addEventListener('abort', hangUp, { signal: end.signal });
  addEventListener('offline', hangUp, { signal: end.signal });
  let watchdog = setTimeout(hangUp, SILENCE_MS);
  try {
    const response = await call(`events?after=${after}`, token, undefined, end.signal);
    if (!response.body) throw new Unreachable('no stream');
    heard.opened();
    const parser = createParser({ onEvent: ({ event, data }) => tell(heard, event, data) });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(watchdog);
      watchdog = setTimeout(hangUp, SILENCE_MS);
      parser.feed(part.value);
    }
    throw new Unreachable('the stream ended');
  } catch (error) {
    // what a broken or aborted read raises differs from browser to browser
    if (error instanceof DOMException || error instanceof TypeError) throw new Unreachable(String(error));
    throw error;
  } finally {
    clearTimeout(watchdog);
    hangUp();
  }
}

function tell(heard: Heard, event: string | undefined, data: string): void {
  if (event === 'message') heard.message(JSON.parse(data) as Message);
  if (event === 'state') heard.state(JSON.parse(data) as Standing);
  if (event === 'typing') heard.typing((JSON.parse(data) as { author: 'bot' | 'agent' }).author);
}

/** Waits longer after each failure, up to 15 s, or until the network or the customer comes back. */
export function pause(failures: number, atLeastSeconds = 0): Promise<void> {
  const backOff = Math.min(15, 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
  const done = new AbortController();
  return new Promise((resolve) => {
    const wake = () => {
      done.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(wake, Math.max(backOff, atLeastSeconds) * 1000);
    addEventListener('online', wake, { signal: done.signal });
    const back = () => document.visibilityState === 'visible' && wake();
    document.addEventListener('visibilitychange', back, { signal: done.signal });
  });
}
