// For the customer's page: picks the language, then puts the chat on the page.
import { mount } from 'svelte';
import App from './App.svelte';
import './chat.css';
import { startLanguage } from './language';

const target = document.getElementById('chat');
if (!target) throw new Error('the page has no place for the chat');
startLanguage();
mount(App, { target });
