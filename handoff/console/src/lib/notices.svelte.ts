// For the whole console: what just happened, in one sentence, where everybody looks.

import { Refusal } from './api';

export interface Notice {
  id: number;
  tone: 'plain' | 'problem';
  /** A text's key in the locales, with its values. */
  key: string;
  values: Record<string, string | number>;
  /** Where the conversation is that it tells of. */
  address: string | null;
}

const SHOWN_MS = 6000;
const AT_MOST = 3;

class Notices {
  list = $state<Notice[]>([]);
  /** Said to screen readers only. */
  spoken = $state.raw<Notice | null>(null);
  #last = 0;

  say(key: string, values: Notice['values'] = {}, address: string | null = null): void {
    const id = this.#add('plain', key, values, address);
    setTimeout(() => this.close(id), SHOWN_MS);
  }

  /** Stays until it is closed. */
  problem(key: string, values: Notice['values'] = {}): void {
    this.#add('problem', key, values);
  }

  /** What a call threw: a refusal in its own words, anything else as "no connection". */
  failed(error: unknown): void {
    if (!(error instanceof Refusal)) return this.problem('error.unreachable');
    if (error.code === 'already_claimed' && error.holder?.agent) {
      return this.say('error.already_claimed', { name: error.holder.agent.name });
    }
    this.problem(`error.${error.code}`, {
      message: error.message,
      remedy: error.remedy ?? '',
      seconds: error.retryAfter,
    });
  }

  whisper(key: string, values: Notice['values'] = {}): void {
    this.spoken = { id: ++this.#last, tone: 'plain', key, values, address: null };
  }

  /** What was said to screen readers is true no more. */
  hush(key: string): void {
    if (this.spoken?.key === key) this.spoken = null;
  }

  close(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(tone: Notice['tone'], key: string, values: Notice['values'], address: string | null = null): number {
    const notice = { id: ++this.#last, tone, key, values, address };
    const others = this.list.filter((other) => other.key !== key);
    this.list = [...others, notice].slice(-AT_MOST);
    return notice.id;
  }
}

export const notices = new Notices();
