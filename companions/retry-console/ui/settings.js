// Settings with the place that each value comes from.

import { html } from './html.js';
import { Empty } from './parts.js';

/** Whether nobody set the value. */
export const isDefault = ({ origin }) => origin === undefined || origin === 'built-in' || origin === 'default';

/** A value that somebody set has a mark for its origin, so that it stands out. */
export function SettingsTable({ settings }) {
  if (settings.length === 0) return html`<${Empty}>No settings are known.<//>`;
  return html`
    <table class="settings">
      <thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
      <tbody>${settings.map(({ setting, value, origin }) => html`
        <tr key=${setting}>
          <th scope="row"><code>${setting}</code></th>
          <td><code>${typeof value === 'string' ? value : JSON.stringify(value)}</code></td>
          <td>${isDefault({ origin }) ? html`<span class="muted">${origin ?? 'built-in'}</span>` : html`<span class="origin">${origin}</span>`}</td>
        </tr>`)}
      </tbody>
    </table>`;
}
