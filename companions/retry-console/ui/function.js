// The panel of one function: its settings and where they come from, how its calls ended, and the last ones that failed.

import { html } from './html.js';
import { ago, decimal, duration, number, percent, plural, share, words } from './format.js';
import { path } from './api.js';
import { now, state } from './console.js';
import { Badge, Empty, Facts, Failure, KindBadge, Meter, ModeBadge, OutcomeBar, Panel } from './parts.js';
import { href } from './router.js';
import { SettingsTable } from './settings.js';
import { usePolled } from './use.js';
import { CallWaterfall } from './waterfall.js';

const EVERY_MS = 2_000;
const BREAKERS_SHOWN = 5;

export function FunctionPanel({ name, close }) {
  const { data, error, reload } = usePolled(path('functions', name), undefined, EVERY_MS);
  const of = state.functions.get(name) ?? data?.function;
  return html`
    <${Panel} title=${name} note=${of && `${of.file}:${of.line}`} close=${close}>
      ${of && html`<${Summary} of=${of} />`}
      ${error && html`<${Failure} error=${error} onAgain=${reload} />`}
      ${data && html`<${Details} data=${data} />`}
      ${!data && !error && html`<${Empty}>Loading …<//>`}
    <//>`;
}

function Summary({ of }) {
  const ended = of.first_try + of.saved + of.failed;
  return html`
    ${(of.findings ?? []).map((finding) => html`<p class="finding" key=${finding}><span aria-hidden="true">! </span>${finding}</p>`)}
    <${OutcomeBar} of=${of} />
    <${Facts} of=${[
      ['calls', number(of.calls)],
      ['first try', `${number(of.first_try)} (${percent(share(of.first_try, ended))})`],
      ['saved by a retry', `${number(of.saved)} (${percent(share(of.saved, ended))})`],
      ['failed', `${number(of.failed)} (${percent(share(of.failed, ended))})`],
      ['cancelled', of.cancelled > 0 && number(of.cancelled)],
      ['without an attempt', of.unattempted > 0 && number(of.unattempted)],
      ['attempts', number(of.attempts)],
      ['amplification', `${decimal(of.amplification)} attempts per call`],
      ['an attempt takes', of.p50_ms === undefined ? html`<span class="muted">not measured: add <code>measure</code></span>` : `${duration(of.p50_ms)} (median), ${duration(of.p99_ms)} (99 of 100)`],
      ['waiting', html`<a href=${href('live', undefined, { filter: of.name })}>${number(of.waiting)}</a>`],
      ['part of', of.part_of && html`<a href=${href('functions', of.part_of)}>${of.part_of}</a>`],
      ['kind', of.is_async ? 'async' : 'blocking'],
      ['processes', of.instances > 1 && number(of.instances)],
    ]} />
    <${Protection} of=${of} />
    <${ByAttempt} counts=${of.success_by_attempt ?? []} />
    <div class="columns">
      <${CountList} title="Why calls stopped" counts=${of.reasons} />
      <${CountList} title="Failed attempts by kind" counts=${of.failures} />
    </div>`;
}

function Protection({ of: { budget, breaker } }) {
  const known = [...state.breakers.values()].filter(({ name }) => name === breaker);
  if (!budget && !breaker) return null;
  return html`
    <h3>Protection</h3>
    <${Facts} isSingle=${true} of=${[
      [budget?.name ? `budget ${budget.name}` : 'budget', budget && html`
        <${Meter} value=${share(budget.available, budget.capacity) ?? 0} label="budget left" tone=${budget.available < 1 ? 'bad' : ''} />
        ${decimal(budget.available, 1)} of ${decimal(budget.capacity, 1)} retries left${budget.owed > 0 ? `, ${decimal(budget.owed, 1)} owed` : ''}`],
      [`breaker ${breaker}`, breaker && html`
        ${known.slice(0, BREAKERS_SHOWN).map(({ id, key, instance, mode }) => html`
          <a key=${id} class="inline" href=${href('breakers', id)}>${key ?? instance} <${ModeBadge} mode=${mode} /></a> `)}
        ${known.length > BREAKERS_SHOWN && html`<a href=${href('breakers', undefined, { filter: breaker })}>all ${number(known.length)}</a>`}
        ${known.length === 0 && 'not used yet'}`],
    ].filter(([, value]) => value)} />`;
}

/** How many calls succeeded on which attempt, as bars of a common scale. */
function ByAttempt({ counts }) {
  if (counts.every((count) => count === 0)) return null;
  const all = counts.reduce((sum, count) => sum + count, 0);
  return html`
    <h3>Success by attempt</h3>
    <table class="bars">
      <tbody>
        ${counts.map((count, at) => html`
          <tr key=${at}><th scope="row">attempt ${at + 1}</th>
            <td><${Meter} value=${share(count, all)} label="attempt ${at + 1}" tone=${at === 0 ? 'first' : 'saved'} /></td>
            <td class="num">${number(count)}</td><td class="num muted">${percent(share(count, all))}</td></tr>`)}
      </tbody>
    </table>`;
}

function CountList({ title, counts = {} }) {
  const entries = Object.entries(counts).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  if (entries.length === 0) return null;
  return html`
    <section>
      <h3>${title}</h3>
      <table class="counts"><tbody>${entries.map(([name, count]) => html`
        <tr key=${name}><th scope="row">${words(name)}</th><td class="num">${number(count)}</td></tr>`)}</tbody></table>
    </section>`;
}

function Details({ data: { settings = [], calls = [], errors = [] } }) {
  return html`
    <h3>Failures by message</h3>
    ${errors.length === 0 ? html`<${Empty}>No attempt of the recorded calls failed.<//>` : html`
      <ul class="errors">${errors.map(({ text, kind, count, last_at: at }) => html`
        <li key=${text}><span class="times num">${number(count)} ×</span><span class="message">${text}</span> <${KindBadge} kind=${kind} /> <span class="muted">${ago(at, now())}</span></li>`)}
      </ul>`}
    <h3>Calls that failed or were saved by a retry</h3>
    ${calls.length === 0 ? html`<${Empty}>None is recorded.<//>` : html`
      <p class="muted">${plural(calls.length, 'call')}, the newest first. A bar shows attempts and, hatched, the pauses between them.</p>
      ${calls.map((call, at) => html`<${CallWaterfall} key=${`${call.instance}-${call.ended_at}-${at}`} call=${call} />`)}`}
    <h3>Settings</h3>
    <${SettingsTable} settings=${settings} />`;
}
