// What the specs share: programs that end with their test, and the rule that a page logs no error.

import { test as base, expect } from '@playwright/test';
import { Program, freePort } from './program.mjs';

export { expect };

export const test = base.extend({
  /** Texts of errors in the browser's log that a test expects. */
  expected: [[], { option: true }],

  /** Starts a program with these flags. */
  started: async ({}, use) => {
    const all = [];
    await use(async (...options) => {
      const program = new Program(await freePort(), options);
      all.push(program);
      return program.start();
    });
    for (const program of all) await program.kill();
  },

  // After `started`: the page is checked before its programs end.
  page: async ({ page, started, expected }, use) => {
    const errors = [];
    const isExpected = (text) => expected.some((part) => text.includes(part));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !isExpected(message.text()) && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.stack));
    await use(page);
    expect(errors, 'errors in the browser').toEqual([]);
  },
});
