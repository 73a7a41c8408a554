// For the chat's rows: moments in the words of the reader's language.

/** Hours and minutes on the reader's clock. */
export function clock(at: string, language: string): string {
  return format(language, { hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}

/** The whole moment, for a tooltip. */
export function moment(at: string, language: string): string {
  return format(language, { dateStyle: 'full', timeStyle: 'short' }).format(new Date(at));
}

/** The day to announce above a message, or null when it's the same as before, or today at the very top. */
export function newDay(
  at: string,
  before: string | undefined,
  language: string,
  now = new Date(),
): string | null {
  const day = new Date(at);
  const previous = before === undefined ? now : new Date(before);
  return day.toDateString() === previous.toDateString() ? null : dayName(day, now, language);
}

function dayName(day: Date, now: Date, language: string): string {
  const ago = Math.round((midnight(day) - midnight(now)) / 86_400_000);
  if (ago === 0 || ago === -1) {
    const name = new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(ago, 'day');
    return name.charAt(0).toUpperCase() + name.slice(1);
  }
  const year = day.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return format(language, { year, month: 'long', day: 'numeric', weekday: 'short' }).format(day);
}

function midnight(day: Date): number {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}

// Making one costs more than a thousand uses of it, and a long history has a thousand messages.
const made = new Map<string, Intl.DateTimeFormat>();

function format(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  const known = made.get(key) ?? new Intl.DateTimeFormat(asRead(language), options);
  made.set(key, known);
  return known;
}

/** The page's language as the reader's own country writes it: 13:42 in Britain, 1:42 PM in the States. */
function asRead(language: string): string {
  return navigator.languages.find((own) => own.toLowerCase().split('-')[0] === language) ?? language;
}
