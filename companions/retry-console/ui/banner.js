// Says whether the numbers on the page are current.

import { html } from './html.js';
import { countdown } from './format.js';
import { staleness, stream } from './console.js';
import { useTick } from './use.js';

/** A banner while the connection is down or silent; a screen reader hears the change, not every second of it. */
export function Banner() {
  useTick(250);
  const { phase, retryAt, retries, error } = stream.status;
  const silence = staleness();
  const seconds = Math.floor(silence / 1_000);
  const isStale = silence > 0 && (phase === 'live' || retries > 0 || seconds >= 2);
  const what = phase === 'live' ? 'The server is silent' : `No connection: ${error || 'the server does not answer yet'}`;
  return html`
    <div class="banner-box" role="status" aria-live="polite">
      ${isStale && html`
        <div class="banner">
          <span><b>Stale.</b> ${what}.</span>
          <span aria-hidden="true" class="num">Last update ${seconds} s ago${phase === 'retrying' ? `, connecting again in ${countdown(retryAt, performance.now()).replace('now', '0.0 s')} (retry ${retries})` : phase === 'connecting' ? ', connecting …' : ''}.</span>
          ${phase === 'retrying' && html`<button onClick=${stream.retryNow}>Connect now</button>`}
        </div>`}
    </div>`;
}
