// All annotated functions in a table.

import { html, useMemo } from './html.js';
import { decimal, duration, matches, number, percent, share } from './format.js';
import { state } from './console.js';
import { FunctionPanel } from './function.js';
import { Badge, OutcomeBar, Search, isNotClosed, modeWord } from './parts.js';
import { go, href } from './router.js';
import { Table, sorted } from './table.js';

const time = (ms) => (ms === undefined ? html`<span class="muted" title="The function does not measure its attempts">–</span>` : duration(ms));
const ended = (of) => of.first_try + of.saved + of.failed;

/** The worst mode of the breakers of this name, over keys and processes. */
export function breakersOf(name, breakers) {
  const all = [...breakers.values()].filter((breaker) => breaker.name === name);
  return { all, notClosed: all.filter(({ mode }) => isNotClosed(mode)) };
}

function columnsOf(breakers, query) {
  return [
    { id: 'name', title: 'Function', isFull: true, width: '18%', value: (of) => of.name, cell: (of) => html`
      <a class="name" href=${href('functions', of.name, query)} title="${of.file}:${of.line}">${of.name}</a>
      ${of.findings?.length > 0 && html` <${Badge} tone="warn" text=${number(of.findings.length)} title=${of.findings.join('\n')} />`}` },
    { id: 'outcome', title: 'Outcomes', isFull: true, width: '11%', value: (of) => share(of.failed, ended(of)) ?? -1, first: 'down', help: 'First try, saved by a retry, failed; sorted by the failed share', cell: (of) => html`<${OutcomeBar} of=${of} />` },
    { id: 'calls', title: 'Calls', kind: 'num', value: (of) => of.calls, first: 'down', cell: (of) => number(of.calls) },
    { id: 'first_try', title: 'First try', kind: 'num wide', value: (of) => share(of.first_try, ended(of)) ?? -1, first: 'down', cell: (of) => percent(share(of.first_try, ended(of))) },
    { id: 'saved', title: 'Saved', kind: 'num', value: (of) => of.saved, first: 'down', help: 'Saved by a retry', cell: (of) => number(of.saved) },
    { id: 'failed', title: 'Failed', kind: 'num', value: (of) => of.failed, first: 'down', cell: (of) => html`<span class=${of.failed > 0 ? 'has-failed' : ''}>${number(of.failed)}</span>` },
    { id: 'amplification', title: 'Amplif.', kind: 'num wide', value: (of) => of.amplification, first: 'down', help: 'Amplification: attempts per call', cell: (of) => decimal(of.amplification) },
    { id: 'p50', title: 'p50', kind: 'num wide', value: (of) => of.p50_ms, first: 'down', help: 'Half of the attempts ended within this time; of functions that measure them', cell: (of) => time(of.p50_ms) },
    { id: 'p99', title: 'p99', kind: 'num wide', value: (of) => of.p99_ms, first: 'down', help: '99 of 100 attempts ended within this time; of functions that measure them', cell: (of) => time(of.p99_ms) },
    { id: 'waiting', title: 'Waiting', kind: 'num', value: (of) => of.waiting, first: 'down', help: 'Calls in a pause before their next attempt', cell: (of) => number(of.waiting) },
    { id: 'budget', title: 'Budget', kind: 'num wide', width: '6.6rem', value: (of) => of.budget && share(of.budget.available, of.budget.capacity), help: 'Retries that the budget still allows', cell: (of) => (of.budget ? `${decimal(of.budget.available, 1)} of ${decimal(of.budget.capacity, 1)}` : '–') },
    { id: 'breaker', title: 'Breaker', kind: 'wide', width: '13rem', value: (of) => of.breaker, cell: (of) => of.breaker && html`<${BreakerWord} name=${of.breaker} breakers=${breakers} />` },
  ];
}

function BreakerWord({ name, breakers }) {
  const { all, notClosed } = breakersOf(name, breakers);
  const text = notClosed.length === 0 ? name : all.length === 1 ? `${name}: ${modeWord(all[0].mode)}` : `${name}: ${notClosed.length} of ${all.length} open`;
  return html`<a href=${href('breakers', undefined, { filter: name })}><${Badge} tone=${notClosed.length === 0 ? 'good' : 'bad'} text=${text} /></a>`;
}

export function Functions({ name, query }) {
  const sort = query.sort ?? '-failed';
  const change = (changes) => go(href('functions', name, { ...query, ...changes }), { replace: true });
  const columns = columnsOf(state.breakers, query);
  const all = useMemo(() => [...state.functions.values()], [state.versions.functions]);
  const rows = useMemo(
    () => sorted(all.filter((of) => matches(`${of.name} ${of.file} ${of.breaker ?? ''}`, query.filter)), columns, sort),
    [all, query.filter, sort],
  );
  return html`
    <div class="heading">
      <h1>Functions</h1>
      <${Search} label="Filter by name, file or breaker" value=${query.filter ?? ''} onInput=${(filter) => change({ filter })} count=${rows.length} total=${all.length} />
    </div>
    <${Table} label="Functions" columns=${columns} rows=${rows} keyOf=${(of) => of.name} sort=${sort} onSort=${(next) => change({ sort: next })}
      rowClass=${(of) => (of.name === name ? 'chosen' : '')}
      empty=${all.length === 0 ? 'No annotated function has been called yet.' : 'No function matches the filter.'} />
    ${name !== undefined && html`<${FunctionPanel} key=${name} name=${name} close=${href('functions', undefined, query)} />`}`;
}
