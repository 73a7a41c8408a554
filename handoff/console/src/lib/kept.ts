// For what an agent must find again after a reload: small values in the browser's storage.

const PREFIX = 'jieli.';

/** The value kept under this name, or `otherwise` when there is none or it cannot be read. */
export function kept<T>(name: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

/** Keeps a value; `null` forgets it. False when the browser refuses, as in some private windows. */
export function keep(name: string, value: unknown): boolean {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Calls back when another tab has changed a value whose name begins so. Returns the way to stop. */
export function onKeptElsewhere(start: string, then: (name: string) => void): () => void {
  const listen = (event: StorageEvent) => {
    if (event.key?.startsWith(PREFIX + start)) then(event.key.slice(PREFIX.length));
  };
  window.addEventListener('storage', listen);
  return () => window.removeEventListener('storage', listen);
}
