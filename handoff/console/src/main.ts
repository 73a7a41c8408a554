// For the browser: the console's way in.

import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { settings } from './lib/settings.svelte';

settings.start();
const target = document.getElementById('app');
if (target) mount(App, { target });
