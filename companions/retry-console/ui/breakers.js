// Every breaker of every process, and for each name how many of them are not closed.

import { html, useMemo } from './html.js';
import { ago, countdown, matches, number, percent, plural } from './format.js';
import { BreakerPanel } from './breaker.js';
import { now, state } from './console.js';
import { Badge, ModeBadge, Search, Window, isNotClosed } from './parts.js';
import { go, href } from './router.js';
import { Table, sorted } from './table.js';
import { useTick } from './use.js';

const CELLS_IN_A_ROW = 24;
const GROUPS_SHOWN = 12;
const URGENCY = { open: 0, forced_open: 0, half_open: 1, disabled: 2, shadow: 3, closed: 4 };

/** The breakers by name, those with the most that are not closed first. */
export function groups(breakers) {
  const found = new Map();
  for (const { name, mode } of breakers) {
    const group = found.get(name) ?? { name, all: 0, open: 0, halfOpen: 0 };
    group.all += 1;
    if (mode === 'half_open') group.halfOpen += 1;
    else if (isNotClosed(mode)) group.open += 1;
    found.set(name, group);
  }
  return [...found.values()].sort((a, b) => b.open + b.halfOpen - a.open - a.halfOpen || a.name.localeCompare(b.name));
}

/** `2 of 5 open`, `1 of 5 open, 1 half-open`, `none of 5 open`. */
export function groupText({ all, open, halfOpen }) {
  if (all === 1) return open > 0 ? 'open' : halfOpen > 0 ? 'half-open' : 'closed';
  if (open + halfOpen === 0) return `none of ${number(all)} open`;
  const half = halfOpen > 0 && `${number(halfOpen)} half-open`;
  if (open === 0) return `${half}, of ${number(all)}`;
  return [`${number(open)} of ${number(all)} open`, half].filter(Boolean).join(', ');
}

function columnsOf(query, isSeveral) {
  const columns = [
    { id: 'name', title: 'Breaker', isFull: true, width: '17%', value: (of) => of.name, cell: (of) => html`<a class="name" href=${href('breakers', of.id, query)}>${of.name}</a>` },
    { id: 'key', title: 'Key', width: '9%', value: (of) => of.key, cell: (of) => of.key ?? html`<span class="muted">–</span>` },
    { id: 'mode', title: 'State', width: '8.5rem', value: (of) => URGENCY[of.mode] ?? 9, cell: (of) => html`<${ModeBadge} mode=${of.mode} />` },
    { id: 'window', title: 'Last calls', width: '15rem', isFull: true, cell: (of) => html`<${Window} cells=${of.window} most=${CELLS_IN_A_ROW} />` },
    { id: 'rate', title: 'Failure rate', kind: 'num', width: '6.5rem', value: (of) => of.failure_rate, first: 'down', cell: (of) => html`<span title="${number(of.failures)} of ${number(of.calls)} calls">${percent(of.failure_rate)}</span>` },
    { id: 'rejected', title: 'Refused', kind: 'num', width: '5.5rem', value: (of) => of.rejected, first: 'down', help: 'Calls that the breaker refused', cell: (of) => number(of.rejected) },
    { id: 'next', title: 'Next probe', kind: 'num wide', width: '6rem', value: (of) => of.next_admission_at, help: 'Time until the breaker lets a call pass', cell: (of) => (isNotClosed(of.mode) && of.next_admission_at > now() ? countdown(of.next_admission_at, now()) : '–') },
    { id: 'since', title: 'Last change', kind: 'wide', width: '8rem', value: (of) => of.transitions?.at(-1)?.at, first: 'down', cell: (of) => html`<span class="muted">${ago(of.transitions?.at(-1)?.at, now())}</span>` },
  ];
  if (isSeveral) columns.splice(2, 0, { id: 'instance', title: 'Process', width: '6rem', value: (of) => of.instance, cell: (of) => of.instance });
  return columns;
}

export function Breakers({ name: id, query }) {
  useTick(500);
  const columns = columnsOf(query, state.processes.size > 1);
  const sort = query.sort ?? 'mode';
  const change = (changes) => go(href('breakers', id, { ...query, ...changes }), { replace: true });
  const all = useMemo(() => [...state.breakers.values()], [state.versions.breakers]);
  const byName = useMemo(() => groups(all), [all]);
  const rows = useMemo(
    () => sorted(all.filter((of) => matches(`${of.name} ${of.key ?? ''} ${of.instance} ${of.mode}`, query.filter)), columns, sort),
    [all, query.filter, sort],
  );
  return html`
    <div class="heading">
      <h1>Breakers</h1>
      <${Search} label="Filter by name, key, process or state" value=${query.filter ?? ''} onInput=${(filter) => change({ filter })} count=${rows.length} total=${all.length} />
    </div>
    <ul class="chips" aria-label="Breakers by name">
      ${byName.slice(0, GROUPS_SHOWN).map((group) => html`
        <li key=${group.name}>
          <button class="chip" aria-pressed=${query.filter === group.name ? 'true' : 'false'} onClick=${() => change({ filter: query.filter === group.name ? '' : group.name })}>
            ${group.name} <${Badge} tone=${group.open > 0 ? 'bad' : group.halfOpen > 0 ? 'warn' : 'good'} text=${groupText(group)} />
          </button>
        </li>`)}
      ${byName.length > GROUPS_SHOWN && html`<li class="muted">and ${plural(byName.length - GROUPS_SHOWN, 'more name')}</li>`}
    </ul>
    <${Table} label="Breakers" columns=${columns} rows=${rows} keyOf=${(of) => of.id} sort=${sort} onSort=${(next) => change({ sort: next })}
      rowClass=${(of) => (of.id === id ? 'chosen' : '')} empty=${all.length === 0 ? 'No function has a breaker that was used.' : 'No breaker matches the filter.'} />
    ${id !== undefined && html`<${BreakerPanel} key=${id} id=${id} close=${href('breakers', undefined, query)} />`}`;
}
