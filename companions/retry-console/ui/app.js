// The frame of the page: navigation, banner, messages, and the screen that the address names.

import { Banner } from './banner.js';
import { Breakers } from './breakers.js';
import { Configuration } from './configuration.js';
import { changed, staleness, start, state, stream } from './console.js';
import { number } from './format.js';
import { Functions } from './functions.js';
import { html, render, useEffect, useState } from './html.js';
import { Live } from './live.js';
import { Notices } from './notices.js';
import { Overview } from './overview.js';
import { haveTasks } from './process.js';
import { Processes } from './processes.js';
import { href, parse } from './router.js';
import { Schedule } from './schedule.js';
import { Simulate } from './simulate.js';
import { Tasks } from './tasks.js';
import { ThemeSwitch } from './switch.js';
import { TokenPage } from './token.js';
import { useTick } from './use.js';
import { Workers } from './workers.js';

const SCREENS = [
  { id: 'overview', title: 'Overview', screen: Overview },
  { id: 'functions', title: 'Functions', screen: Functions },
  { id: 'live', title: 'Live', screen: Live, count: () => state.liveTotal, unit: 'waiting' },
  { id: 'breakers', title: 'Breakers', screen: Breakers, count: () => state.overview.not_closed, unit: 'not closed', isAlarm: true },
  { id: 'tasks', title: 'Tasks', screen: Tasks, count: () => state.overview.tasks_due, unit: 'due', ofTasks: true },
  { id: 'schedule', title: 'Schedule', screen: Schedule, ofTasks: true },
  { id: 'workers', title: 'Workers', screen: Workers, ofTasks: true },
  { id: 'configuration', title: 'Configuration', screen: Configuration },
  { id: 'simulate', title: 'Simulate', screen: Simulate },
  { id: 'processes', title: 'Processes', screen: Processes, count: () => [...state.processes.values()].filter(({ stale }) => stale).length, unit: 'stale', isAlarm: true },
];

function App() {
  const [route, setRoute] = useState(() => parse(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parse(location.hash));
    addEventListener('hashchange', follow);
    // The address may have changed since the first rendering.
    follow();
    return () => removeEventListener('hashchange', follow);
  }, []);
  const screens = SCREENS.filter(({ ofTasks }) => !ofTasks || haveTasks());
  const isMissing = SCREENS.some(({ id, ofTasks }) => ofTasks && id === route.screen);
  const current = screens.find(({ id }) => id === route.screen) ?? (isMissing ? undefined : screens[0]);
  const program = programName();
  useEffect(() => {
    document.title = `${current?.title ?? 'Tasks'} · ${program} · retry console`;
  }, [current, program]);
  useEffect(() => {
    // On a narrow screen the navigation scrolls sideways.
    document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current, screens.length]);
  if (stream.status.phase === 'token') return html`<${TokenPage} />`;
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <span class="brand"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M24 12a9 9 0 1 0 1 7" /><path d="M25 5v8h-8" /></svg>retry <span class="muted">${program}</span></span>
      <nav aria-label="Screens"><ul>${screens.map((screen) => html`<${NavEntry} key=${screen.id} of=${screen} isCurrent=${screen === current} />`)}</ul></nav>
      <${Connection} />
      <${ThemeSwitch} />
    </header>
    <${Banner} />
    <${Content} current=${current} route=${route} />
    <${Notices} />`;
}

// The name of the first program that is not only a console.
function programName() {
  const names = [...state.processes.values()].map(({ name }) => name).filter(Boolean);
  return names.find((name) => name !== 'retry console') ?? 'console';
}

function skip(event) {
  event.preventDefault();
  document.querySelector('main').focus();
}

function NavEntry({ of: { id, title, count, unit, isAlarm }, isCurrent }) {
  const some = count?.() ?? 0;
  return html`
    <li><a href=${href(id)} aria-current=${isCurrent ? 'page' : undefined}>${title}
      ${some > 0 && html` <span class="count ${isAlarm ? 'alarm' : ''}" title="${number(some)} ${unit}">${number(some)}<span class="hidden"> ${unit}</span></span>`}</a></li>`;
}

function Connection() {
  useTick(1_000);
  const silence = staleness();
  document.documentElement.classList.toggle('is-stale', state.isKnown && silence > 0);
  const text = silence === 0 ? 'live' : stream.status.phase === 'connecting' && !state.isKnown ? 'connecting' : 'stale';
  return html`<span class="connection ${text}"><span aria-hidden="true">${text === 'live' ? '●' : '○'} </span>${text}${state.role === 'view' && state.isKnown ? ', read only' : ''}</span>`;
}

function Content({ current, route }) {
  const body = !state.isKnown
    ? html`<p class="loading">Waiting for the server …</p>`
    : current === undefined
      ? html`<p class="loading">This program has no tasks.</p>`
      : html`<${current.screen} key=${current.id} name=${route.name} query=${route.query} hasTasks=${haveTasks()} />`;
  return html`<main id="main" tabindex="-1">${body}</main>`;
}

const root = document.getElementById('app');
root.textContent = '';
start(() => render(html`<${App} />`, root));
changed();
