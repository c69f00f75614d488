// The panel of one task: its attempts, arguments, progress and result, and the orders.

import { order, path } from './api.js';
import { html, useState } from './html.js';
import { ago, clock, countdown, instant, number, words } from './format.js';
import { mayOperate, now } from './console.js';
import { notify } from './notices.js';
import { Confirm, Empty, Facts, Failure, KindBadge, Meter, Panel } from './parts.js';
import { at } from './process.js';
import { href } from './router.js';
import { TaskState } from './tasks.js';
import { usePolled } from './use.js';
import { TaskWaterfall } from './waterfall.js';

const EVERY_MS = 1_000;
const ENDED = ['complete', 'failed', 'cancelled'];

export function TaskPanel({ id, process, close, onChange }) {
  const { data: task, error, reload } = usePolled(path('tasks', id), { process }, EVERY_MS);
  return html`
    <${Panel} title=${task ? task.name : 'Task'} note=${html`<code>${id}</code>`} close=${close}>
      ${error && html`<${Failure} error=${error} onAgain=${reload} />`}
      ${!task && !error && html`<${Empty}>Loading …<//>`}
      ${task && html`<${Details} task=${task} process=${process} onOrder=${() => { reload(); onChange(); }} onDelete=${() => { location.hash = close; onChange(); }} />`}
    <//>`;
}

function Details({ task, process, onOrder, onDelete }) {
  const due = instant(task.due_at ?? task.next_attempt_at);
  const when = (time) => time !== undefined && time !== null && html`${clock(instant(time), now())} <span class="muted">${ago(instant(time), now())}</span>`;
  return html`
    <p class="state"><${TaskState} task=${task} />${due !== undefined && html` <span>next attempt ${due <= now() ? html`<b>is due</b>` : html`in <b class="num">${countdown(due, now())}</b>`}</span>`}</p>
    ${mayOperate() && html`<${Orders} task=${task} process=${process} onOrder=${onOrder} onDelete=${onDelete} />`}
    <${Progress} task=${task} />
    ${task.last_error && html`<p class="last-failure"><${KindBadge} kind=${task.last_kind} /> <span class="message">${task.last_error}</span></p>`}
    <h3>Attempts</h3>
    ${task.history?.length > 0 ? html`<${TaskWaterfall} history=${task.history} />` : html`<${Empty}>No attempt has started yet.<//>`}
    <h3>Facts</h3>
    <${Facts} of=${[
      ['function', html`<a href=${href('functions', task.name)}>${task.name}</a>`],
      ['retries', task.max_retries === undefined || task.max_retries === null ? number(task.retry_count) : `${number(task.retry_count)} of ${number(task.max_retries)}`],
      ['submitted', when(task.created_at)], ['first attempt', when(task.started_at)], ['ended', when(task.ended_at)],
      ['deadline', when(task.deadline)], ['worker', task.worker],
    ]} />
    <h3>Arguments</h3>
    <${Json} value=${task.arguments} empty="The task has no arguments." />
    ${task.result !== undefined && html`<h3>Result</h3><${Json} value=${task.result} />`}`;
}

function Progress({ task: { progress, eta } }) {
  if (!progress) return null;
  const { fraction, message } = progress;
  return html`
    <div class="progress">
      ${typeof fraction === 'number' && html`<${Meter} value=${fraction} label="progress" tone="first" /> <b class="num">${Math.round(fraction * 100)} %</b>`}
      ${message && html`<span class="message">${message}</span>`}
      ${eta !== undefined && html`<span class="muted">${countdown(instant(eta), now())} left</span>`}
    </div>`;
}

const Json = ({ value, empty }) => (value === undefined ? html`<${Empty}>${empty}<//>` : html`<pre tabindex="0">${JSON.stringify(value, null, 2)}</pre>`);

const ORDERS = {
  retry: { label: 'Retry', effect: 'The task becomes pending again, and the next free worker starts an attempt.', isAllowed: (task) => task.can_retry },
  cancel: { label: 'Cancel', danger: true, effect: 'The task makes no other attempt. An attempt that is running is aborted.', isAllowed: (task) => !ENDED.includes(task.state) },
  delete: { label: 'Delete', danger: true, effect: 'The task, its result and its attempts are removed for good.', isAllowed: (task) => ENDED.includes(task.state) },
};

function Orders({ task, process, onOrder, onDelete }) {
  const [asked, ask] = useState(null);
  const give = async (word) => {
    try {
      const { answer } = await order(at(path('tasks', task.id, word), process));
      const isDone = answer === 'done';
      notify(isDone ? `${ORDERS[word].label}: done` : `${ORDERS[word].label}: ${words(answer)}`, isDone ? 'good' : 'bad');
      if (isDone && word === 'delete') return onDelete();
    } catch (error) {
      notify(error.message, 'bad');
    }
    onOrder();
  };
  return html`
    <div class="button-row" role="group" aria-label="Orders">
      ${Object.entries(ORDERS).map(([word, { label, isAllowed }]) => html`<button key=${word} disabled=${!isAllowed(task)} onClick=${() => ask(word)}>${label}</button>`)}
    </div>
    ${asked && html`
      <${Confirm} title="${ORDERS[asked].label} this task" action=${ORDERS[asked].label} danger=${ORDERS[asked].danger} onClose=${() => ask(null)} onConfirm=${() => give(asked)}>
        <p>${ORDERS[asked].effect}</p><p class="muted">It is ${words(task.state)} now.</p>
      <//>`}`;
}
