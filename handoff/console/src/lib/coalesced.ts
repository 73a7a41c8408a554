// For stores that fetch again whenever they hear of a change: many changes, few fetches, never out of order.

/** A function that runs `work`; called while it runs, it runs it once more afterwards, and all callers wait for that. */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again: Promise<void> | null = null;

  const start = (): Promise<void> => {
    running = work().finally(() => (running = null));
    return running;
  };

  return () => {
    if (running === null) return start();
    again ??= running
      .catch(() => undefined)
      .then(() => {
        again = null;
        return start();
      });
    return again;
  };
}
