// Short messages at the edge of the page, which a screen reader speaks when it is idle.

import { html, useEffect, useState } from './html.js';

const SHOWN_FOR_MS = 6_000;
let notices = [];
let listener = () => {};
let last = 0;

function set(next) {
  notices = next;
  listener(notices);
}

/** Shows a message; `tone` is `good`, `bad` or `plain`. Bad ones stay twice as long. */
export function notify(text, tone = 'plain') {
  const id = (last += 1);
  set([...notices.slice(-3), { id, text, tone }]);
  setTimeout(() => dismiss(id), tone === 'bad' ? 2 * SHOWN_FOR_MS : SHOWN_FOR_MS);
}

const dismiss = (id) => set(notices.filter((notice) => notice.id !== id));

export function Notices() {
  const [shown, show] = useState(notices);
  useEffect(() => {
    listener = show;
    return () => {
      listener = () => {};
    };
  }, []);
  return html`
    <div class="notices" role="status" aria-live="polite">
      ${shown.map(({ id, text, tone }) => html`
        <div class="notice ${tone}" key=${id}>
          <span>${text}</span>
          <button class="quiet" aria-label="Dismiss this message" onClick=${() => dismiss(id)}>×</button>
        </div>`)}
    </div>`;
}
