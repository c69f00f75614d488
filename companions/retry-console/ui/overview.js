// The first screen: how the program's calls are doing, and what is not well.

import { RateChart } from './chart.js';
import { html, useState } from './html.js';
import { ago, clock, decimal, duration, number, percent, plural, share, words } from './format.js';
import { now, state } from './console.js';
import { Empty, Figure, isNotClosed, modeWord } from './parts.js';
import { href } from './router.js';
import { isOfOneCall } from './store.js';
import { useTick } from './use.js';

const NEWS_SHOWN = 40;
const PROBLEMS_SHOWN = 8;
const LATE_AFTER_MS = 10_000;

export function Overview({ hasTasks }) {
  useTick(1_000);
  const of = state.overview;
  return html`
    <h1>Overview</h1>
    <${Figures} of=${of} hasTasks=${hasTasks} />
    <${RateChart} rates=${of.rates} />
    <div class="columns">
      <section aria-labelledby="problems-title">
        <h2 id="problems-title">Not well right now</h2>
        <${Problems} all=${problems(state, hasTasks, now())} />
      </section>
      <${News} all=${state.news} />
    </div>`;
}

function Figures({ of, hasTasks }) {
  const ended = of.first_try + of.saved + of.failed;
  const remark = (count) => ended > 0 && `${percent(share(count, ended))} of ended calls`;
  return html`
    <dl class="figures">
      <${Figure} name="calls" label="Calls" value=${number(of.calls)} remark=${[of.cancelled > 0 && `${number(of.cancelled)} cancelled`, of.unattempted > 0 && `${number(of.unattempted)} without an attempt`].filter(Boolean).join(', ')} to=${href('functions')} />
      <${Figure} name="first_try" label="First try" value=${number(of.first_try)} remark=${remark(of.first_try)} tone="first" />
      <${Figure} name="saved" label="Saved by a retry" value=${number(of.saved)} remark=${remark(of.saved)} tone="saved" />
      <${Figure} name="failed" label="Failed" value=${number(of.failed)} remark=${remark(of.failed)} tone="failed" />
      <${Figure} name="amplification" label="Amplification" value=${decimal(of.amplification)} remark="attempts per call" />
      <${Figure} name="waiting" label="Waiting for a retry" value=${number(of.waiting)} remark="calls in a pause" to=${href('live')} />
      <${Figure} name="not_closed" label="Breakers not closed" value=${number(of.not_closed)} remark="of ${number(of.breakers)}" tone=${of.not_closed > 0 ? 'alert' : ''} to=${href('breakers')} />
      ${of.tasks_due !== undefined && html`
        <${Figure} name="tasks_due" label="Tasks due" value=${number(of.tasks_due)} remark=${of.oldest_due_ms === undefined ? 'none is late' : `${of.tasks_due > 0 ? 'the oldest' : 'held back'} for ${duration(of.oldest_due_ms)}`} to=${hasTasks && href('tasks')} />`}
    </dl>`;
}

/** What somebody should look at, the worst first: `{ key, tone, text, remark, to }`. */
export function problems({ processes, breakers, functions, overview }, hasTasks, at) {
  const found = [];
  for (const process of processes.values()) {
    if (!process.stale) continue;
    const name = process.peer ?? process.instance;
    found.push({ key: `process-${name}`, text: `${name} does not answer`, remark: process.error ?? 'its numbers are left out', to: href('processes') });
  }
  for (const breaker of breakers.values()) {
    if (!isNotClosed(breaker.mode)) continue;
    const name = breaker.key === undefined ? breaker.name : `${breaker.name} [${breaker.key}]`;
    const since = breaker.transitions?.at(-1);
    found.push({ key: breaker.id, text: `breaker ${name} is ${modeWord(breaker.mode)}`, remark: since && `${since.text}, ${ago(since.at, at)}`, to: href('breakers', breaker.id) });
  }
  for (const of of functions.values()) {
    for (const finding of of.findings ?? []) found.push({ key: `${of.name} ${finding}`, text: of.name, remark: finding, to: href('functions', of.name) });
    if (of.budget && of.budget.available < 1) {
      found.push({ key: `budget ${of.name}`, text: `${of.name} may not retry`, remark: `its budget ${of.budget.name ?? ''} is used up`, to: href('functions', of.name) });
    }
  }
  if (hasTasks && overview.oldest_due_ms > LATE_AFTER_MS) {
    found.push({ key: 'tasks', text: overview.tasks_due > 0 ? `${plural(overview.tasks_due, 'task')} due` : 'tasks are held back by a budget', remark: `the oldest for ${duration(overview.oldest_due_ms)}`, to: href('tasks') });
  }
  return found;
}

function Problems({ all }) {
  if (all.length === 0) return html`<p class="well"><span aria-hidden="true">✓ </span>Every breaker is closed, every process answers, and there are no findings.</p>`;
  return html`
    <ul class="problems">
      ${all.slice(0, PROBLEMS_SHOWN).map(({ key, text, remark, to }) => html`
        <li key=${key}><span class="mark" aria-hidden="true">!</span><div><a href=${to}>${text}</a>${remark && html`<span class="remark">${remark}</span>`}</div></li>`)}
      ${all.length > PROBLEMS_SHOWN && html`<li class="more">and ${number(all.length - PROBLEMS_SHOWN)} more</li>`}
    </ul>`;
}

function News({ all }) {
  const [isWhole, setWhole] = useState(false);
  const entries = isWhole ? all : all.filter((entry) => !isOfOneCall(entry));
  return html`
    <section aria-labelledby="news-title">
      <div class="heading">
        <h2 id="news-title">News</h2>
        <label class="check muted"><input type="checkbox" checked=${isWhole} onChange=${(event) => setWhole(event.target.checked)} />with single calls</label>
      </div>
      ${entries.length === 0 && html`<${Empty}>${all.length === 0 ? 'Nothing has happened yet.' : 'Nothing but single calls.'}<//>`}
      <ol class="news">
        ${entries.slice(-NEWS_SHOWN).reverse().map((entry, at) => html`
          <li key=${entries.length - at}>
            <time>${clock(entry.at, now())}</time>
            <div>${!entry.text?.includes(entry.name) && html`<b>${entry.name}</b> `}<span>${entry.text}</span> <span class="muted">${words(entry.event?.replaceAll('.', ' '))}${state.processes.size > 1 ? `, ${entry.instance}` : ''}</span></div>
          </li>`)}
      </ol>
    </section>`;
}
