// A past call, or a task, as a waterfall of attempts and the pauses between them.

import { html } from './html.js';
import { ago, clock, duration, instant, length, plural, words } from './format.js';
import { now, state } from './console.js';
import { Badge, KindBadge } from './parts.js';

const NARROWEST = 0.004;

/**
 * Places attempts and pauses on a scale from 0 to 1. Attempts are `{ startedMs, durationMs, isFailed }`; a pause lasts
 * from the end of an attempt to the start of the next one; with `hasLead`, also from 0 to the first attempt.
 */
export function segments(attempts, totalMs, hasLead = false) {
  const total = Math.max(totalMs, ...attempts.map(({ startedMs, durationMs }) => startedMs + durationMs), 1e-6);
  const parts = [];
  // The attempts before the first recorded one, or the wait before it.
  if (hasLead && attempts[0]?.startedMs > 0) parts.push({ kind: 'pause', at: 0, wide: attempts[0].startedMs / total });
  attempts.forEach((attempt, at) => {
    const end = attempt.startedMs + attempt.durationMs;
    const wide = Math.max(attempt.durationMs / total, NARROWEST);
    parts.push({ kind: attempt.isFailed ? 'failed' : attempt.isRunning ? 'running' : 'ok', at: Math.min(attempt.startedMs / total, 1 - wide), wide });
    const next = attempts[at + 1]?.startedMs;
    if (next > end) parts.push({ kind: 'pause', at: end / total, wide: (next - end) / total });
  });
  return parts;
}

/** The parts as one bar. */
function Bar({ parts, label }) {
  return html`
    <span class="waterfall" role="img" aria-label=${label}>
      ${parts.map(({ kind, at, wide }, index) => html`<span key=${index} class=${kind} style=${{ left: `${at * 100}%`, width: `${wide * 100}%` }}></span>`)}
    </span>`;
}

const REASON_TONES = { success: 'good', cancelled: 'plain', aborted: 'plain' };

/** A recorded call, with its attempts behind a click. */
export function CallWaterfall({ call }) {
  const attempts = call.attempts.map((attempt) => ({
    ...attempt, startedMs: attempt.started_ms, durationMs: attempt.duration_ms, isFailed: attempt.error !== undefined,
    delayMs: attempt.delay_ms,
  }));
  const isSaved = call.reason === 'success';
  const label = `${plural(attempts.length + (call.omitted ?? 0), 'attempt')} in ${duration(call.total_ms)}`;
  return html`
    <details class="call">
      <summary>
        <${Badge} tone=${REASON_TONES[call.reason] ?? 'bad'} text=${isSaved ? 'saved' : words(call.reason)} />
        <${Bar} parts=${segments(attempts, call.total_ms, true)} label=${label} />
        <span class="num">${duration(call.total_ms)}</span>
        <span class="muted when">${ago(call.ended_at, now())}</span>
      </summary>
      <${Attempts} attempts=${attempts} totalMs=${call.total_ms} omitted=${call.omitted} />
      ${state.processes.size > 1 && html`<p class="muted">in process ${call.instance}</p>`}
    </details>`;
}

/** The attempts of a task, from its `history`. */
export function TaskWaterfall({ history }) {
  const begin = instant(history[0].started);
  const attempts = history.map((entry, at) => {
    const started = instant(entry.started);
    const isRunning = entry.outcome === 'running';
    const ended = instant(entry.ended) ?? (isRunning ? now() : instant(history[at + 1]?.started) ?? started);
    return {
      number: entry.attempt, startedMs: started - begin, durationMs: Math.max(0, ended - started), isRunning, startedAt: started,
      isFailed: !isRunning && entry.outcome !== 'succeeded', outcome: entry.outcome, error: entry.error ?? undefined, kind: entry.kind,
      delayMs: length(entry.delay), delay_source: entry.delay_source, worker: entry.worker,
    };
  });
  const last = attempts.at(-1);
  return html`<${Attempts} attempts=${attempts} totalMs=${last.startedMs + last.durationMs} omitted=${0} />`;
}

function Attempts({ attempts, totalMs, omitted }) {
  const parts = attempts.map((attempt) => segments([attempt], totalMs));
  const gap = omitted > 0 ? attempts.findIndex(({ number }, at) => at > 0 && number !== attempts[at - 1].number + 1) : -1;
  return html`
    <ol class="attempts">
      ${attempts.map((attempt, at) => html`
        <li key=${at}>
          ${at === gap && html`<p class="muted">${plural(omitted, 'attempt')} in between ${omitted === 1 ? 'was' : 'were'} not recorded</p>`}
          <div class="line"><span class="num">${attempt.number}</span><${Bar} parts=${parts[at]} label="attempt ${attempt.number}" /><span class="num">${duration(attempt.durationMs)}</span></div>
          <div class="said">${outcomeOf(attempt)}${attempt.worker && html` <span class="muted">${clock(attempt.startedAt, now())}, worker ${attempt.worker}</span>`}</div>
          ${attempt.delayMs !== undefined && attempt.isFailed && html`<div class="said muted">pause of ${duration(attempt.delayMs)}${SOURCES[attempt.delay_source] ?? ''}</div>`}
        </li>`)}
    </ol>`;
}

const SOURCES = { backoff: ' (backoff)', hint: ', as the server asked', budget: ', until the budget had a token' };

function outcomeOf({ isFailed, isRunning, error, kind, outcome }) {
  if (isRunning) return html`<${Badge} tone="busy" text="running" />`;
  if (!isFailed) return html`<${Badge} tone="good" text="succeeded" />`;
  return html`<${Badge} tone="bad" text=${words(outcome ?? 'failed')} /> <${KindBadge} kind=${kind} /> <span class="message">${error ?? ''}</span>`;
}
