// For the "why you got this" card: open until the customer is accepted, then one line; the agent may turn it.

import type { Row } from './types';

class Card {
  #turned = $state.raw(new Set<string>());

  isOpen(row: Row): boolean {
    const roomy = matchMedia('(min-width: 720px) and (min-height: 600px)').matches;
    return (roomy && row.state !== 'active') !== this.#turned.has(place(row));
  }

  turn(row: Row): void {
    const turned = new Set(this.#turned);
    if (!turned.delete(place(row))) turned.add(place(row));
    this.#turned = turned;
  }
}

const place = ({ id, state }: Row) => `${id} ${state === 'active'}`;

export const card = new Card();
