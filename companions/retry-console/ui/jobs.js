// Bulk orders: the server works, the page shows the progress and can stop the work.

import { get, order, path } from './api.js';
import { html, useEffect, useState } from './html.js';
import { number, percent, plural, share } from './format.js';
import { notify } from './notices.js';
import { Badge, Meter } from './parts.js';
import { at } from './process.js';

const EVERY_MS = 500;
const PATIENCE = 10;
const MEMORY = 'retry-console-job';

let job = null;
let listeners = new Set();
let timer;
let failures = 0;
// The process that works on the job.
let owner;
const WORDS = { retry: ['Retrying tasks', 'Retried'], cancel: ['Cancelling tasks', 'Cancelled'], delete: ['Deleting tasks', 'Deleted'] };

function set(next) {
  job = next;
  for (const listener of listeners) listener(job);
}

// A page that is loaded again shows the job that it started.
function remember(id) {
  try {
    if (id === undefined) sessionStorage.removeItem(MEMORY);
    else sessionStorage.setItem(MEMORY, JSON.stringify({ id, owner }));
  } catch {
    // Storage may be forbidden: then only a reload forgets the job.
  }
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(MEMORY)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Starts a bulk order over a filter, in a process. */
export async function startJob(word, filter, process) {
  try {
    const { job: id } = await order(at('tasks/bulk', process), { order: word, filter });
    owner = process;
    remember(id);
    set({ job: id, order: word, done: 0, refused: 0, state: 'running' });
    watch(id);
  } catch (error) {
    notify(error.message, 'bad');
  }
}

const hasEnded = ({ state }) => state !== 'running' && state !== 'stopping';

async function watch(id) {
  clearTimeout(timer);
  try {
    const next = await get(path('jobs', id), { process: owner });
    failures = 0;
    set(next);
    if (hasEnded(next)) {
      remember(undefined);
      notify(`${WORDS[next.order]?.[1] ?? next.order} ${plural(next.done, 'task')}${next.refused > 0 ? `, ${number(next.refused)} refused` : ''}`, 'good');
      return;
    }
  } catch (error) {
    failures += 1;
    if (error.status === 404 || failures > PATIENCE) {
      remember(undefined);
      set(null);
      if (error.status !== 404) notify(`the job's progress: ${error.message}`, 'bad');
      return;
    }
  }
  timer = setTimeout(() => watch(id), EVERY_MS);
}

async function stop(id) {
  set({ ...job, state: 'stopping' });
  try {
    await order(at(path('jobs', id, 'stop'), owner));
  } catch (error) {
    notify(error.message, 'bad');
  }
}

/** The progress of the current or last bulk order; `onEnd` is called when it ends. */
export function JobBar({ onEnd }) {
  const [shown, show] = useState(job);
  useEffect(() => {
    listeners.add(show);
    const known = remembered();
    if (job === null && known?.id !== undefined) {
      owner = known.owner;
      watch(known.id);
    }
    return () => listeners.delete(show);
  }, []);
  const isOver = shown !== null && hasEnded(shown);
  useEffect(() => {
    if (isOver) onEnd();
  }, [isOver]);
  if (shown === null) return null;
  const { done, refused, total, order: word, state } = shown;
  const worked = done + (refused ?? 0);
  const part = share(worked, total);
  return html`
    <section class="job" aria-label="Bulk order">
      <b>${WORDS[word]?.[0] ?? word}</b>
      <${Meter} value=${part ?? (isOver ? 1 : 0)} label="done" tone=${isOver ? 'first' : ''} />
      <span class="num" data-figure="job">${number(worked)}${total === undefined ? '' : ` of ${number(total)}`}</span>
      ${part !== undefined && html`<span class="num muted">${percent(part)}</span>`}
      ${refused > 0 && html`<span class="muted">${number(refused)} refused</span>`}
      <${Badge} tone=${isOver ? (state === 'failed' ? 'bad' : 'good') : 'busy'} text=${state === 'stopping' ? 'stopping …' : state} />
      ${isOver
        ? html`<button class="quiet" aria-label="Hide the finished bulk order" onClick=${() => set(null)}>×</button>`
        : html`<button onClick=${() => stop(shown.job)} disabled=${state === 'stopping'}>Stop</button>`}
    </section>`;
}
