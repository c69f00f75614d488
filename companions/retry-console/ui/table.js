// A table that draws only the rows in view, so that thousands stay fluid.

import { html, useLayoutEffect, useMemo, useRef, useState } from './html.js';

const OVERSCAN = 8;

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
  const keyed = rows.map((row) => [column.value(row), row]);
  const order = ([a], [b]) => {
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    const ascending = typeof a === 'string' ? a.localeCompare(b) : a - b;
    return isReverse ? -ascending : ascending;
  };
  return keyed.sort(order).map(([, row]) => row);
}

/**
 * Columns are `{ id, title, cell(row), value?(row), width?, kind?, first? }`: one with `value` can be sorted, `kind` is
 * a class of its cells (`num`, `wide` for those that narrow screens leave out), `first: 'down'` begins with the largest.
 * A table that `isWhole` is as high as its rows; the others scroll.
 */
export function Table({ label, columns, rows, keyOf, sort, onSort, rowClass = () => '', rowHeight = 40, isWhole = false, empty = 'Nothing to show.' }) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 800 });
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
  const [first, last] = windowOf(view.top, view.height, rowHeight, rows.length);
  const gap = (height, key) => height > 0 && html`<tr key=${key} class="gap" aria-hidden="true"><td colspan=${columns.length} style=${{ height: `${height}px` }}></td></tr>`;
  return html`
    <div class="table-box ${isWhole ? 'whole' : ''}" ref=${box} tabindex="0" role="region" aria-label=${label}>
      <table aria-label=${label} aria-rowcount=${rows.length + 1}>
        <colgroup>${columns.map(({ id, kind, width }) => html`<col key=${id} class=${kind} style=${{ width }} />`)}</colgroup>
        <thead>
          <tr aria-rowindex="1">${columns.map((column) => html`<${Head} key=${column.id} column=${column} sort=${sort} onSort=${onSort} />`)}</tr>
        </thead>
        <tbody>
          ${gap(first * rowHeight, 'before')}
          ${rows.slice(first, last).map((row, at) => html`
            <${Row} key=${keyOf(row)} row=${row} columns=${columns} index=${first + at + 2} height=${rowHeight} name=${rowClass(row)} />`)}
          ${gap((rows.length - last) * rowHeight, 'after')}
        </tbody>
      </table>
      ${rows.length === 0 && html`<p class="empty">${empty}</p>`}
    </div>`;
}

function Head({ column, sort, onSort }) {
  const { id, title, kind, value, first, help } = column;
  if (!value || !onSort) return html`<th scope="col" class=${kind} title=${help}>${title}</th>`;
  const isSorted = sort === id || sort === `-${id}`;
  const isDown = sort === `-${id}`;
  const next = isSorted ? (isDown ? id : `-${id}`) : first === 'down' ? `-${id}` : id;
  const order = isSorted ? (isDown ? 'descending' : 'ascending') : 'none';
  return html`
    <th scope="col" class=${kind} aria-sort=${order} title=${help}>
      <button class="sort" onClick=${() => onSort(next)}>${title}<span aria-hidden="true" class="arrow">${isSorted ? (isDown ? '▾' : '▴') : ''}</span></button>
    </th>`;
}

function Row({ row, columns, index, height, name }) {
  return html`
    <tr aria-rowindex=${index} class=${name} style=${{ height: `${height}px` }}>
      ${columns.map(({ id, kind, cell }) => html`<td key=${id} class=${kind}>${cell(row)}</td>`)}
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
