// Against the mock: `npx playwright test`. Against a real program: `CONSOLE_URL=http://127.0.0.1:7600/ npx playwright test`,
// with `CONSOLE_TOKEN` if it has a token; tests that need a misbehaving server are left out then.

import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'specs',
  outputDir: 'test-results',
  // One at a time: a real program is shared, and frames are counted. Two at a time took 115 s instead of 131 s.
  workers: 1,
  timeout: 30_000,
  expect: { timeout: 8_000 },
  reporter: [['list']],
  use: {
    viewport: { width: 1280, height: 820 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] },
  },
});
