// For any web page: one script tag that adds a chat button, and on demand a panel with the chat page in it.
import type { FromWidget, ToWidget } from '../src/frame';
import css from './widget.css?inline';

const WORDS = {
  zh: {
    open: '在线客服',
    close: '关闭对话',
    opening: '正在打开对话…',
    slow: '暂时打不开，请稍后再试。',
    unread: '条新消息',
  },
  en: {
    open: 'Chat with us',
    close: 'Close chat',
    opening: 'Opening the chat…',
    slow: 'The chat can’t be opened just now. Please try again later.',
    unread: ' new',
  },
};
const SLOW_MS = 10_000;
const OPENED_BEFORE = 'jieli.chat.opened';

class Widget {
  #language: 'zh' | 'en' = speaksChinese() ? 'zh' : 'en';
  #words = WORDS[this.#language];
  #phone = matchMedia('(max-width: 640px), (max-height: 480px)');
  #root = document.createElement('jieli-chat');
  #launcher = element('button', 'launcher', drawing(), this.#words.open);
  #badge = element('span', 'badge');
  #opening = element('p', 'opening', this.#words.opening);
  #close = element('button', 'close', '×');
  #panel = element('dialog', 'panel', this.#opening, this.#close);
  #frame: HTMLIFrameElement | null = null;
  #chat: URL;

  constructor(script: string) {
    this.#chat = new URL(`./?embed=1&language=${this.#language}`, script);
    this.#badge.role = 'status';
    this.#close.ariaLabel = this.#words.close;
    this.#panel.ariaLabel = this.#words.open;
    this.#launcher.ariaExpanded = 'false';
    this.#listen();
  }

  addTo(page: HTMLElement): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    const inside = this.#root.attachShadow({ mode: 'open' });
    inside.adoptedStyleSheets = [sheet];
    inside.append(this.#launcher, this.#badge, this.#panel);
    this.#root.lang = this.#language;
    page.append(this.#root);
    // Who has talked here before may have an answer waiting: look for it once the page itself is done.
    if (kept(OPENED_BEFORE)) whenLoaded(() => this.#load());
  }

  #listen(): void {
    this.#launcher.onclick = () => this.#open();
    this.#launcher.onpointerenter = this.#launcher.onfocus = () => this.#load();
    this.#close.onclick = () => this.#panel.close();
    this.#panel.onclose = () => {
      this.#changed();
      this.#launcher.focus();
    };
    this.#root.onkeydown = ({ key }) => {
      if (key === 'Escape') this.#panel.close();
    };
    addEventListener('message', ({ origin, source, data }) => {
      if (origin === this.#chat.origin && this.#frame && source === this.#frame.contentWindow)
        this.#hear(data);
    });
    // Not every phone's browser makes room for its keyboard, so the panel takes what is left in sight.
    const sight = window.visualViewport;
    sight?.addEventListener('resize', () => {
      const magnified = sight.scale > 1;
      this.#panel.style.height = this.#phone.matches && !magnified ? `${sight.height}px` : '';
    });
  }

  #load(): void {
    if (this.#frame) return;
    const frame = element('iframe', 'page');
    frame.title = this.#words.open;
    frame.src = this.#chat.href;
    this.#frame = frame;
    this.#panel.append(frame);
    setTimeout(() => (this.#opening.textContent = this.#words.slow), SLOW_MS);
  }

  #open(): void {
    this.#load();
    // On a phone nothing of the page is left to see, so it rests until the chat is closed.
    if (this.#phone.matches) this.#panel.showModal();
    else this.#panel.show();
    this.#changed();
    this.#frame?.focus();
    keep(OPENED_BEFORE);
  }

  #changed(): void {
    const { open } = this.#panel;
    this.#launcher.ariaExpanded = String(open);
    this.#tell();
  }

  #tell(): void {
    // until the page has said that it is there, the frame still belongs to the host
    if (!this.#frame?.classList.contains('ready')) return;
    const word: FromWidget = { jieli: 'shown', shown: this.#panel.open };
    this.#frame.contentWindow?.postMessage(word, this.#chat.origin);
  }

  #hear(word: ToWidget | null): void {
    if (word?.jieli === 'ready') {
      this.#frame?.classList.add('ready');
      this.#opening.remove();
      this.#close.remove();
      this.#tell();
      if (this.#panel.open) this.#frame?.focus();
    } else if (word?.jieli === 'close') this.#panel.close();
    else if (word?.jieli === 'unread') this.#mark(Number(word.count) || 0);
  }

  #mark(unread: number): void {
    const count = String(Math.min(unread, 99));
    this.#badge.replaceChildren(
      ...(unread > 0 ? [count, element('span', 'unseen', this.#words.unread)] : []),
    );
  }
}

function element<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  name: string,
  ...inside: (Node | string)[]
): HTMLElementTagNameMap[T] {
  const made = document.createElement(tag);
  made.className = name;
  made.append(...inside);
  if (made instanceof HTMLButtonElement) made.type = 'button';
  return made;
}

function drawing(): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  const bubble = 'M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z';
  path.setAttribute('d', `${bubble}M8 11h.01M12 11h.01M16 11h.01`);
  svg.append(path);
  return svg;
}

function speaksChinese(): boolean {
  return /^zh\b/i.test(document.documentElement.lang || navigator.language);
}

function whenLoaded(then: () => void): void {
  if (document.readyState === 'complete') then();
  else addEventListener('load', then, { once: true });
}

function keep(key: string): void {
  try {
    localStorage.setItem(key, '1');
  } catch {
    // storage is forbidden here: the chat works all the same, only its answers are not looked for on the next page
  }
}

function kept(key: string): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}

function start(): void {
  if (!document.querySelector('jieli-chat')) new Widget(source).addTo(document.body);
}

// As a module the script is not told which one it is.
const script = document.currentScript ?? document.querySelector('script[src*="/chat/widget.js"]');
const source = (script as HTMLScriptElement).src;

if (document.body) start();
else addEventListener('DOMContentLoaded', start, { once: true });
