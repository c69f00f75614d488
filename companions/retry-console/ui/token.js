// The page that asks for the token.

import { html, useEffect, useRef } from './html.js';

/** Gives the token to the server once; the server sets a cookie and sends the reader back. */
export function TokenPage() {
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const send = (event) => {
    event.preventDefault();
    location.assign(`./?token=${encodeURIComponent(field.current.value.trim())}${location.hash}`);
  };
  return html`
    <main class="token" id="main">
      <h1>A token is needed</h1>
      <p>This console shows its data to those who have its token. The program printed it at its start, or it is in the environment variable that the program reads.</p>
      <form onSubmit=${send}>
        <label>Token <input type="password" required autocomplete="current-password" spellcheck="false" ref=${field} /></label>
        <button class="primary" type="submit">Open the console</button>
      </form>
      <p class="muted">The token is sent once. After that, a cookie that scripts cannot read takes its place.</p>
    </main>`;
}
