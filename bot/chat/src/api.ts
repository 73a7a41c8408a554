// For the chat page: the web channel of the gateway as functions, its failures told apart by who acts next.

export type Author = 'customer' | 'bot' | 'agent' | 'system';
export type Choice = { id: string; title: string };
export type Session = { session: string; token: string };
export type Message = {
  seq: number;
  author: Author;
  /** the agent's name; null for everybody else */
  name: string | null;
  text: string;
  choices: Choice[];
  image: string | null;
  /** ISO 8601, UTC */
  at: string;
};
/** Who answers now; `position` counts from 1 and is known while the customer waits. */
export type Standing = {
  state: 'bot' | 'queued' | 'offered' | 'active';
  position: number | null;
  agent: string | null;
};

// A first step of the page's own is better than waiting for others.
const OPENING_MS = 1500;

/** The gateway can't be reached or is busy: the same call may succeed later. */
export class Unreachable extends Error {
  constructor(
    message: string,
    /** seconds the gateway asks us to wait */
    readonly retryAfter: number = 0,
  ) {
    super(message);
  }
}
/** The gateway will never take this: the customer changes it. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`refused with ${status}`);
  }
}
/** The gateway doesn't know the token: the page makes a new session. */
export class UnknownToken extends Refused {}

export async function createSession(language: string): Promise<Session> {
  return json(await call('sessions', null, { language }));
}

/** What may be tapped before anything was said, in the bot's words. */
export async function fetchOpening(language: string): Promise<Choice[]> {
  return json(await call(`opening?language=${language}`, null, undefined, AbortSignal.timeout(OPENING_MS)));
}

/** Returns when the gateway has taken the message; it need not have been answered. */
export async function postMessage(
  token: string,
  message: { id: string; text: string; choice?: string },
): Promise<void> {
  const { status } = await call('messages', token, message);
  if (status !== 202) throw new Unreachable(`answered ${status} instead of 202`);
}

export async function fetchMessages(token: string, after: number): Promise<Message[]> {
  return json(await call(`messages?after=${after}`, token));
}

export async function fetchStanding(token: string): Promise<Standing> {
  return json(await call('state', token));
}

/** One request; with a body it is a POST. Raises Unreachable, Refused or UnknownToken. */
export async function call(
  path: string,
  token: string | null,
  body?: object,
  signal: AbortSignal = AbortSignal.timeout(20_000),
): Promise<Response> {
  const headers = new Headers();
  if (token) headers.set('Authorization', `Bearer ${token}`);
  if (body) headers.set('Content-Type', 'application/json');
  const request = { method: body ? 'POST' : 'GET', headers, signal, body: body && JSON.stringify(body) };
  const response = await fetch(`/channels/web/${path}`, request).catch((error: unknown) => {
    throw new Unreachable(String(error));
  });
  if (!response.ok) throw failure(response);
  return response;
}

function failure({ status, headers }: Response): Error {
  if (status === 401) return new UnknownToken(status);
  const passing = status >= 500 || status === 408 || status === 425 || status === 429;
  return passing
    ? new Unreachable(`answered ${status}`, Number(headers.get('Retry-After')) || 0)
    : new Refused(status);
}

// Networks that ask for a sign-in first answer any call with a page of their own.
async function json<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw new Unreachable(String(error));
  }
}
