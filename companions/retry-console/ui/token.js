// The page that asks for the token.

import { html, useEffect, useRef, useState } from './html.js';

const WORDS = { 401: 'This is not the token of this console.', 403: 'The server refuses this page; see its log.' };

// Gives the token to the server once. The answer is a redirect that sets a cookie; it is not followed, so the address
// with the token is never that of the page.
async function isTaken(token) {
  const response = await fetch(`./?token=${encodeURIComponent(token)}`, { redirect: 'manual', credentials: 'same-origin', cache: 'no-store' });
  if (response.type === 'opaqueredirect' || response.ok) return true;
  throw new Error(WORDS[response.status] ?? `The server answered ${response.status}.`);
}

export function TokenPage() {
  const field = useRef(null);
  const [mistake, say] = useState('');
  useEffect(() => field.current.focus(), []);
  const send = async (event) => {
    event.preventDefault();
    try {
      if (await isTaken(field.current.value.trim())) location.reload();
    } catch (error) {
      say(error instanceof TypeError ? 'The server does not answer.' : error.message);
      field.current.select();
    }
  };
  return html`
    <main class="token" id="main">
      <h1>A token is needed</h1>
      <p>This console shows its data to those who have its token. The program printed it at its start, or it is in the environment variable that the program reads.</p>
      <form onSubmit=${send}>
        <label>Token <input type="password" required autocomplete="current-password" spellcheck="false" ref=${field} aria-describedby="mistake" /></label>
        <button class="primary" type="submit">Open the console</button>
      </form>
      <p id="mistake" class="has-failed" role="alert">${mistake}</p>
      <p class="muted">The token is sent once. After that, a cookie that scripts cannot read takes its place.</p>
    </main>`;
}
