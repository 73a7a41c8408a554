// For the chat page: Chinese or English, as chosen here before, as the host page speaks, or as the browser prefers.
import { addMessages, getLocaleFromNavigator, init, locale } from 'svelte-i18n';
import en from './locales/en.json';
import zh from './locales/zh.json';
import { recall, remember } from './memory';

export type Language = 'zh' | 'en';

export function startLanguage(): void {
  addMessages('zh', zh);
  addMessages('en', en);
  // Named as the fallback, since both dictionaries are whole: naming it otherwise costs 30 ms of checks.
  void init({ fallbackLocale: firstLanguage() });
  locale.subscribe((language) => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  });
}

export function chooseLanguage(language: Language): void {
  remember('language', language);
  void locale.set(language);
}

function firstLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('language');
  const wanted = recall<string>('language') ?? asked ?? getLocaleFromNavigator() ?? 'en';
  return wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
