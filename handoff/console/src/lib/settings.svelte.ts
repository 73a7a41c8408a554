// For each browser: language, theme, sound and single-key shortcuts, as the person chose them.

import { addMessages, init, locale } from 'svelte-i18n';
import en from '../locales/en.json';
import zh from '../locales/zh.json';
import { keep, kept } from './kept';
import type { Language, Theme } from './types';

class Settings {
  language = $state<Language>(kept<Language>('language', navigator.language.startsWith('zh') ? 'zh' : 'en'));
  theme = $state<Theme>(kept<Theme>('theme', 'system'));
  sound = $state(kept('sound', true));
  /** Single letters as commands; off for those who speak to their computer. */
  keys = $state(kept('keys', true));

  /** Loads the texts; call once, before the first component. */
  start(): void {
    addMessages('zh', zh);
    addMessages('en', en);
    void init({ fallbackLocale: 'en', initialLocale: this.language });
  }

  /** Puts the choices into force and keeps them; call inside an effect. */
  apply(): void {
    void locale.set(this.language);
    document.documentElement.lang = this.language === 'zh' ? 'zh-CN' : 'en';
    document.documentElement.dataset.theme = this.theme;
    keep('language', this.language);
    keep('theme', this.theme);
    keep('sound', this.sound);
    keep('keys', this.keys);
  }
}

export const settings = new Settings();
