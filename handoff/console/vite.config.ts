// For whoever builds the agents' console: `npm run build:console` writes build/console/, served at /console/.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const GATEWAY = process.env.JIELI_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/console/',
  plugins: [svelte({ configFile: false })],
  build: {
    outDir: '../../build/console',
    emptyOutDir: true,
    // The page's policy allows files of our own only, so nothing is inlined as a data: address.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': { target: GATEWAY, changeOrigin: false } } },
});
