// Requests to the server. All addresses are relative to the place where the console is mounted.

/** An answer that is not a success; `status` is 0 when the server was not reached. */
export class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

let onUnauthorised = () => {};

/** Sets what happens when the server asks for a token. */
export function whenUnauthorised(action) {
  onUnauthorised = action;
}

/** Joins the parts of a path, each escaped. */
export function path(...parts) {
  return parts.map((part) => encodeURIComponent(part)).join('/');
}

/** Reads JSON from `api/…`. */
export function get(at, query = {}, signal = undefined) {
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const parameters = new URLSearchParams(kept).toString();
  return request(`api/${at}${parameters ? `?${parameters}` : ''}`, { signal });
}

/** Gives an order: a request that changes something, with the header that another site cannot send. */
export function order(at, body) {
  const headers = { 'X-Retry-Console': '1' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  return request(`api/${at}`, { method: 'POST', headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

async function request(url, options) {
  const headers = { Accept: 'application/json', ...options.headers };
  let response;
  try {
    response = await fetch(url, { ...options, headers, cache: 'no-store', credentials: 'same-origin' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'the server does not answer');
  }
  if (response.status === 401) onUnauthorised();
  const data = await response.json().catch(() => undefined);
  if (!response.ok) throw new ApiError(response.status, data?.error ?? `the server answered ${response.status}`);
  return data ?? {};
}
