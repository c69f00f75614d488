// The workers of a process, with what they run, and the orders to pause and to go on.

import { order, path } from './api.js';
import { html, useState } from './html.js';
import { clock, duration, instant, number, plural, share } from './format.js';
import { mayOperate, now } from './console.js';
import { notify } from './notices.js';
import { Badge, Confirm, Empty, Failure, Meter } from './parts.js';
import { ProcessSelect, at, processOf } from './process.js';
import { href } from './router.js';
import { Table } from './table.js';
import { usePolled, useTick } from './use.js';

const EVERY_MS = 2_000;
const FUNCTIONS_SHOWN = 6;

export function Workers({ query }) {
  useTick(1_000);
  const process = processOf(query);
  const { data, error, reload } = usePolled('workers', { process }, EVERY_MS);
  const workers = data?.workers ?? [];
  const running = [...workers.flatMap((worker) => worker.running), ...(data?.elsewhere ?? [])];
  return html`
    <div class="heading"><h1>Workers</h1><${ProcessSelect} screen="workers" query=${query} /></div>
    ${error && html`<${Failure} error=${error} onAgain=${reload} />`}
    ${!data && !error && html`<${Empty}>Loading …<//>`}
    ${data && html`
      <${Table} label="Workers" columns=${columnsOf(process, reload)} rows=${workers} isWhole=${true} keyOf=${(of) => of.number}
        empty="This process has no worker: it only submits tasks, or its workers have ended." />
      <h2 class="next">Running now</h2>
      <p class="note">${runningText(workers, data)}</p>
      <${Table} label="Running tasks" columns=${RUNNING} rows=${running} isWhole=${true} keyOf=${(task) => task.id} empty="No task runs." />`}`;
}

function runningText(workers, { elsewhere, is_cut: isCut }) {
  const here = workers.reduce((sum, { running }) => sum + running.length, 0);
  const parts = [`${plural(here, 'attempt')} in this process`];
  if (elsewhere.length > 0) parts.push(`${number(elsewhere.length)} in other processes that share the store`);
  return `${parts.join(', ')}${isCut ? '; more run than are shown' : ''}.`;
}

function columnsOf(process, reload) {
  const columns = [
    { id: 'name', title: 'Worker', isFull: true, width: '24%', cell: (of) => html`<b>${of.name}</b>` },
    { id: 'state', title: 'State', width: '8rem', cell: (of) => html`<${Badge} tone=${of.paused ? 'warn' : 'good'} text=${of.paused ? 'paused' : 'serves'} />` },
    { id: 'slots', title: 'Slots in use', kind: 'num', width: '8rem', cell: (of) => `${number(of.running.length)} of ${number(of.slots)}` },
    { id: 'use', title: '', kind: 'wide', width: '9rem', cell: (of) => html`<${Meter} value=${share(of.running.length, of.slots) ?? 0} label="slots in use" />` },
    { id: 'functions', title: 'Functions', isFull: true, cell: (of) => html`<span title=${of.functions.join('\n')}>${of.functions.slice(0, FUNCTIONS_SHOWN).join(', ')}${of.functions.length > FUNCTIONS_SHOWN ? ` and ${number(of.functions.length - FUNCTIONS_SHOWN)} more` : ''}</span>` },
  ];
  if (mayOperate()) columns.push({ id: 'orders', title: html`<span class="hidden">Orders</span>`, isFull: true, kind: 'act', width: '8rem', cell: (of) => html`<${Orders} of=${of} process=${process} onOrder=${reload} />` });
  return columns;
}

const RUNNING = [
  { id: 'id', title: 'Task', width: '8rem', cell: (task) => html`<a class="name mono" href=${href('tasks', task.id)} title=${task.id}>…${task.id.slice(-8)}</a>` },
  { id: 'name', title: 'Function', isFull: true, width: '24%', cell: (task) => task.name },
  { id: 'attempt', title: 'Attempt', kind: 'num', width: '6rem', cell: (task) => number(task.retry_count + 1) },
  { id: 'since', title: 'Started', kind: 'num', width: '8rem', help: 'Time since the first attempt of the task', cell: (task) => (task.started_at === undefined ? '–' : html`<span title=${clock(instant(task.started_at), now())}>${duration(Math.floor(Math.max(0, now() - instant(task.started_at)) / 1_000) * 1_000)}</span>`) },
  { id: 'progress', title: 'Progress', width: '9rem', cell: (task) => (typeof task.progress?.fraction === 'number' ? html`<${Meter} value=${task.progress.fraction} label="progress" />` : '–') },
  { id: 'worker', title: 'Worker', isFull: true, cell: (task) => task.worker ?? '–' },
];

function Orders({ of, process, onOrder }) {
  const [isAsked, ask] = useState(false);
  const give = async (word) => {
    try {
      await order(at(path('workers', of.number, word), process));
      notify(`${of.name} ${word === 'pause' ? 'is paused' : 'goes on'}`, 'good');
    } catch (error) {
      notify(error.message, 'bad');
    }
    onOrder();
  };
  return html`
    <span class="orders">
      ${of.paused
        ? html`<button onClick=${() => give('resume')} aria-label="Resume ${of.name}">Resume</button>`
        : html`<button onClick=${() => ask(true)} aria-label="Pause ${of.name}">Pause …</button>`}
    </span>
    ${isAsked && html`
      <${Confirm} title="Pause ${of.name}" action="Pause" onClose=${() => ask(false)} onConfirm=${() => give('pause')}>
        <p>The worker claims no more tasks until somebody lets it go on. The ${plural(of.running.length, 'attempt')} that it runs may end.</p>
        <p class="muted">Other workers go on. A restart of the program ends the pause.</p>
      <//>`}`;
}
