// The window of the app: the daemon, the calls that are being retried, and the orders.

import { ApiError, order, path } from './api.js';
import { now, start, state } from './console.js';
import { countdown, instant } from './format.js';
import { html, render, useState } from './html.js';
import { Notices, notify } from './notices.js';
import { Badge, Meter } from './parts.js';
import { ThemeSwitch } from './switch.js';
import { useTick } from './use.js';

const TICK_MS = 100;
const ASK_MS = 300;

const view = { daemon: undefined, orders: [], isAway: false };

async function json(url, body) {
  const options = body === undefined ? {} : { method: 'POST', headers: { 'X-Retry-Console': '1', 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, { ...options, cache: 'no-store' });
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, data.error ?? `the app answered ${response.status}`);
  return data;
}

/** Asks the app again and again: the page shows what is stored, also after a restart of the app. */
async function ask() {
  try {
    const [daemon, orders] = await Promise.all([json('daemon'), json('orders')]);
    Object.assign(view, { daemon, orders, isAway: false });
  } catch {
    view.isAway = true;
  }
  setTimeout(ask, ASK_MS);
}

const attempt = async (action) => {
  try {
    await action();
  } catch (error) {
    notify(error.message, 'bad');
  }
};

/** The part of a pause that has passed; the moment at which each pause was first seen is remembered. */
const begins = new Map();
function passed(id, until) {
  const known = begins.get(id);
  if (known?.until !== until) begins.set(id, { until, from: now() });
  const { from } = begins.get(id);
  return until > from ? (now() - from) / (until - from) : 1;
}

function Waiting({ id, what, attempt: number, limit, until, error, deadline, children }) {
  const isWaiting = until !== undefined && until > now();
  return html`
    <div class="line" data-id=${id}>
      <span class="what">${what}</span>
      <${Badge} tone="busy" text=${isWaiting ? 'retrying' : 'trying'} />
      <span class="num">attempt ${number}${limit ? ` of ${limit}` : ''}</span>
      ${isWaiting && html`<${Meter} value=${passed(id, until)} label="pause before the next attempt" tone="first" />
        <span class="num">next attempt in <b class="countdown">${countdown(until, now())}</b></span>`}
      <span class="buttons">${children}</span>
      ${error && html`<span class="message">${error}${deadline !== undefined && html` · gives up in ${countdown(deadline, now())}`}</span>`}
    </div>`;
}

function Call({ call }) {
  const [isCancelling, cancelling] = useState(false);
  const give = (word) => attempt(() => order(path('live', call.id, word)));
  return html`
    <${Waiting} id=${call.id} what="Listing containers" attempt=${call.state === 'waiting' ? call.attempt + 1 : call.attempt} limit=${call.limit}
      until=${call.state === 'waiting' ? call.next_at : undefined} error=${call.last_error} deadline=${call.deadline_at}>
      <button onClick=${() => give('retry')} disabled=${call.state !== 'waiting' || isCancelling}>Retry now</button>
      <button onClick=${() => { cancelling(true); give('cancel'); }} disabled=${isCancelling}>${isCancelling ? 'Cancelling …' : 'Cancel'}</button>
    <//>`;
}

function Daemon() {
  const { daemon } = view;
  const calls = [...state.live.values()].filter(({ name }) => name === 'docker::list');
  const text = view.isAway ? 'The app does not answer.' : daemon === undefined ? 'Asking …'
    : daemon.error ?? (daemon.containers !== undefined ? `Docker answers: ${daemon.containers} container${daemon.containers === 1 ? '' : 's'}` : 'Asking Docker …');
  const isRetrying = calls.length > 0;
  return html`
    <section aria-labelledby="daemon-title">
      <h2 id="daemon-title">Docker</h2>
      <p class="daemon" role="status">${isRetrying ? 'Docker does not answer. The app tries again by itself.' : text}</p>
      ${calls.map((call) => html`<${Call} key=${call.id} call=${call} />`)}
      ${!isRetrying && daemon?.error && html`<p><button class="primary" onClick=${() => attempt(() => json('daemon/retry', {}))}>Retry</button></p>`}
    </section>`;
}

const WORDS = { 'docker::start': 'Start', 'docker::pull': 'Pull', 'docker::volume': 'Create volume' };
const TONES = { complete: 'good', failed: 'bad', cancelled: 'plain', pending: 'busy', running: 'busy' };

function Order({ task }) {
  const { id, state: phase, retry_count: retries, max_retries: most, progress } = task;
  const what = `${WORDS[task.name] ?? task.name} ${Object.values(task.arguments ?? {}).join(' ')}`;
  const due = instant(task.next_attempt_at ?? task.due_at);
  const cancel = html`<button onClick=${() => attempt(() => order(path('tasks', id, 'cancel')))}>Cancel</button>`;
  if (phase === 'waiting' || phase === 'held_back') {
    return html`<${Waiting} id=${id} what=${what} attempt=${retries + 2} limit=${most !== null && most !== undefined ? most + 1 : undefined} until=${due} error=${task.last_error}>${cancel}<//>`;
  }
  const isOpen = phase === 'pending' || phase === 'running';
  return html`
    <div class="line" data-id=${id}>
      <span class="what">${what}</span>
      <${Badge} tone=${TONES[phase] ?? 'plain'} text=${phase} />
      ${phase === 'running' && html`<span class="num">attempt ${retries + 1}${most !== null && most !== undefined ? ` of ${most + 1}` : ''}</span>`}
      ${isOpen && typeof progress?.fraction === 'number' && html`<${Meter} value=${progress.fraction} label="progress" tone="first" /><span class="num">${Math.round(progress.fraction * 100)} %</span>`}
      <span class="buttons">${isOpen && cancel}
        ${task.can_retry && html`<button class="primary" onClick=${() => attempt(() => json(path('orders', id, 'retry'), {}))}>Retry</button>`}</span>
      ${isOpen && progress?.message && html`<span class="message">${progress.message}</span>`}
      ${phase === 'failed' && html`<span class="message">${task.last_error}</span>`}
    </div>`;
}

function Orders() {
  const [kind, setKind] = useState('volume');
  const [name, setName] = useState('');
  const submit = (event) => {
    event.preventDefault();
    attempt(async () => {
      await json('orders', { kind, name });
      setName('');
    });
  };
  return html`
    <section aria-labelledby="orders-title">
      <h2 id="orders-title">Orders</h2>
      <form class="filter" onSubmit=${submit}>
        <label>What
          <select value=${kind} onChange=${(event) => setKind(event.target.value)}>
            <option value="volume">create a volume</option><option value="pull">pull an image</option><option value="start">start a container</option>
          </select>
        </label>
        <label>Name <input value=${name} onInput=${(event) => setName(event.target.value)} required autocomplete="off" /></label>
        <button class="primary" type="submit">Order</button>
      </form>
      ${view.orders.length === 0 && html`<p class="empty">Nothing was ordered yet. Orders are stored and survive a restart of the app.</p>`}
      ${view.orders.map((task) => html`<${Order} key=${task.id} task=${task} />`)}
    </section>`;
}

function App() {
  useTick(TICK_MS);
  return html`
    <header class="top"><span class="brand">Docker desktop</span><span class="connection"></span><${ThemeSwitch} /></header>
    <main class="window"><h1 class="hidden">Docker desktop</h1><${Daemon} /><${Orders} /></main>
    <${Notices} />`;
}

const root = document.getElementById('app');
root.textContent = '';
start(() => render(html`<${App} />`, root));
render(html`<${App} />`, root);
ask();
