// The one place that names the libraries: templates, rendering and hooks.

import { Component, Fragment, h, render } from './vendor/preact.js';
import htm from './vendor/htm.js';

export { Component, Fragment, render };
export {
  useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState,
} from './vendor/hooks.js';

/** Builds elements from a tagged template. Values become text or properties, never markup. */
export const html = htm.bind(h);
