// For whoever changes the screens: what `npm run check` refuses in TypeScript and Svelte.
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

export default defineConfig(
  { files: ['handoff/console/**', 'bot/chat/**', '*.config.js'] },
  { ignores: ['build/', 'var/', 'node_modules/', '.venv*/', '**/*.py'] },
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    // TypeScript itself knows better which names exist.
    rules: { 'no-undef': 'off' },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      // A Map that lives for one calculation need not be watched.
      'svelte/prefer-svelte-reactivity': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'SvelteAttribute[key.name="style"]',
          message:
            'The pages are served without permission for style attributes; use a class or style:name={value}.',
        },
      ],
    },
  },
);
