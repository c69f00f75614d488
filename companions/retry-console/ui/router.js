// Routes in the fragment of the address: `#/functions/shop%3A%3Acharge?filter=pay`.

/** Reads a fragment: the screen, the name of what its panel shows, and the parameters. */
export function parse(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [screen, ...rest] = path.split('/');
  let name;
  try {
    name = rest.length > 0 ? decodeURIComponent(rest.join('/')) : undefined;
  } catch {
    name = undefined;
  }
  return { screen: screen || 'overview', name: name || undefined, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** Writes a fragment; parameters without a value are left out. */
export function href(screen, name, query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const parameters = new URLSearchParams(kept).toString();
  const path = name === undefined ? screen : `${screen}/${encodeURIComponent(name)}`;
  return `#/${path}${parameters ? `?${parameters}` : ''}`;
}

/** Goes to a fragment. A change of a filter replaces the entry in the history, so Back leaves the screen. */
export function go(fragment, { replace = false } = {}) {
  if (location.hash === fragment) return;
  if (!replace) {
    location.hash = fragment;
    return;
  }
  history.replaceState(null, '', fragment);
  dispatchEvent(new HashChangeEvent('hashchange'));
}
