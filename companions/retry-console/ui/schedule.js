// The tasks whose time is still to come, those that are due first at the top.

import { html } from './html.js';
import { clock, countdown, instant, number } from './format.js';
import { now } from './console.js';
import { Empty, Failure, KindBadge } from './parts.js';
import { ProcessSelect, processOf } from './process.js';
import { href } from './router.js';
import { Table } from './table.js';
import { TaskState } from './tasks.js';
import { usePolled, useTick } from './use.js';

const EVERY_MS = 3_000;
const SHOWN = 200;

const columnsOf = (query) => [
  { id: 'due', title: 'Next attempt', kind: 'num', width: '8rem', cell: (task) => countdown(instant(task.due_at), now()) },
  { id: 'at', title: 'At', width: '10rem', kind: 'wide', cell: (task) => html`<span class="num">${clock(instant(task.due_at), now())}</span>` },
  { id: 'id', title: 'Task', width: '8rem', cell: (task) => html`<a class="name mono" href=${href('tasks', task.id, { process: query.process })} title=${task.id}>…${task.id.slice(-8)}</a>` },
  { id: 'name', title: 'Function', isFull: true, width: '24%', cell: (task) => task.name },
  { id: 'state', title: 'State', width: '9rem', cell: (task) => html`<${TaskState} task=${task} />` },
  { id: 'retries', title: 'Retries', kind: 'num', width: '6rem', cell: (task) => number(task.retry_count) },
  { id: 'error', title: 'Last failure', isFull: true, cell: (task) => task.last_error && html`<${KindBadge} kind=${task.last_kind} /> <span class="message" title=${task.last_error}>${task.last_error}</span>` },
];

export function Schedule({ query }) {
  useTick(500);
  const { data, error, reload } = usePolled('schedule', { limit: SHOWN, process: processOf(query) }, EVERY_MS);
  return html`
    <div class="heading"><h1>Schedule</h1><${ProcessSelect} screen="schedule" query=${query} /></div>
    ${error && html`<${Failure} error=${error} onAgain=${reload} />`}
    ${!data && !error && html`<${Empty}>Loading …<//>`}
    ${data && html`
      <p class="note"><span data-figure="scheduled">${number(data.scheduled)}</span> open ${data.scheduled === 1 ? 'task is' : 'tasks are'} not due yet${data.tasks.length < data.scheduled ? `; the next ${number(data.tasks.length)} are shown` : ''}. Delayed tasks and pauses before retries are here. There are no periodic tasks: a task that is to come again submits its successor.</p>
      <${Table} label="Schedule" columns=${columnsOf(query)} rows=${data.tasks} isWhole=${true} keyOf=${(task) => task.id} empty="No task is to come later." />`}`;
}
