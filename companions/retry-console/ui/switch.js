// Switches between the system's colours, light and dark.

import { html, useState } from './html.js';

const KEY = 'retry-console-theme';
const THEMES = [['', 'Colours of the system', '◐'], ['light', 'Light colours', '☀'], ['dark', 'Dark colours', '☾']];

export function ThemeSwitch() {
  const [theme, set] = useState(document.documentElement.dataset.theme ?? '');
  const at = THEMES.findIndex(([name]) => name === theme);
  const [next, nextTitle] = THEMES[(at + 1) % THEMES.length];
  const change = () => {
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Storage may be forbidden: then the choice lasts until the page is left.
    }
    set(next);
  };
  return html`<button class="quiet theme" onClick=${change} aria-label="${THEMES[at][1]}; switch to: ${nextTitle.toLowerCase()}" title=${THEMES[at][1]}>${THEMES[at][2]}</button>`;
}
