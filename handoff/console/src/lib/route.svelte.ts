// For links, the back button and a reload: what is on the screen is what the address says.

import type { Id } from './types';

export type View = 'mine' | 'queue' | 'team' | 'outages';
const VIEWS: readonly string[] = ['mine', 'queue', 'team', 'outages'];

class Route {
  view = $state<View>('mine');
  conversation = $state<Id | null>(null);
  /** The customer's panel lies on top, where there is no room beside the conversation. */
  customer = $state(false);

  constructor() {
    this.#read();
    window.addEventListener('hashchange', () => this.#read());
  }

  go(view: View, conversation: Id | null = null, customer = false): void {
    location.hash = address(view, conversation, customer);
    // The event comes later; what follows in the same breath already counts on the new place.
    this.#read();
  }

  #read(): void {
    const [view = '', conversation, customer] = location.hash.replace(/^#\/?/, '').split('/');
    this.view = VIEWS.includes(view) ? (view as View) : 'mine';
    this.conversation = conversation ? decodeURIComponent(conversation) : null;
    this.customer = customer === 'customer';
  }
}

/** The address of a place in the console. */
export function address(view: View, conversation: Id | null = null, customer = false): string {
  const parts = [view, conversation === null ? '' : encodeURIComponent(conversation)];
  return `#/${parts.filter(Boolean).join('/')}${customer ? '/customer' : ''}`;
}

export const route = new Route();
