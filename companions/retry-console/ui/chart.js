// The chart of calls per second by outcome, drawn by uPlot.

import { html, useEffect, useRef } from './html.js';
import { decimal, number } from './format.js';

const SECONDS = 300;
const HEIGHT = 190;
const OUTCOMES = [
  { key: 'first_try', label: 'first try', colour: '--first' },
  { key: 'saved', label: 'saved by a retry', colour: '--saved' },
  { key: 'failed', label: 'failed', colour: '--failed' },
];

/** Times in seconds and stacked rows of numbers, the whole five minutes long: `[times, first, first + saved, all]`. */
export function stacked(rates) {
  // A program that has just started has no second yet, and tells a step of 0.
  const step = (rates?.step_ms || 1_000) / 1_000;
  const end = (rates?.at ?? 0) / 1_000;
  const count = Math.round(SECONDS / step);
  const times = Array.from({ length: count }, (_, at) => end - (count - 1 - at) * step);
  let below = new Array(count).fill(0);
  const rows = OUTCOMES.map(({ key }) => {
    const values = (rates?.[key] ?? []).slice(-count);
    const gap = count - values.length;
    below = below.map((base, at) => base + (at < gap ? 0 : values[at - gap]) / step);
    return below;
  });
  return [times, ...rows];
}

// A canvas knows no custom properties: an element resolves them.
function resolved(element, property) {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

// Areas cover each other, so their colours are opaque: a quarter of the line's colour on that of the sheet.
function faded(colour, sheet) {
  const [front, back] = [colour, sheet].map((text) => text.match(/[\d.]+/g).map(Number));
  return `rgb(${[0, 1, 2].map((at) => Math.round(back[at] + (front[at] - back[at]) / 4)).join(', ')})`;
}

const two = (value) => String(value).padStart(2, '0');
const time = (seconds) => {
  const date = new Date(seconds * 1_000);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
};

function build(element, data) {
  const ink = resolved(element, '--muted');
  const lines = resolved(element, '--line');
  const sheet = resolved(element, '--sheet');
  const axis = { stroke: ink, grid: { stroke: lines, width: 1 }, ticks: { stroke: lines, width: 1, size: 4 }, font: '11px system-ui' };
  const series = OUTCOMES.map(({ label, colour }, at) => {
    const stroke = resolved(element, colour);
    return { label, stroke, fill: faded(stroke, sheet), width: 1.5, dash: at === 2 ? [4, 2] : undefined, points: { show: false } };
  });
  // The last outcome lies on top of the others, so its area is drawn first and theirs cover it.
  const [times, ...rows] = data;
  return new globalThis.uPlot({
    width: Math.max(200, element.clientWidth), height: HEIGHT, series: [{}, ...series.reverse()],
    legend: { show: false }, cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    padding: [8, 8, 0, 0],
    scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, size: 28, incrs: [60, 120, 300], values: (_, splits) => splits.map(time), space: 60 },
      { ...axis, size: 46, values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? number(value) : decimal(value, 1))), space: 30 },
    ],
  }, [times, ...rows.reverse()], element);
}

/** The chart, its legend with the sums, and the same as a sentence. */
export function RateChart({ rates }) {
  const element = useRef(null);
  const plot = useRef(null);
  const data = stacked(rates);
  useEffect(() => {
    const rebuild = () => {
      plot.current?.destroy();
      plot.current = globalThis.uPlot && build(element.current, stacked(latest.current));
    };
    rebuild();
    const box = element.current;
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(200, box.clientWidth), height: HEIGHT }));
    observer.observe(box);
    const colours = matchMedia('(prefers-color-scheme: dark)');
    const themes = new MutationObserver(rebuild);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    colours.addEventListener('change', rebuild);
    return () => {
      observer.disconnect();
      themes.disconnect();
      colours.removeEventListener('change', rebuild);
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  const latest = useRef(rates);
  latest.current = rates;
  useEffect(() => {
    const [times, ...rows] = data;
    plot.current?.setData([times, ...rows.reverse()]);
  }, [rates]);
  const sum = (key) => (rates?.[key] ?? []).reduce((total, count) => total + count, 0);
  const text = OUTCOMES.map(({ key, label }) => `${number(sum(key))} ${label}`).join(', ');
  return html`
    <figure class="chart">
      <figcaption>
        <h2>Calls per second, last five minutes</h2>
        <ul class="legend">${OUTCOMES.map(({ key, label }) => html`
          <li key=${key} class=${key}><span class="swatch" aria-hidden="true"></span>${label} <b>${number(sum(key))}</b></li>`)}
        </ul>
      </figcaption>
      <div class="plot" ref=${element} role="img" aria-label="Calls that ended in the last five minutes: ${text}"></div>
    </figure>`;
}
