// For the keyboard: single keys, and "g" followed by a letter, as commands wherever nobody is writing.

const SEQUENCE_MS = 1500;

/** A listener for keydown. Commands are named by their key, or by two with a space between: `g q`. */
export function shortcuts(commands: Record<string, () => void>, on: () => boolean) {
  let prefix = '';
  let timer: ReturnType<typeof setTimeout> | undefined;

  return (event: KeyboardEvent) => {
    if (!on() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (writing(event.target) || document.querySelector('dialog[open]')) return;
    const keys = prefix + event.key;
    prefix = '';
    clearTimeout(timer);
    const command = commands[keys];
    if (command) {
      event.preventDefault();
      command();
    } else if (Object.keys(commands).some((name) => name.startsWith(`${event.key} `))) {
      prefix = `${event.key} `;
      timer = setTimeout(() => (prefix = ''), SEQUENCE_MS);
    }
  };
}

function writing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches('input:not([type=radio], [type=checkbox]), textarea, select')
  );
}
