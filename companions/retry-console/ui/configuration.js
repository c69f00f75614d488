// The settings in force of each function, with the file that they come from and its last changes.

import { html, useEffect, useMemo } from './html.js';
import { ago, clock, matches, number, plural } from './format.js';
import { now, state } from './console.js';
import { Badge, Empty, Failure, Search } from './parts.js';
import { go, href } from './router.js';
import { SettingsTable, isDefault } from './settings.js';
import { usePolled } from './use.js';

const EVERY_MS = 30_000;
const SHOWN = 60;

const own = (settings) => settings.filter((entry) => !isDefault(entry));

export function Configuration({ query }) {
  const { data, error, reload } = usePolled('configuration', undefined, EVERY_MS);
  // A change of the configuration is news, so the page need not ask often.
  const last = state.news.filter(({ event }) => event?.startsWith('config')).at(-1)?.at;
  useEffect(() => {
    if (last !== undefined) reload();
  }, [last]);
  const operations = data?.operations ?? [];
  const chosen = useMemo(
    () => operations.filter(({ name, settings }) => matches(`${name} ${settings.map(({ setting, value, origin }) => `${setting} ${value} ${origin}`).join(' ')}`, query.filter)),
    [data, query.filter],
  );
  return html`
    <div class="heading">
      <h1>Configuration</h1>
      <${Search} label="Filter by function, setting, value or origin" value=${query.filter ?? ''} onInput=${(filter) => go(href('configuration', undefined, { filter }), { replace: true })} count=${chosen.length} total=${operations.length} />
    </div>
    ${error && html`<${Failure} error=${error} onAgain=${reload} />`}
    ${data && html`
      <p class="note">${data.file ? html`The file <code>${data.file}</code>` : 'No file: the attributes of the code are in force'}${data.applied_at !== undefined && html`, applied at ${clock(data.applied_at, now())}, ${ago(data.applied_at, now())}`}.</p>
      <div class="columns uneven">
        <section aria-labelledby="operations-title">
          <h2 id="operations-title">In force</h2>
          ${chosen.length === 0 && html`<${Empty}>${operations.length === 0 ? 'No function is known.' : 'Nothing matches the filter.'}<//>`}
          ${chosen.slice(0, SHOWN).map(({ name, settings }) => html`
            <details class="operation" key=${name}>
              <summary><span class="name">${name}</span> ${own(settings).length > 0 ? html`<${Badge} text=${plural(own(settings).length, 'setting')} />` : html`<span class="muted">built-in</span>`}</summary>
              <${SettingsTable} settings=${settings} />
              <p><a href=${href('functions', name)}>Figures of this function</a></p>
            </details>`)}
          ${chosen.length > SHOWN && html`<p class="muted">and ${number(chosen.length - SHOWN)} more; the filter narrows the list</p>`}
        </section>
        <section aria-labelledby="changes-title">
          <h2 id="changes-title">Changes</h2>
          <${Changes} entries=${data.changes ?? []} />
        </section>
      </div>`}
    ${!data && !error && html`<${Empty}>Loading …<//>`}`;
}

function Changes({ entries }) {
  if (entries.length === 0) return html`<${Empty}>No configuration was changed since the start.<//>`;
  return html`${changesOf(entries).map(({ at, lines }, index) => html`
    <details class="change" key=${at} open=${index === 0}>
      <summary><time>${clock(at, now())}</time> ${index === 0 ? html`<b>last change</b>, ` : ''}<span class="muted">${plural(lines.length, 'setting')}</span></summary>
      <${Diff} lines=${lines} />
    </details>`)}`;
}

/** The changed settings by the time of the change, the last one first. */
export function changesOf(entries) {
  const changes = new Map();
  for (const entry of entries) changes.set(entry.at, [...(changes.get(entry.at) ?? []), entry]);
  return [...changes].sort(([a], [b]) => b - a).map(([at, lines]) => ({ at, lines: lines.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))) }));
}

// As `diff` writes it: the line that went, and the line that came.
function Diff({ lines }) {
  return html`
    <div class="diff">${lines.map(({ name, setting, before, after }, index) => html`
      <div key=${index}>
        ${name !== lines[index - 1]?.name && html`<div class="of"><a href=${href('functions', name)}>${name}</a></div>`}
        ${before !== undefined && html`<del><span aria-hidden="true">− </span><span class="hidden">before: </span>${setting} = ${before}</del>`}
        ${after !== undefined && html`<ins><span aria-hidden="true">+ </span><span class="hidden">after: </span>${setting} = ${after}</ins>`}
      </div>`)}
    </div>`;
}
