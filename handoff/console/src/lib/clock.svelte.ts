// For everything that shows how long something lasts: one clock, set by the gateway's.

class Clock {
  /** Milliseconds since 1970 by the gateway's clock; moves once a second. */
  now = $state(Date.now());
  #ahead = 0;

  constructor() {
    setInterval(() => (this.now = Date.now() + this.#ahead), 1000);
  }

  /** Takes the Date header of an answer; a computer whose clock is wrong still counts down rightly. */
  compare(date: string | null): void {
    const ahead = date === null ? NaN : Date.parse(date) - Date.now();
    if (Number.isNaN(ahead)) return;
    // The header has whole seconds: less than two apart is agreement.
    this.#ahead = Math.abs(ahead) < 2000 ? 0 : ahead;
  }

  /** Seconds from a moment until now, not below zero. */
  since(moment: string): number {
    return Math.max(0, Math.floor((this.now - Date.parse(moment)) / 1000));
  }

  /** Seconds from now until a moment, not below zero. */
  until(moment: string): number {
    return Math.max(0, Math.ceil((Date.parse(moment) - this.now) / 1000));
  }
}

export const clock = new Clock();
