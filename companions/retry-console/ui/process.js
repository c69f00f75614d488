// The process whose tasks are shown, when several have some. The address names it.

import { html } from './html.js';
import { state } from './console.js';
import { go, href } from './router.js';

const withTasks = () => [...state.processes.values()].filter((process) => process.has_tasks && !process.stale);

/** Whether a process of the page has tasks. */
export const haveTasks = () => withTasks().length > 0;

/** The instance that requests name; undefined for the process that answers. */
export function processOf({ process }) {
  if (process) return process;
  const [first] = withTasks();
  return first?.peer === undefined ? undefined : first.instance;
}

/** An order's address, for a process. */
export const at = (address, process) => (process === undefined ? address : `${address}?process=${encodeURIComponent(process)}`);

/** Chooses the process, where there is a choice. */
export function ProcessSelect({ screen, query }) {
  const all = withTasks();
  if (all.length < 2) return null;
  const choose = (event) => go(href(screen, undefined, { ...query, after: undefined, process: event.target.value }), { replace: true });
  return html`
    <label class="process">Process <select value=${processOf(query) ?? all[0].instance} onChange=${choose}>
      ${all.map(({ instance, name, host, peer }) => html`<option key=${instance} value=${instance}>${name} ${instance}${host && `, ${host}`}${peer === undefined ? ' (this one)' : ''}</option>`)}
    </select></label>`;
}
