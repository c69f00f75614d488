// An outage that the server simulates: a form, the results of each policy as a table, and a picture.

import { html, useEffect, useRef, useState } from './html.js';
import { decimal, number } from './format.js';
import { state } from './console.js';
import { Empty, Failure } from './parts.js';
import { go, href } from './router.js';
import { usePolled } from './use.js';

const FIELDS = [
  { id: 'policy', label: 'Policy', hint: "max = 3, base = '200ms'", isLong: true },
  { id: 'budget', label: 'Budget', hint: 'default, none, grpc, capacity = 20' },
  { id: 'breaker', label: 'Breaker', hint: 'none, default, consecutive = 5' },
  { id: 'clients', label: 'Clients', hint: '700' },
  { id: 'rate', label: 'Calls/s of each', hint: '1' },
  { id: 'capacity', label: 'Server, requests/s', hint: '1000' },
  { id: 'stall', label: 'Stall', hint: '5s' },
  { id: 'timeout', label: 'Abandoned after', hint: '1s' },
  { id: 'watch', label: 'Watched for', hint: '60s' },
  { id: 'seed', label: 'Seed', hint: '1' },
];
const OF_POLICY = ['policy', 'budget', 'breaker'];

// Another reader's simulation, or an earlier one of this page, ends within this time.
const AGAIN_MS = 800;

export function Simulate({ query }) {
  const isAsked = Object.keys(query).length > 0;
  return html`
    <div class="heading"><h1>Simulate an outage</h1></div>
    <p class="muted">Clients call a server that stalls. Policies, budgets and breakers are those of the library, in virtual time; no call of this program is touched.</p>
    <${Form} query=${query} />
    ${isAsked ? html`<${Result} key=${JSON.stringify(query)} query=${query} />` : html`<${Empty}>Press Simulate to compare a policy with the default, the AWS SDKs and no retries.<//>`}`;
}

function Form({ query }) {
  const [values, set] = useState(query);
  useEffect(() => set(query), [JSON.stringify(query)]);
  const change = (id) => (event) => set({ ...values, [id]: event.target.value });
  const submit = (event) => {
    event.preventDefault();
    // An address with no part would show the empty page.
    const kept = Object.fromEntries(Object.entries({ seed: '1', ...values }).filter(([id, value]) => value && !(values.function && OF_POLICY.includes(id))));
    go(href('simulate', undefined, { ...kept, seed: kept.seed ?? '1' }));
  };
  const names = [...state.functions.values()].map(({ name }) => name).sort();
  return html`
    <form class="filter simulate" onSubmit=${submit}>
      <label>Function
        <select value=${values.function ?? ''} onChange=${change('function')}>
          <option value="">a policy of my own</option>
          ${names.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
        </select>
      </label>
      ${FIELDS.map(({ id, label, hint, isLong }) => html`
        <label key=${id} class=${isLong ? 'long' : ''}>${label}
          <input name=${id} value=${values[id] ?? ''} placeholder=${hint} onInput=${change(id)} disabled=${Boolean(values.function) && OF_POLICY.includes(id)}
            spellcheck=${false} autocomplete="off" />
        </label>`)}
      <button class="primary" type="submit">Simulate</button>
    </form>`;
}

function Result({ query }) {
  const { data, error, isLoading, reload } = usePolled('simulate', query);
  const isBusy = error?.status === 429;
  useEffect(() => {
    if (!isBusy) return undefined;
    const timer = setTimeout(reload, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [error]);
  if (isLoading || isBusy) return html`<p class="empty" role="status">Simulating …</p>`;
  if (error) return html`<${Failure} error=${error} onAgain=${error.status === 400 ? undefined : reload} />`;
  return html`
    <p class="hidden" role="status">The simulation is ready.</p>
    <${Rows} rows=${data.rows} watch=${data.outage.watch_ms} />
    ${data.rows.filter(({ note }) => note).map(({ name, note }) => html`<p class="finding" key=${name}>${name}: ${note}</p>`)}
    <${Picture} svg=${data.svg} />`;
}

const recovered = ({ recovered_s: seconds }, watch) => {
  if (seconds === undefined || seconds === null) return `not in ${decimal(watch / 1_000, 0)} s`;
  return seconds === 0 ? 'at once' : `after ${number(seconds)} s`;
};

const COLUMNS = [
  ['Recovered', recovered], ['Calls', (row) => number(row.calls)], ['Failed', (row) => number(row.failed)], ['Saved', (row) => number(row.saved)],
  ['Attempts per call', (row) => decimal(row.amplification)], ['Peak load', (row) => `${number(row.peak)}/s`],
  ['No budget', (row) => number(row.refused_by_budget)], ['Breaker open', (row) => number(row.refused_by_breaker)],
];

function Rows({ rows, watch }) {
  return html`
    <div class="table-box whole simulated" tabindex="0" role="region" aria-label="Results">
      <table>
        <thead><tr><th scope="col">Policy</th>${COLUMNS.map(([title]) => html`<th key=${title} scope="col" class="num">${title}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => html`
          <tr key=${row.name}><th scope="row">${row.name}</th>${COLUMNS.map(([title, text]) => html`<td key=${title} class="num">${text(row, watch)}</td>`)}</tr>`)}
        </tbody>
      </table>
    </div>`;
}

/** The server's picture. It is read as XML and becomes elements: a script in it would not run, by the page's rules. */
function Picture({ svg }) {
  const place = useRef(null);
  useEffect(() => {
    const picture = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
    if (picture.localName === 'svg') place.current.replaceChildren(document.importNode(picture, true));
  }, [svg]);
  return html`<figure class="storm" ref=${place}></figure>`;
}
