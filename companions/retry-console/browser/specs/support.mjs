// What the specs share: the program under test, and the rule that a page logs no error and breaks no policy.

import { test as base, expect } from '@playwright/test';
import { startMock } from '../mock.mjs';
import { startRelay } from './relay.mjs';

export { expect };

const REAL = process.env.CONSOLE_URL;
export const TOKEN = process.env.CONSOLE_TOKEN;
export const isReal = REAL !== undefined;

export const test = base.extend({
  /** Options of the mock; a real program has its own. */
  options: [{}, { option: true }],
  /** Texts of errors in the browser's log that a test expects. */
  expected: [[], { option: true }],

  target: async ({ options }, use) => {
    const server = isReal ? await startRelay(REAL) : await startMock(options);
    await use({ url: server.url, server, mock: isReal ? undefined : server });
    await server.stop();
  },

  page: async ({ page, target, expected }, use) => {
    const errors = [];
    const isExpected = (text) => expected.some((part) => text.includes(part));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !isExpected(message.text()) && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.stack));
    const origin = new URL(target.url).origin;
    page.on('request', (request) => !request.url().startsWith(origin) && !/^(data|about|blob):/.test(request.url()) && errors.push(`a request to ${request.url()}`));
    await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
    await use(page);
    expect(errors, 'errors in the browser').toEqual([]);
  },

  /** Opens a screen; a real program with a token gets the token first. */
  open: async ({ page, target }, use) => {
    let hasToken = false;
    await use(async (hash = '#/overview') => {
      if (TOKEN && !hasToken) await page.goto(`${target.url}?token=${encodeURIComponent(TOKEN)}`);
      hasToken = true;
      await page.goto(target.url + hash);
      await expect(page.locator('h1').first()).toBeVisible();
    });
  },

  /** Reads JSON of the API. */
  api: async ({ target }, use) => {
    await use(async (at) => {
      const response = await fetch(new URL(`api/${at}`, target.url), { headers: TOKEN ? { Authorization: `Bearer ${TOKEN}` } : {} });
      if (!response.ok) throw new Error(`${at}: ${response.status}`);
      return response.json();
    });
  },
});

/** Gives an order without the page. */
export async function give(url, path) {
  const headers = { 'X-Retry-Console': '1', ...(TOKEN ? { Authorization: `Bearer ${TOKEN}` } : {}) };
  const response = await fetch(new URL(`api/${path}`, url), { method: 'POST', headers });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
}

/** The number in a text of the page: `12 345` is 12345. */
export const numberIn = (text) => Number(text.replace(/[\s\u202f]/g, '').match(/-?[\d.]+/)?.[0]);

/** Waits until what the page shows lies between two readings of the API around it, so that a moving number is no error. */
export async function expectBetween(read, api, label) {
  let last;
  await expect.poll(async () => {
    const before = await api();
    const shown = await read();
    const after = await api();
    last = `${label}: the page shows ${shown}, the API ${before} to ${after}`;
    return Math.min(before, after) <= shown && shown <= Math.max(before, after) ? '' : last;
  }, { timeout: 15_000, message: label }).toBe('');
}
