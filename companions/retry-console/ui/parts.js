// Small pieces that the screens share.

import { html, useEffect, useRef } from './html.js';
import { number, percent, plural, share, words } from './format.js';
import { useBorrowedFocus, useKey } from './use.js';

const MARKS = { good: '✓', warn: '!', bad: '✕', busy: '›', plain: '' };

/** A word with a colour and a mark, so that colour is not the only sign. */
export function Badge({ tone = 'plain', text, title }) {
  const mark = MARKS[tone];
  return html`<span class="badge ${tone}" title=${title}>${mark && html`<span aria-hidden="true">${mark} </span>`}${text}</span>`;
}

const KIND_TONES = { permanent: 'bad', throttled: 'warn', ambiguous: 'warn', overloaded: 'warn' };

/** The kind of a failure. */
export const KindBadge = ({ kind }) => kind ? html`<${Badge} tone=${KIND_TONES[kind] ?? 'plain'} text=${words(kind)} />` : null;

const MODES = {
  closed: ['good', 'closed'], open: ['bad', 'open'], half_open: ['warn', 'half-open'], forced_open: ['bad', 'forced open'],
  disabled: ['plain', 'disabled'], shadow: ['plain', 'shadow'],
};

/** Whether a breaker refuses calls or lets only probes pass. */
export const isNotClosed = (mode) => mode === 'open' || mode === 'half_open' || mode === 'forced_open';

export const modeWord = (mode) => MODES[mode]?.[1] ?? words(mode);

/** The mode of a breaker. */
export function ModeBadge({ mode }) {
  return html`<${Badge} tone=${MODES[mode]?.[0] ?? 'plain'} text=${modeWord(mode)} />`;
}

/** The outcomes of calls as one bar: first try, saved by a retry, failed. Its numbers are its name. */
export function OutcomeBar({ of }) {
  const ended = of.first_try + of.saved + of.failed;
  const parts = [['first', of.first_try, 'on the first try'], ['saved', of.saved, 'saved by a retry'], ['failed', of.failed, 'failed']];
  const text = ended === 0
    ? 'no call has ended'
    : parts.map(([, count, label]) => `${number(count)} ${label} (${percent(share(count, ended))})`).join(', ');
  return html`
    <span class="outcome" role="img" aria-label=${text} title=${text}>
      ${parts.map(([name, count]) => count > 0 && html`<span key=${name} class=${name} style=${{ flexGrow: count }}></span>`)}
    </span>`;
}

/** A share from 0 to 1 as a bar, with text inside the page's own text rather than in the bar. */
export function Meter({ value, label, tone = '' }) {
  const width = `${Math.max(0, Math.min(1, value)) * 100}%`;
  return html`
    <span class="meter ${tone}" role="img" aria-label="${label}: ${percent(value)}"><span style=${{ width }}></span></span>`;
}

/** A figure with its name and a remark; with `to`, the whole card leads there. */
export function Figure({ name, label, value, remark, tone = '', to }) {
  return html`
    <div class="figure ${tone}">
      <dt>${to ? html`<a href=${to}>${label}</a>` : label}</dt>
      <dd><span class="value" data-figure=${name}>${value}</span>${remark && html`<span class="remark">${remark}</span>`}</dd>
    </div>`;
}

/** Names and values, in columns unless `isSingle`. Values that are false or unknown are left out. */
export function Facts({ of, isSingle }) {
  const known = of.filter(([, value]) => value !== undefined && value !== null && value !== false);
  return html`<dl class="facts ${isSingle ? 'single' : ''}">${known.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Says that there is nothing to show, and why. */
export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

/** A request that failed, in the server's words. */
export function Failure({ error, onAgain }) {
  return html`
    <div class="failure" role="alert">
      <span>${error.message}</span>
      ${onAgain && html`<button onClick=${onAgain}>Try again</button>`}
    </div>`;
}

/** A field that narrows a list while one types. */
export function Search({ label, value, onInput, count, total }) {
  return html`
    <label class="search">
      <span class="hidden">${label}</span>
      <input type="search" placeholder=${label} value=${value} onInput=${(event) => onInput(event.target.value)}
        spellcheck="false" autocomplete="off" />
      ${total !== undefined && html`<span class="count">${value ? `${number(count)} of ${number(total)}` : number(total)}</span>`}
    </label>`;
}

/** What belongs to one thing, beside the list. `Esc` closes it, and the focus goes back to the link that opened it. */
export function Panel({ title, note, close, children }) {
  const heading = useBorrowedFocus();
  useKey('Escape', () => {
    location.hash = close;
  });
  return html`
    <section class="panel" role="dialog" aria-labelledby="panel-title">
      <header>
        <div><h2 id="panel-title" tabindex="-1" ref=${heading}>${title}</h2>${note && html`<p class="note">${note}</p>`}</div>
        <a class="close" href=${close} aria-label="Close this panel" title="Close (Esc)">×</a>
      </header>
      <div class="panel-body">${children}</div>
    </section>`;
}

/** Asks before an order: says what will happen, and does nothing on `Esc`. */
export function Confirm({ title, action, danger = false, onConfirm, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const former = document.activeElement;
    dialog.current.showModal();
    return () => former?.isConnected && former.focus();
  }, []);
  const confirm = (event) => {
    event.preventDefault();
    onClose();
    onConfirm();
  };
  return html`
    <dialog class="confirm" ref=${dialog} aria-labelledby="confirm-title" onClose=${onClose}>
      <form onSubmit=${confirm}>
        <h2 id="confirm-title">${title}</h2>
        <div class="explanation">${children}</div>
        <div class="buttons">
          <button type="button" onClick=${onClose}>Do nothing</button>
          <button type="submit" class=${danger ? 'danger' : 'primary'}>${action}</button>
        </div>
      </form>
    </dialog>`;
}

const LETTERS = { '.': ['ok', 'success'], f: ['bad', 'failure'], s: ['slow', 'slow success'], x: ['bad slow', 'slow failure'] };

/** A breaker's window: a cell per call, the oldest first. Failures have a stroke and slow calls a lower edge. */
export function Window({ cells, most }) {
  if (!cells) return html`<span class="muted">–</span>`;
  const shown = most ? cells.slice(-most) : cells;
  const counts = Object.entries(LETTERS)
    .map(([letter, [, word]]) => [[...cells].filter((cell) => cell === letter).length, word])
    .filter(([count]) => count > 0);
  const text = counts.map(([count, word]) => plural(count, word, word === 'success' || word === 'slow success' ? `${word}es` : `${word}s`)).join(', ');
  return html`
    <span class="cells" role="img" aria-label="The last calls: ${text}" title=${text}>
      ${[...shown].map((letter, at) => html`<span key=${at} class=${LETTERS[letter]?.[0] ?? ''}></span>`)}
    </span>`;
}
