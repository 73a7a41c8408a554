// For lists and messages: moments and durations, short enough to stand in a row.

import type { Language } from './types';

const LOCALES = { zh: 'zh-CN', en: 'en-GB' } as const;

/** Seconds as 02:14, 1:05:09, or 3 d when it is days. */
export function duration(seconds: number, day: string): string {
  const days = Math.floor(seconds / 86_400);
  if (days > 0) return `${days} ${day}`;
  const hours = Math.floor(seconds / 3600);
  const rest = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'));
  return (hours > 0 ? [hours, ...rest] : rest).join(':');
}

/** 14:02, by the agent's own clock. */
export function clockTime(moment: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: '2-digit', minute: '2-digit' }).format(
    new Date(moment),
  );
}

/** 11月21日 星期六, or Saturday 21 November. */
export function day(moment: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    weekday: 'long',
    month: 'long',
    day: 'numeric',
  }).format(new Date(moment));
}

/** 11月21日 14:02, or 21 Nov, 14:02. */
export function shortDay(moment: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(moment));
}

/** What an input of day and time holds for a moment, by the agent's own clock. */
export function inputTime(moment: Date): string {
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** Day and time in full, for a tooltip. */
export function exact(moment: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'medium', timeStyle: 'medium' }).format(
    new Date(moment),
  );
}
