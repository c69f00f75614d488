// The processes whose numbers are on the page, and whether each answers.

import { html } from './html.js';
import { clock, duration } from './format.js';
import { now, state } from './console.js';
import { Badge } from './parts.js';
import { Table } from './table.js';
import { useTick } from './use.js';

const NOTEWORTHY_MS = 1_000;

const COLUMNS = [
  { id: 'name', title: 'Program', isFull: true, width: '14%', cell: (of) => of.name || '–' },
  { id: 'state', title: 'State', width: '9rem', cell: (of) => html`<${Badge} tone=${of.stale ? 'bad' : 'good'} text=${of.stale ? 'stale' : of.peer ? 'answers' : 'this one'} />` },
  { id: 'instance', title: 'Instance', width: '7rem', cell: (of) => html`<code>${of.instance === of.peer ? '–' : of.instance}</code>` },
  { id: 'host', title: 'Host', width: '12%', cell: (of) => of.host || '–' },
  { id: 'pid', title: 'Process', kind: 'num', width: '5.5rem', cell: (of) => of.pid || '–' },
  { id: 'version', title: 'Version', width: '6rem', cell: (of) => of.version || '–' },
  { id: 'uptime', title: 'Running for', kind: 'num', width: '8rem', cell: (of) => (!of.started_at ? '–' : html`<span title="since ${clock(of.started_at, now())}">${duration(now() - of.started_at)}</span>`) },
  { id: 'peer', title: 'Address', isFull: true, cell: (of) => html`${of.peer ?? '–'}${of.error && html` <span class="has-failed">${of.error}</span>`}` },
];

export function Processes() {
  useTick(1_000);
  const all = [...state.processes.values()];
  const wrong = all.map((process) => [process, process.stale ? 0 : process.clock_ahead_ms ?? 0]).filter(([, error]) => Math.abs(error) > NOTEWORTHY_MS);
  return html`
    <div class="heading"><h1>Processes</h1></div>
    <p class="note">The numbers of all pages are the sum over the processes that answer. A process that has not answered for 5 s is stale, and its numbers are left out.</p>
    ${wrong.map(([{ peer, instance }, error]) => html`
      <p class="finding" key=${peer}><span aria-hidden="true">! </span>The clock of ${instance ?? peer} is ${duration(Math.abs(error))} ${error > 0 ? 'ahead of' : 'behind'} the clock of ${all[0].instance}; its times are shown by the latter, countdowns included.</p>`)}
    <${Table} label="Processes" columns=${COLUMNS} rows=${all} isWhole=${true} keyOf=${(of) => of.peer ?? of.instance} rowClass=${(of) => (of.stale ? 'gone' : '')} />`;
}
