// The panel of one breaker: its window, the changes of its state, and the orders.

import { order, path } from './api.js';
import { html, useState } from './html.js';
import { ago, clock, countdown, number, percent, plural, words } from './format.js';
import { mayOperate, now, state } from './console.js';
import { notify } from './notices.js';
import { Confirm, Empty, Facts, ModeBadge, Panel, Window, isNotClosed, modeWord } from './parts.js';
import { href } from './router.js';

/** The orders: what the button says, and what will happen. `useful` tells in which modes the order changes anything. */
const ORDERS = [
  { id: 'force_open', label: 'Force open', danger: true, useful: (mode) => mode !== 'forced_open',
    effect: 'The breaker refuses every call, with no limit of time, until another order. Refused calls fail without an attempt.' },
  { id: 'force_close', label: 'Force close', useful: (mode) => mode !== 'closed',
    effect: 'The breaker closes with an empty window and lets every call pass. It may open again when calls fail.' },
  { id: 'probe', label: 'Probe now', useful: (mode) => mode !== 'closed',
    effect: 'The breaker becomes half-open before its time: the next calls are probes, and their results close or open it.' },
  { id: 'shadow', label: 'Shadow', danger: true, useful: (mode) => mode !== 'shadow',
    effect: 'The breaker lets every call pass and only counts, to show what its settings would do, until another order.' },
  { id: 'disable', label: 'Disable', danger: true, useful: (mode) => mode !== 'disabled',
    effect: 'The breaker lets every call pass and counts nothing, until another order. A broken dependency gets every call.' },
  { id: 'reset', label: 'Reset', useful: () => true,
    effect: 'The breaker goes back to the state of a new one: closed, with nothing counted and no order in force.' },
];

const nameOf = (of) => (of.key === undefined ? of.name : `${of.name} [${of.key}]`);

export function BreakerPanel({ id, close }) {
  const of = state.breakers.get(id);
  if (!of) return html`<${Panel} title="Breaker ${id}" close=${close}><${Empty}>This breaker is gone: its process ended or does not answer.<//><//>`;
  const users = [...state.functions.values()].filter(({ breaker }) => breaker === of.name);
  return html`
    <${Panel} title=${nameOf(of)} note="in process ${of.instance}" close=${close}>
      <p class="state"><${ModeBadge} mode=${of.mode} />${isNotClosed(of.mode) && of.next_admission_at > now() && html` <span>lets a call pass in <b class="num">${countdown(of.next_admission_at, now())}</b></span>`}</p>
      ${mayOperate() && html`<${Orders} of=${of} />`}
      <h3>Window</h3>
      ${of.window === undefined ? html`<p class="muted">There are no single calls to show: the breaker counts none in this state, or its window is a length of time.</p>` : html`
        <div class="whole-window"><${Window} cells=${of.window} /></div><${Key} />`}
      <${Facts} of=${[
        ['calls in the window', number(of.calls)], ['failures', of.failure_rate === undefined ? number(of.failures) : `${number(of.failures)} (${percent(of.failure_rate)})`], ['slow', number(of.slow)],
        ['refused', number(of.rejected)], ['in flight', number(of.in_flight)], ['settings', of.settings && html`<code>${of.settings}</code>`],
        ['used by', users.length > 0 && users.map(({ name }) => html`<a key=${name} class="inline" href=${href('functions', name)}>${name}</a> `)],
      ]} />
      <h3>Changes of state</h3>
      <${Transitions} entries=${of.transitions ?? []} />
    <//>`;
}

const Key = () => html`
  <p class="key muted" aria-hidden="true"><span class="cells"><span class="ok"></span></span> success
    <span class="cells"><span class="bad"></span></span> failure <span class="cells"><span class="slow"></span></span> slow success
    <span class="cells"><span class="bad slow"></span></span> slow failure</p>`;

function Transitions({ entries }) {
  if (entries.length === 0) return html`<${Empty}>The state has not changed yet.<//>`;
  return html`
    <ol class="news">${[...entries].reverse().map(({ at, from, to, text }, index) => html`
      <li key=${entries.length - index}><time title=${ago(at, now())}>${clock(at, now())}</time>
        <div>${modeWord(from)} <span aria-hidden="true">→</span><span class="hidden"> to </span> <b>${modeWord(to)}</b> <span class="muted">${text}</span></div></li>`)}
    </ol>`;
}

/** The same breaker, by name and key, in other processes. */
const siblings = (of) => [...state.breakers.values()].filter(({ id, name, key }) => id !== of.id && name === of.name && key === of.key);

async function give({ id: word, label }, targets) {
  const results = await Promise.allSettled(targets.map(({ id }) => order(path('breakers', id, word))));
  const failed = results.filter(({ status }) => status === 'rejected');
  const refused = results.filter(({ status, value }) => status === 'fulfilled' && value.answer !== 'done');
  for (const { reason } of failed) notify(`${label}: ${reason.message}`, 'bad');
  for (const { value } of refused) notify(`${label}: ${words(value.answer)}`, 'bad');
  const done = results.length - failed.length - refused.length;
  if (done > 0) notify(`${label}: done for ${nameOf(targets[0])}${targets.length > 1 ? ` in ${plural(done, 'process', 'processes')}` : ''}`, 'good');
}

function Orders({ of }) {
  const [asked, ask] = useState(null);
  const [isForAll, setForAll] = useState(false);
  const others = siblings(of);
  const targets = isForAll ? [of, ...others] : [of];
  return html`
    <div class="button-row" role="group" aria-label="Orders">
      ${ORDERS.map((entry) => html`<button key=${entry.id} disabled=${!entry.useful(of.mode)} onClick=${() => { setForAll(false); ask(entry); }}>${entry.label}</button>`)}
    </div>
    ${asked && html`
      <${Confirm} title="${asked.label}: ${nameOf(of)}" action=${asked.label} danger=${asked.danger} onClose=${() => ask(null)} onConfirm=${() => give(asked, targets)}>
        <p>${asked.effect}</p>
        <p>The breaker is <${ModeBadge} mode=${of.mode} /> now.</p>
        ${others.length === 0 ? html`<p class="muted">Only the process ${of.instance} is affected.</p>` : html`
          <label class="check"><input type="checkbox" checked=${isForAll} onChange=${(event) => setForAll(event.target.checked)} />
            also in the ${plural(others.length, 'other process', 'other processes')} with this breaker</label>`}
      <//>`}`;
}
