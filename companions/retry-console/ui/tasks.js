// Tasks: counts by phase, a filter, groups by error, pages, and orders over all tasks of the filter.

import { html, useState } from './html.js';
import { ago, clock, countdown, duration, instant, number, plural, words } from './format.js';
import { mayOperate, now } from './console.js';
import { ORDERS, PHASES, inWords, phasesFor, phasesOf, toParameters, togglePhase } from './filter.js';
import { JobBar, startJob } from './jobs.js';
import { Badge, Confirm, Failure, KindBadge, Meter } from './parts.js';
import { ProcessSelect, processOf } from './process.js';
import { go, href } from './router.js';
import { Table } from './table.js';
import { TaskPanel } from './task.js';
import { usePolled, useTick } from './use.js';

const EVERY_MS = 3_000;
const PAGE = 50;
const GROUPS_SHOWN = 8;
const KINDS = ['transient', 'throttled', 'ambiguous', 'overloaded', 'permanent'];
const AGES = [['', 'at any time'], [3_600_000, 'in the last hour'], [86_400_000, 'in the last day'], [604_800_000, 'in the last week']];
const TONES = { failed: 'bad', complete: 'good', running: 'busy', held_back: 'warn' };

/** The state of a task; one that failed says why. */
export function TaskState({ task }) {
  const why = task.state === 'failed' && task.reason ? `failed: ${words(task.reason)}` : words(task.state);
  return html`<${Badge} tone=${TONES[task.state] ?? 'plain'} text=${why} />`;
}

const COLUMNS = [
  { id: 'name', title: 'Function', isFull: true, width: '20%', cell: (task) => html`<span title=${task.name}>${task.name}</span>` },
  { id: 'state', title: 'State', width: '11rem', cell: (task) => html`<${TaskState} task=${task} />` },
  { id: 'due', title: 'Next attempt', kind: 'num', width: '7.5rem', cell: (task) => whenDue(task) },
  { id: 'attempts', title: 'Retries', kind: 'num', width: '5.5rem', cell: (task) => (task.max_retries === undefined || task.max_retries === null ? number(task.retry_count) : `${number(task.retry_count)} of ${number(task.max_retries)}`) },
  { id: 'error', title: 'Last failure', isFull: true, cell: (task) => task.last_error && html`<${KindBadge} kind=${task.last_kind} /> <span class="message" title=${task.last_error}>${task.last_error}</span>` },
  { id: 'progress', title: 'Progress', kind: 'wide', width: '8rem', cell: (task) => typeof task.progress?.fraction === 'number' && html`<${Meter} value=${task.progress.fraction} label="progress" />` },
  { id: 'age', title: 'Submitted', kind: 'wide', width: '8.5rem', cell: (task) => html`<span class="muted" title=${clock(instant(task.created_at), now())}>${ago(instant(task.created_at), now())}</span>` },
];

function whenDue(task) {
  const due = instant(task.due_at ?? task.next_attempt_at);
  if (due === undefined) return '–';
  return due <= now() ? html`<span class="late" title="due for ${duration(now() - due)}">due</span>` : countdown(due, now());
}

export function Tasks({ name: id, query }) {
  useTick(1_000);
  const { after, ...filter } = query;
  const parameters = toParameters(filter, now());
  const process = processOf(query);
  const { data, error, isLoading, reload } = usePolled('tasks', { ...parameters, after, limit: PAGE, process }, EVERY_MS);
  const change = (changes) => go(href('tasks', id, { ...filter, ...changes }), { replace: true });
  const tasks = data?.tasks ?? [];
  const columns = [{ id: 'id', title: 'Task', width: '8rem', cell: (task) => html`<a class="name mono" href=${href('tasks', task.id, query)} title=${task.id}>…${task.id.slice(-8)}</a>` }, ...COLUMNS];
  return html`
    <div class="heading"><h1>Tasks</h1><${ProcessSelect} screen="tasks" query=${filter} /><${BulkOrders} filter=${filter} parameters=${parameters} counts=${data?.counts} process=${process} /></div>
    <${JobBar} onEnd=${reload} />
    ${error && html`<${Failure} error=${error} onAgain=${reload} />`}
    ${data?.counts && html`<${Phases} counts=${data.counts} filter=${filter} change=${change} />`}
    <${Filter} filter=${filter} change=${change} functions=${data?.functions ?? []} />
    <${Groups} groups=${data?.groups ?? []} filter=${filter} change=${change} />
    <${Table} label="Tasks" columns=${columns} rows=${tasks} keyOf=${(task) => task.id} isWhole=${true} rowClass=${(task) => (task.id === id ? 'chosen' : '')}
      empty=${isLoading && !data ? 'Loading …' : 'No task matches the filter.'} />
    <nav class="pages" aria-label="Pages of tasks">
      ${after !== undefined && html`<a class="button" href=${href('tasks', id, filter)}>Newest</a>`}
      <span class="muted">${plural(tasks.length, 'task')} on this page, the newest first</span>
      ${data?.next && html`<a class="button" href=${href('tasks', id, { ...filter, after: data.next })}>Older</a>`}
    </nav>
    ${id !== undefined && html`<${TaskPanel} key=${id} id=${id} process=${process} close=${href('tasks', undefined, query)} onChange=${reload} />`}`;
}

function Phases({ counts, filter, change }) {
  const chosen = phasesOf(filter);
  const oldest = instant(counts.oldest_due);
  return html`
    <ul class="chips" aria-label="States">
      ${PHASES.map((phase) => html`
        <li key=${phase}><button class="chip" aria-pressed=${chosen.includes(phase) ? 'true' : 'false'} onClick=${() => change({ phase: togglePhase(filter, phase) })}>
          ${phase} <b class="num" data-figure=${phase}>${number(counts[phase])}</b></button></li>`)}
    </ul>
    <p class="note"><span data-figure="due">${number(counts.due)}</span> due${oldest !== undefined && counts.due > 0 ? `, the oldest for ${duration(now() - oldest)}` : ''}${counts.held_back > 0 ? `, ${number(counts.held_back)} held back by a budget` : ''}</p>`;
}

function Filter({ filter, change, functions }) {
  const field = (key) => ({ value: filter[key] ?? '', onChange: (event) => change({ [key]: event.target.value.trim() }) });
  const isSet = Object.entries(filter).some(([key, value]) => key !== 'process' && value);
  return html`
    <form class="filter" onSubmit=${(event) => event.preventDefault()} aria-label="Filter">
      <label>Function <input list="functions" placeholder="mail::*" spellcheck="false" autocomplete="off" ...${field('name')} /></label>
      <datalist id="functions">${functions.map(({ name }) => html`<option key=${name} value=${name} />`)}</datalist>
      <label>Kind <select ...${field('kind')}><option value="">any</option>${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${kind}</option>`)}</select></label>
      <label>Failure contains <input spellcheck="false" autocomplete="off" ...${field('error')} /></label>
      <label>Attempts, at least <input type="number" min="1" max="999" ...${field('attempts')} /></label>
      <label>Submitted <select ...${field('within')}>${AGES.map(([ms, text]) => html`<option key=${ms} value=${ms}>${text}</option>`)}</select></label>
      ${isSet && html`<a class="button" href=${href('tasks', undefined, { process: filter.process })}>Clear</a>`}
    </form>`;
}

function Groups({ groups, filter, change }) {
  if (groups.length === 0) return null;
  return html`
    <details class="groups" open>
      <summary>Failures by message, of the newest tasks that match</summary>
      <ul>${groups.slice(0, GROUPS_SHOWN).map(({ error, count }) => html`
        <li key=${error}><button class="group" aria-pressed=${filter.group ? 'true' : 'false'} onClick=${() => change({ group: filter.group ? '' : error })}>
          <b class="num">${number(count)} ×</b> <span class="message">${error}</span></button></li>`)}
      </ul>
    </details>`;
}

const WORDS = {
  retry: { button: 'Retry all', title: 'Retry all of these tasks', effect: 'Each of them becomes pending again, and the next free worker starts it. Tasks whose attempts have an outside effect will have it again.' },
  cancel: { button: 'Cancel all', title: 'Cancel all of these tasks', effect: 'None of them makes another attempt. An attempt that is running is aborted.' },
  delete: { button: 'Delete all', title: 'Delete all of these tasks', effect: 'Their arguments, results and attempts are removed for good. Unique keys that they answered for are free again.', isDangerous: true },
};

function BulkOrders({ filter, parameters, counts, process }) {
  const [asked, ask] = useState(null);
  if (!mayOperate()) return null;
  const phases = asked ? phasesFor(asked, filter) : [];
  // The counts are those of all tasks, so they are the number of the filter only when the filter is a phase.
  const isPhaseAlone = Object.keys(parameters).every((key) => key === 'phase');
  const total = isPhaseAlone && counts ? phases.reduce((sum, phase) => sum + counts[phase], 0) : undefined;
  return html`
    <div class="button-row" role="group" aria-label="Orders over the filter">
      ${Object.keys(ORDERS).map((word) => html`<button key=${word} disabled=${phasesFor(word, filter).length === 0} onClick=${() => ask(word)}>${WORDS[word].button} …</button>`)}
    </div>
    ${asked && html`
      <${Confirm} title=${WORDS[asked].title} action=${WORDS[asked].button} danger=${asked === 'cancel' || WORDS[asked].isDangerous} onClose=${() => ask(null)}
        onConfirm=${() => startJob(asked, { ...parameters, phase: phases.join(',') }, process)}>
        <p><b>${inWords(phases, filter)}</b>${total === undefined ? '' : `: ${plural(total, 'task')} now`}</p>
        <p>${WORDS[asked].effect}</p>
        <p class="muted">The server does the work, in parts. You can stop it; tasks that are done by then stay done.</p>
      <//>`}`;
}
