// For whoever builds the customer's chat: `npm run build:chat` writes the page and the widget to build/chat/.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type UserConfig } from 'vite';

const GATEWAY = process.env.JIELI_URL ?? 'http://127.0.0.1:8080';

const page: UserConfig = {
  base: '/chat/',
  plugins: [svelte({ configFile: false })],
  build: {
    outDir: '../../build/chat',
    emptyOutDir: true,
    // The page's policy allows files of our own only, so nothing is inlined as a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/channels': { target: GATEWAY, changeOrigin: false } } },
};

// A host page loads the widget as a plain script: one file of a fixed name that leaves no global name behind.
const widget: UserConfig = {
  publicDir: false,
  build: {
    outDir: '../../build/chat',
    emptyOutDir: false,
    lib: { entry: 'widget/widget.ts', formats: ['iife'], name: 'jieli', fileName: () => 'widget.js' },
  },
};

export default defineConfig(({ mode }) => (mode === 'widget' ? widget : page));
