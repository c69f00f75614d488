// The desktop app of `examples/docker.rs` in a real browser: a line of its requirements is a test.
//
//   DESKTOP_APP=target/debug/examples/docker npx playwright test --config desktop.config.mjs

import { expect, test as base } from '@playwright/test';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from './daemon.mjs';

const APP = process.env.DESKTOP_APP;
const PICTURES = process.env.DESKTOP_PICTURES;

/** The app, which can be killed and started again with the same file. */
class App {
  constructor(folder) {
    this.files = ['--socket', join(folder, 'docker.sock'), '--db', join(folder, 'orders.db')];
  }

  async start() {
    this.program = spawn(APP, ['app', ...this.files], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.url = await new Promise((found, failed) => {
      let text = '';
      this.program.stdout.on('data', (part) => {
        text += part;
        const address = text.match(/http:\S+/);
        if (address) found(address[0]);
      });
      this.program.on('exit', (code) => failed(new Error(`the app ended with ${code}`)));
    });
  }

  async kill() {
    const ended = new Promise((done) => this.program.once('exit', done));
    this.program.kill('SIGKILL');
    await ended;
  }
}

const test = base.extend({
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'retry-desktop-'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },
  daemon: async ({ folder }, use) => {
    const daemon = new Daemon(join(folder, 'docker.sock'));
    await use(daemon);
    await daemon.stop();
  },
  app: async ({ folder }, use) => {
    const app = new App(folder);
    await use(app);
    await app.kill().catch(() => {});
  },
});

const docker = (page) => page.getByRole('region', { name: 'Docker' });
const line = (page, what) => page.locator('.line').filter({ hasText: what });

async function picture(page, name) {
  if (!PICTURES) return;
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(PICTURES, `desktop-${name}-${colorScheme}.png`) });
  }
}

async function give(page, kind, name) {
  await page.getByLabel('What').selectOption(kind);
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Order' }).click();
}

test('a clear indication says that a retry happens, with its attempt, its progress and the time left', async ({ page, app }) => {
  await app.start();
  await page.goto(app.url);
  await expect(docker(page).getByRole('status')).toContainText('tries again by itself');
  const call = line(page, 'Listing containers');
  await expect(call).toContainText('retrying');
  await expect(call).toContainText(/attempt \d+ of 10/);
  await expect(call).toContainText('cannot reach the daemon');
  await expect(call.getByRole('img', { name: /pause before the next attempt/ })).toBeVisible();
  await expect(call.locator('.countdown')).toHaveText(/\d\.\d/);
  await expect(call).toContainText(/gives up in \d+/);
  // The bar moves and the attempts go on.
  const number = async () => Number((await call.innerText()).match(/attempt (\d+)/)?.[1]);
  const first = await number();
  await expect.poll(number).toBeGreaterThan(first);
  await picture(page, 'retrying');
});

test('the app goes on by itself when the daemon is back', async ({ page, app, daemon }) => {
  await app.start();
  await page.goto(app.url);
  await expect(docker(page).getByRole('status')).toContainText('tries again by itself');
  await daemon.start();
  await expect(docker(page).getByRole('status')).toHaveText('Docker answers: 2 containers');
  await expect(line(page, 'Listing containers')).toHaveCount(0);
});

test('a retry can be cancelled, stays cancelled, and is made again by hand', async ({ page, app, daemon }) => {
  await app.start();
  await page.goto(app.url);
  await line(page, 'Listing containers').getByRole('button', { name: 'Cancel' }).click();
  await expect(docker(page).getByRole('status')).toContainText('press Retry to continue');
  await expect(line(page, 'Listing containers')).toHaveCount(0);
  await page.waitForTimeout(2_500);
  await expect(line(page, 'Listing containers')).toHaveCount(0);
  await picture(page, 'cancelled');
  await daemon.start();
  await docker(page).getByRole('button', { name: 'Retry' }).click();
  await expect(docker(page).getByRole('status')).toHaveText('Docker answers: 2 containers');
});

test('a waiting attempt starts now when a person asks for it', async ({ page, app }) => {
  await app.start();
  await page.goto(app.url);
  const call = line(page, 'Listing containers');
  const number = async (pattern) => Number((await call.innerText().catch(() => '')).match(pattern)?.[1] ?? 0);
  // Late pauses last 2 s to 4 s.
  await expect.poll(() => number(/next attempt in ([\d.]+)/), { intervals: [100] }).toBeGreaterThan(2.5);
  const before = await number(/attempt (\d+)/);
  await call.getByRole('button', { name: 'Retry now' }).click();
  await expect.poll(() => number(/attempt (\d+)/), { timeout: 2_000, intervals: [100] }).toBeGreaterThan(before);
});

test('a failed order survives the end of the app, and is retried by hand', async ({ page, app, daemon }) => {
  await app.start();
  await page.goto(app.url);
  await give(page, 'volume', 'letters');
  const order = line(page, 'Create volume letters');
  await expect(order).toContainText('failed');
  await expect(order).toContainText('cannot reach the daemon');
  await app.kill();
  await app.start();
  await page.goto(app.url);
  await expect(order).toContainText('failed');
  await picture(page, 'restarted');
  await daemon.start();
  await order.getByRole('button', { name: 'Retry' }).click();
  await expect(order).toContainText('complete');
  await expect(order.getByRole('button')).toHaveCount(0);
  expect(daemon.requests.filter((request) => request.includes('/volumes/create'))).toHaveLength(1);
});

test('a download shows its progress and can be cancelled', async ({ page, app, daemon }) => {
  await daemon.start();
  await app.start();
  await page.goto(app.url);
  await give(page, 'pull', 'tea');
  const order = line(page, 'Pull tea');
  await expect(order).toContainText(/[1-9]\d %/);
  await expect(order).toContainText('Downloading tea');
  await picture(page, 'progress');
  await order.getByRole('button', { name: 'Cancel' }).click();
  await expect(order).toContainText('cancelled');
  await expect(order.getByRole('button', { name: 'Retry' })).toBeVisible();
});

test('the window stays responsive while the daemon hangs', async ({ page, app, daemon }) => {
  daemon.isHanging = true;
  await daemon.start();
  await app.start();
  await page.goto(app.url);
  await expect(page.getByRole('button', { name: 'Order' })).toBeVisible();
  // The longest time for which the page does nothing else.
  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  for (const name of ['one', 'two', 'three']) {
    await give(page, 'volume', name);
    await expect(line(page, `Create volume ${name}`)).toBeVisible({ timeout: 3_000 });
  }
  await page.getByLabel('Name').fill('still typing');
  await expect(page.getByLabel('Name')).toHaveValue('still typing');
  expect(await page.evaluate(() => window.longest)).toBeLessThan(500);
});
