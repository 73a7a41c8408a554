// For the page inside the widget's panel: the few words it exchanges with the page around it.

/** What the widget tells: whether the panel is open. What it is told: `ready`, `close`, or how many are unread. */
export type FromWidget = { jieli: 'shown'; shown: boolean };
export type ToWidget = { jieli: 'ready' } | { jieli: 'close' } | { jieli: 'unread'; count: number };

export const embedded = new URLSearchParams(location.search).has('embed') && window.parent !== window;

let host: string | null = null;

/** Calls back when the panel opens or closes. */
export function joinWidget(shown: (shown: boolean) => void): void {
  addEventListener('message', (event: MessageEvent<Partial<FromWidget> | null>) => {
    if (event.source !== window.parent || event.data?.jieli !== 'shown') return;
    host = event.origin;
    shown(event.data.shown === true);
  });
  // Says nothing of the customer, so it may go to a page we don't know yet.
  window.parent.postMessage({ jieli: 'ready' } satisfies ToWidget, '*');
}

/** Says it to the page that opened the panel; before one has, there is nobody to tell. */
export function tellWidget(word: ToWidget): void {
  if (embedded && host && host !== 'null') window.parent.postMessage(word, host);
}
