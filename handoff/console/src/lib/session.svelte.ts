// For the whole console: who is signed in.

import { api, carry, Refusal, type SignedIn } from './api';
import type { Agent } from './types';

class Session {
  agent = $state.raw<Agent | null>(null);
  /** `asking` until the gateway has said whether this browser is signed in. */
  phase = $state<'asking' | 'out' | 'in'>('asking');
  /** Signed in in another browser, too, when last asked. */
  elsewhere = $state(false);
  /** Signed out by the gateway, not by the agent: the sign-in page says so. */
  ended = $state(false);

  get isAdmin(): boolean {
    return this.agent?.roles.includes('admin') ?? false;
  }

  /** Asks the gateway who this is. Throws Unreachable when it does not answer. */
  async ask(): Promise<void> {
    try {
      this.#enter(await api.session());
    } catch (error) {
      if (!this.endedBy(error)) throw error;
    }
  }

  async signIn(login: string, password: string): Promise<void> {
    this.#enter(await api.signIn(login, password));
  }

  async signOut(everywhere = false): Promise<void> {
    await api.signOut(everywhere);
    this.#leave(false);
  }

  async setStatus(status: 'ready' | 'away'): Promise<void> {
    this.agent = await api.setStatus(status);
  }

  /** True when the error means that the gateway no longer knows this browser; the session is then over. */
  endedBy(error: unknown): boolean {
    const over = error instanceof Refusal && error.status === 401;
    if (over) this.#leave(this.ended || this.phase === 'in');
    return over;
  }

  #enter(answer: SignedIn): void {
    carry(answer.csrf);
    this.agent = answer.agent;
    this.elsewhere = answer.elsewhere;
    this.phase = 'in';
    this.ended = false;
  }

  #leave(ended: boolean): void {
    this.agent = null;
    this.phase = 'out';
    this.ended = ended;
  }
}

export const session = new Session();
