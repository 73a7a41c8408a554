// For the console's stores: calls of the agents' API, and the two ways in which one can fail.

import { clock } from './clock.svelte';
import type {
  Agent,
  Area,
  Conversation,
  Holder,
  Id,
  InBoth,
  Message,
  Outage,
  Outages,
  Role,
  Row,
  Status,
} from './types';

/** The gateway answered no. The agent can read why. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly remedy: string | null,
    readonly holder: Holder | null,
    /** Seconds to wait before the next try, when the gateway said so. */
    readonly retryAfter: number,
  ) {
    super(message);
  }
}

/** No answer: whether the call was carried out is not known. */
export class Unreachable extends Error {}

export interface SignedIn {
  csrf: string;
  agent: Agent;
  /** Signed in in another browser, too. */
  elsewhere: boolean;
}

/** What is to be different about an agent; what is left out stays. */
export interface AgentChange {
  name?: string;
  roles?: Role[];
  capacity?: number;
  password?: string;
  disabled?: boolean;
}

export const api = {
  session: () => call<SignedIn>('GET', '/session'),
  signIn: (login: string, password: string) => call<SignedIn>('POST', '/session', { login, password }),
  signOut: (everywhere: boolean) => call<null>('DELETE', `/session${everywhere ? '?everywhere=true' : ''}`),
  changePassword: (current: string, password: string) =>
    call<Agent>('PUT', '/me/password', { current, new: password }),
  setStatus: (status: 'ready' | 'away') => call<Agent>('PUT', '/me/status', { status }),
  queue: () => call<Row[]>('GET', '/queue'),
  mine: () => call<Row[]>('GET', '/conversations'),
  /** With the newest messages, or with those before a seq. */
  conversation: (id: Id, before?: number) =>
    call<Conversation>('GET', `/conversations/${encodeURIComponent(id)}${before ? `?before=${before}` : ''}`),
  move: (row: Row, step: 'accept' | 'resolve' | 'requeue') =>
    call<Row>('POST', `/conversations/${encodeURIComponent(row.id)}/${step}`, { epoch: row.epoch }),
  reply: (conversation: Id, reply: { id: Id; text: string; epoch: number }) =>
    call<Message>('POST', `/conversations/${encodeURIComponent(conversation)}/reply`, reply),
  agents: () => call<Agent[]>('GET', '/agents'),
  addAgent: (agent: { login: string; password: string; name: string; roles: Role[]; capacity: number }) =>
    call<Agent>('POST', '/agents', agent),
  changeAgent: (id: Id, change: AgentChange) =>
    call<Agent>('PATCH', `/agents/${encodeURIComponent(id)}`, change),
  outages: () => call<Outages>('GET', '/outages'),
  pinOutage: (notice: { subjects: string[]; area: Area | null; text: InBoth; until: string }) =>
    call<Outage>('POST', '/outages', notice),
  changeOutage: (id: Id, change: { text: InBoth; until: string }) =>
    call<Outage>('PATCH', `/outages/${encodeURIComponent(id)}`, change),
  endOutage: (id: Id) => call<Outage>('POST', `/outages/${encodeURIComponent(id)}/end`),
  status: () => call<Status>('GET', '/status'),
};

export const EVENTS = '/api/v1/events';
const TIMEOUT_MS = 15_000;
let csrf = '';

/** Every later unsafe call carries this token. */
export function carry(token: string): void {
  csrf = token;
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await request(method, path, body);
  if (answer.status === 403 && (await carryNewer())) return read<T>(await request(method, path, body));
  return read<T>(answer);
}

/** Another tab may have signed in anew, and the token of this one is old. True when there is a newer one. */
async function carryNewer(): Promise<boolean> {
  const answer = await request('GET', '/session', undefined);
  const token = ((await answer.json().catch(() => null)) as SignedIn | null)?.csrf;
  if (token === undefined || token === csrf) return false;
  carry(token);
  return true;
}

async function read<T>(answer: Response): Promise<T> {
  clock.compare(answer.headers.get('Date'));
  if (answer.status === 204) return null as T;
  const content: unknown = await answer.json().catch(() => null);
  if (answer.ok && content !== null) return idsAsText(content) as T;
  // A gateway that is starting, or a proxy in front of one that is not there, is not a refusal.
  if (answer.ok || answer.status >= 500) throw new Unreachable(`${answer.status}`);
  throw refusal(answer, content);
}

async function request(method: string, path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf;
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (reason) {
    throw new Unreachable(String(reason));
  }
}

function refusal(answer: Response, content: unknown): Refusal {
  const error = (content as { error?: Record<string, unknown> } | null)?.error ?? {};
  return new Refusal(
    answer.status,
    String(error.code ?? `http_${answer.status}`),
    String(error.message ?? ''),
    error.remedy ? String(error.remedy) : null,
    idsAsText(error.holder ?? null) as Holder | null,
    Number(answer.headers.get('Retry-After') ?? 0) || 0,
  );
}

/** Ids are compared with ids from the address bar, so they are text everywhere. */
function idsAsText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(idsAsText);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'id' && typeof inner === 'number' ? String(inner) : idsAsText(inner),
    ]),
  );
}
