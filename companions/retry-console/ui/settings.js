// Settings with the place that each value comes from.

import { html } from './html.js';
import { Badge, Empty } from './parts.js';

/** A value that is not the default has a mark, so that what somebody set stands out. */
export function SettingsTable({ settings }) {
  if (settings.length === 0) return html`<${Empty}>No settings are known.<//>`;
  return html`
    <table class="settings">
      <thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
      <tbody>${settings.map(({ setting, value, origin }) => html`
        <tr key=${setting}>
          <th scope="row"><code>${setting}</code></th>
          <td><code>${typeof value === 'string' ? value : JSON.stringify(value)}</code></td>
          <td>${origin === undefined || origin === 'default' ? html`<span class="muted">default</span>` : html`<${Badge} text=${origin} />`}</td>
        </tr>`)}
      </tbody>
    </table>`;
}
