// A table that draws only the rows in view, so that thousands stay fluid.

import { html, useLayoutEffect, useMemo, useRef, useState } from './html.js';

const OVERSCAN = 8;
const CARD_LINE = 27;
const CARD_EDGE = 19;

/** The rows to draw: from `first` up to `last`, which is not included. */
export function windowOf(top, height, rowHeight, count, overscan = OVERSCAN) {
  const first = Math.min(Math.max(0, Math.floor(top / rowHeight) - overscan), count);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + overscan);
  return [first, Math.max(first, last)];
}

/** The rows in the order of a column; `sort` is its name, with `-` before it for the largest first. */
export function sorted(rows, columns, sort) {
  const isReverse = sort?.startsWith('-');
  const column = columns.find(({ id }) => id === sort?.replace('-', ''));
  if (!column?.value) return rows;
  const keyed = rows.map((row) => ({ row, key: column.value(row) }));
  const sign = isReverse ? -1 : 1;
  const order = ({ key: a }, { key: b }) => {
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return typeof a === 'number' ? sign * (a - b) : sign * (a < b ? -1 : Number(a > b));
  };
  return keyed.sort(order).map(({ row }) => row);
}

/** The height of a card: a line for each column that `isFull`, and one for each two neighbours that are not. */
export function cardHeight(columns) {
  let lines = 0;
  let hasRoom = false;
  for (const { isFull } of columns) {
    if (isFull || !hasRoom) lines += 1;
    hasRoom = !isFull && !hasRoom;
  }
  return lines * CARD_LINE + CARD_EDGE;
}

/**
 * Columns are `{ id, title, cell(row), value?(row), width?, kind?, first?, isFull? }`: one with `value` can be sorted,
 * `kind` is a class of its cells (`num`, `wide` for those that narrow screens leave out), `first: 'down'` begins with
 * the largest. Narrow screens show a card per row, in which a column that `isFull` has a line of its own.
 * A table that `isWhole` is as high as its rows; the others scroll.
 */
export function Table({ label, columns: all, rows, keyOf, sort, onSort, rowClass = () => '', rowHeight: high = 40, isWhole = false, empty = 'Nothing to show.' }) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const isNarrow = useNarrow();
  const columns = isNarrow ? all.filter(({ kind = '' }) => !kind.includes('wide')) : all;
  const rowHeight = isNarrow ? cardHeight(columns) : high;
  useLayoutEffect(() => {
    const element = box.current;
    const measure = () => setView((former) => {
      const next = { top: element.scrollTop, height: element.clientHeight };
      return former.top === next.top && former.height === next.height ? former : next;
    });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  const [first, last] = isWhole ? [0, rows.length] : windowOf(view.top, view.height, rowHeight, rows.length);
  const gap = (height, key) => height > 0 && html`<tr key=${key} class="gap" aria-hidden="true"><td colspan=${columns.length} style=${{ height: `${height}px` }}></td></tr>`;
  return html`
    ${isNarrow && onSort && html`<${SortSelect} columns=${all} sort=${sort} onSort=${onSort} />`}
    <div class="table-box ${isWhole ? 'whole' : ''} ${isNarrow ? 'cards' : ''}" ref=${box} tabindex="0" role="region" aria-label=${label}>
      <table role="table" aria-label=${label} aria-rowcount=${rows.length + 1}>
        <colgroup>${columns.map(({ id, kind, width }) => html`<col key=${id} class=${kind} style=${{ width }} />`)}</colgroup>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex="1">${columns.map((column) => html`<${Head} key=${column.id} column=${column} sort=${sort} onSort=${isNarrow ? undefined : onSort} />`)}</tr>
        </thead>
        <tbody role="rowgroup">
          ${gap(first * rowHeight, 'before')}
          ${rows.slice(first, last).map((row, at) => html`
            <${Row} key=${keyOf(row)} row=${row} columns=${columns} index=${first + at + 2} height=${rowHeight} name=${rowClass(row)} />`)}
          ${gap((rows.length - last) * rowHeight, 'after')}
        </tbody>
      </table>
      ${rows.length === 0 && html`<p class="empty">${empty}</p>`}
    </div>`;
}

const NARROW = globalThis.matchMedia?.('(max-width: 700px)');

function useNarrow() {
  const [isNarrow, set] = useState(NARROW.matches);
  useLayoutEffect(() => {
    const follow = () => set(NARROW.matches);
    NARROW.addEventListener('change', follow);
    return () => NARROW.removeEventListener('change', follow);
  }, []);
  return isNarrow;
}

// Cards have no heads to click.
function SortSelect({ columns, sort, onSort }) {
  const options = columns.filter(({ value }) => value).flatMap(({ id, title }) => [[id, `${title}, upwards`], [`-${id}`, `${title}, downwards`]]);
  return html`
    <label class="sort-select">Sort by <select value=${sort} onChange=${(event) => onSort(event.target.value)}>
      ${options.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}
    </select></label>`;
}

function Head({ column, sort, onSort }) {
  const { id, title, kind, value, first, help } = column;
  if (!value || !onSort) return html`<th role="columnheader" scope="col" class=${kind} title=${help}>${title}</th>`;
  const isSorted = sort === id || sort === `-${id}`;
  const isDown = sort === `-${id}`;
  const next = isSorted ? (isDown ? id : `-${id}`) : first === 'down' ? `-${id}` : id;
  const order = isSorted ? (isDown ? 'descending' : 'ascending') : 'none';
  return html`
    <th role="columnheader" scope="col" class=${kind} aria-sort=${order} title=${help}>
      <button class="sort" onClick=${() => onSort(next)}>${title}<span aria-hidden="true" class="arrow">${isSorted ? (isDown ? '▾' : '▴') : ''}</span></button>
    </th>`;
}

function Row({ row, columns, index, height, name }) {
  return html`
    <tr role="row" aria-rowindex=${index} class=${name} style=${{ height: `${height}px` }}>
      ${columns.map(({ id, title, kind, cell, isFull }) => html`
        <td key=${id} role="cell" class="${kind ?? ''} ${isFull ? 'full' : ''}" data-label=${typeof title === 'string' ? title : undefined}>${cell(row)}</td>`)}
    </tr>`;
}

/**
 * Keeps the order of rows while somebody points at them, so that no row moves under the pointer: rows that went away
 * stay with `isGone`, new ones come last. Returns the rows and the handlers of the element that holds the table.
 */
export function useHeldOrder(rows, keyOf) {
  const [isHeld, hold] = useState(false);
  const held = useRef([]);
  const shown = useMemo(() => {
    if (!isHeld) return rows;
    const now = new Map(rows.map((row) => [keyOf(row), row]));
    const kept = held.current.map((row) => now.get(keyOf(row)) ?? (row.isGone ? row : { ...row, isGone: true }));
    const known = new Set(kept.map(keyOf));
    return [...kept, ...rows.filter((row) => !known.has(keyOf(row)))];
  }, [rows, isHeld]);
  held.current = shown;
  const handlers = {
    onPointerEnter: (event) => event.pointerType === 'mouse' && hold(true),
    onPointerLeave: () => hold(false),
    onFocusCapture: (event) => event.target.matches('button') && hold(true),
    onBlurCapture: () => hold(false),
  };
  return { rows: shown, isHeld, handlers };
}
