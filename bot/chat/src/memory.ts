// For the chat page: what this browser remembers between visits, and while storage is forbidden, for this visit.

const PREFIX = 'jieli.chat.';
const unsaved = new Map<string, string>();

/** The value last remembered under this key, or null. */
export function recall<T>(key: string): T | null {
  const text = unsaved.get(key) ?? read(key);
  try {
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null; // another program's value, or one cut short: as good as none
  }
}

/** Keeps a value that JSON can hold; null forgets the key. */
export function remember(key: string, value: unknown): void {
  unsaved.delete(key);
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // private windows, embedded pages and full disks refuse: the visit itself goes on
    if (value !== null) unsaved.set(key, JSON.stringify(value));
  }
}

/** Every remembered value whose key begins so. */
export function recallAll<T>(start: string): T[] {
  const keys = new Set(unsaved.keys());
  try {
    for (const key of Object.keys(localStorage))
      if (key.startsWith(PREFIX)) keys.add(key.slice(PREFIX.length));
  } catch {
    // no storage here
  }
  return [...keys].filter((key) => key.startsWith(start)).flatMap((key) => recall<T>(key) ?? []);
}

/** Calls back when another tab of this browser changes the value of this key. */
export function onChangeElsewhere(key: string, changed: () => void): void {
  addEventListener('storage', (event) => {
    if (event.key === PREFIX + key) changed();
  });
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}
