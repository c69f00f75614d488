// Calls that wait for their next attempt, with countdowns by the server's clock and the two orders.

import { order, path } from './api.js';
import { html, useMemo } from './html.js';
import { clock, countdown, duration, matches, number, plural } from './format.js';
import { changed, mayOperate, now, state } from './console.js';
import { notify } from './notices.js';
import { Badge, KindBadge, Search } from './parts.js';
import { go, href } from './router.js';
import { expect, giveUp, stateOf } from './store.js';
import { Table, sorted, useHeldOrder } from './table.js';
import { useTick } from './use.js';

const TICK_MS = 200;
const STATES = { waiting: ['plain', 'waiting'], running: ['busy', 'running'], cancelling: ['warn', 'cancelling …'], starting: ['busy', 'starting …'] };
const REFUSALS = { too_late: 'the order came too late: the call has ended', not_waiting: 'the call is not waiting: an attempt is running' };

const give = async (call, word) => {
  expect(state, call.id, word);
  changed();
  try {
    const { answer } = await order(path('live', call.id, word));
    if (answer === 'done') return;
    if (answer === 'after_attempt') {
      notify(`${call.name} ends when its next attempt fails: the function's error type cannot say that a pause was cut short`);
      return;
    }
    giveUp(state, call.id);
    notify(`${call.name}: ${REFUSALS[answer] ?? answer}`, 'bad');
  } catch (error) {
    giveUp(state, call.id);
    notify(`${call.name}: ${error.message}`, 'bad');
  }
  changed();
};

function Orders({ call, shown }) {
  const isBusy = call.isGone || shown === 'cancelling' || shown === 'starting';
  return html`
    <span class="orders">
      <button onClick=${() => give(call, 'retry')} disabled=${isBusy || shown !== 'waiting'} aria-label="Retry ${call.name} now">Retry now</button>
      <button onClick=${() => give(call, 'cancel')} disabled=${isBusy} aria-label="Cancel ${call.name}">Cancel</button>
    </span>`;
}

function columnsOf(mayOrder, isSeveral) {
  const shownState = (call) => (call.isGone ? 'gone' : stateOf(call, state.pending.get(call.id)));
  const columns = [
    { id: 'name', title: 'Function', isFull: true, width: '18%', value: (call) => call.name, cell: (call) => html`<a class="name" href=${href('functions', call.name)}>${call.name}</a>` },
    { id: 'state', title: 'State', width: '6.5rem', cell: (call) => {
      const [tone, text] = STATES[shownState(call)] ?? ['plain', 'ended'];
      return html`<${Badge} tone=${tone} text=${text} />`;
    } },
    { id: 'next', title: 'Next attempt', kind: 'num', width: '7.5rem', value: (call) => call.next_at, help: 'Time left, by the clock of the server', cell: (call) => (call.isGone || call.state !== 'waiting' ? '–' : countdown(call.next_at, now())) },
    { id: 'attempt', title: 'Attempt', kind: 'num', width: '5.2rem', value: (call) => call.attempt, first: 'down', cell: (call) => (call.limit ? `${call.attempt} of ${call.limit}` : number(call.attempt)) },
    { id: 'error', title: 'Last failure', isFull: true, value: (call) => call.last_error, cell: (call) => call.last_error && html`<${KindBadge} kind=${call.last_kind} /> <span class="message" title=${call.last_error}>${call.last_error}</span>` },
    { id: 'age', title: 'Retrying for', kind: 'num wide', width: '6.8rem', value: (call) => (call.since_at === undefined ? undefined : -call.since_at), first: 'down', help: 'Time since the first failure of the call', cell: (call) => (call.since_at === undefined ? '–' : duration(Math.floor(Math.max(0, now() - call.since_at) / 1_000) * 1_000)) },
    { id: 'deadline', title: 'Deadline', kind: 'num wide', width: '6.2rem', value: (call) => call.deadline_at, cell: (call) => call.deadline_at && html`<span title=${clock(call.deadline_at, now())}>${countdown(call.deadline_at, now())}</span>` },
  ];
  if (isSeveral) columns.push({ id: 'instance', title: 'Process', kind: 'wide', width: '6.6rem', value: (call) => call.instance, cell: (call) => call.instance });
  if (mayOrder) columns.push({ id: 'orders', title: html`<span class="hidden">Orders</span>`, isFull: true, kind: 'act', width: '12.2rem', cell: (call) => html`<${Orders} call=${call} shown=${shownState(call)} />` });
  return columns;
}

const keyOf = (call) => call.id;

export function Live({ query }) {
  useTick(TICK_MS);
  const columns = columnsOf(mayOperate(), state.processes.size > 1);
  const sort = query.sort ?? 'next';
  const change = (changes) => go(href('live', undefined, { ...query, ...changes }), { replace: true });
  const chosen = useMemo(() => {
    const all = [...state.live.values()];
    const kept = query.filter ? all.filter((call) => matches(`${call.name} ${call.last_error ?? ''} ${call.last_kind ?? ''} ${call.instance}`, query.filter)) : all;
    return sorted(kept, columns, sort);
  }, [state.versions.live, query.filter, sort]);
  const { rows, isHeld, handlers } = useHeldOrder(chosen, keyOf);
  const known = state.live.size;
  return html`
    <div class="heading">
      <h1>Live</h1>
      <${Search} label="Filter by function, failure or process" value=${query.filter ?? ''} onInput=${(filter) => change({ filter })} count=${chosen.length} total=${known} />
    </div>
    <p class="note">
      <span data-figure="live_total">${number(state.liveTotal)}</span> ${state.liveTotal === 1 ? 'call is' : 'calls are'} waiting for another attempt.${' '}
      ${known < state.liveTotal && `Shown are the ${plural(known, 'call')} that wait the shortest.`}${' '}
      <span class="muted">${isHeld ? 'The order is kept while you point at the table.' : ''}</span>
    </p>
    <div ...${handlers}>
      <${Table} label="Calls that wait for a retry" columns=${columns} rows=${rows} keyOf=${keyOf} sort=${sort} onSort=${(next) => change({ sort: next })}
        rowClass=${(call) => (call.isGone ? 'gone' : '')} empty=${known === 0 ? 'No call is waiting for another attempt.' : 'No call matches the filter.'} />
    </div>`;
}
