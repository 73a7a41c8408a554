// For lists under a pointer: what is shown does not move until the agent lets it.

import type { Id, Row } from './types';

export class Steady {
  /** The pointer or the focus is in the list. */
  held = $state(false);
  #kept = $state.raw<Row[]>([]);
  readonly #rows: () => Row[];

  constructor(rows: () => Row[]) {
    this.#rows = rows;
    $effect(() => {
      if (!this.held) this.#kept = rows();
    });
  }

  /** The rows as they lie under the pointer, told as of now; those that have gone keep their place until it leaves. */
  shown = $derived.by(() => {
    const now = new Map(this.#rows().map((row) => [row.id, row]));
    if (!this.held) return this.#rows().map((row) => ({ row, gone: false }));
    const still = this.#kept.map((row) => ({ row: now.get(row.id) ?? row, gone: !now.has(row.id) }));
    return [...still, ...this.#following().map((row) => ({ row, gone: false }))];
  });

  /** How many new rows would push others aside. */
  heldBack = $derived.by(() => {
    const shown = this.shown.filter(({ gone }) => !gone).length;
    return this.held ? this.#rows().length - shown : 0;
  });

  /** Shows the list as it is. */
  update(): void {
    this.#kept = this.#rows();
  }

  /** New rows at the end move nobody. */
  #following(): Row[] {
    const known = new Set<Id>(this.#kept.map((row) => row.id));
    const rows = this.#rows();
    const lastKnown = rows.findLastIndex((row) => known.has(row.id));
    return rows.slice(lastKnown + 1);
  }
}
