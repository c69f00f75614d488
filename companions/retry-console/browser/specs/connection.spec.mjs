// The page says when its numbers are old, and recovers by itself.

import { TOKEN, expect, expectBetween, isReal, numberIn, test } from './support.mjs';

const banner = (page) => page.locator('.banner');
const calls = async (page) => numberIn(await page.locator('[data-figure="calls"]').innerText());

test.describe('a connection that breaks', () => {
  test.use({ expected: ['ERR_', 'Failed to load resource'] });

  test('is made again by the page', async ({ page, open, target }) => {
    await open();
    await expect(page.locator('.connection')).toContainText('live');
    target.server.isDown = true;
    target.server.dropStreams();
    await expect(banner(page)).toContainText('Stale.', { timeout: 25_000 });
    await expect(banner(page)).toContainText(/Last update \d+ s ago/);
    await expect(banner(page)).toContainText(/connecting again in|connecting …/);
    await expect(page.locator('html')).toHaveClass(/is-stale/);
    const before = await calls(page);
    target.server.isDown = false;
    await expect(banner(page)).toHaveCount(0, { timeout: 25_000 });
    await expect(page.locator('.connection')).toContainText('live');
    await expect.poll(() => calls(page)).toBeGreaterThanOrEqual(before);
    await expect(page.locator('html')).not.toHaveClass(/is-stale/);
  });

  test('is made again at once by the button', async ({ page, open, target }) => {
    await page.addInitScript(() => {
      Math.random = () => 0.999;
    });
    await open();
    target.server.isDown = true;
    target.server.dropStreams();
    await expect(banner(page)).toContainText('retry 4', { timeout: 15_000 });
    target.server.isDown = false;
    await page.getByRole('button', { name: 'Connect now' }).click();
    await expect(banner(page)).toHaveCount(0, { timeout: 3_000 });
  });
});

test.describe('a stream', () => {
  test.use({ expected: ['ERR_'] });

  test('that is dropped goes on', async ({ page, open, target, api }) => {
    let streams = 0;
    page.on('response', (response) => response.url().endsWith('/api/stream') && response.ok() && (streams += 1));
    await open();
    for (let times = 1; times <= 3; times += 1) {
      await expect.poll(() => streams).toBe(times);
      await expect(page.locator('.connection')).toContainText('live');
      target.server.dropStreams();
    }
    await expect.poll(() => streams).toBe(4);
    await expectBetween(() => calls(page), async () => (await api('snapshot')).overview.calls, 'calls');
    await expect(banner(page)).toHaveCount(0);
  });
});

test('a server that sends nothing for 6 s makes the numbers stale', async ({ page, open, target }) => {
  test.skip(isReal, 'needs a server that misbehaves');
  await open();
  await expect(page.locator('.connection')).toContainText('live');
  target.mock.isSilent = true;
  await expect(banner(page)).toContainText('The server is silent', { timeout: 9_000 });
  await expect(banner(page)).toContainText(/Last update [67] s ago/);
  target.mock.isSilent = false;
  await expect(banner(page)).toHaveCount(0);
});

test('a server that has no news but sends comments is not stale', async ({ page, open, target }) => {
  test.skip(isReal, 'needs a server without news');
  await open();
  clearInterval(target.mock.ticks);
  await page.waitForTimeout(7_500);
  await expect(banner(page)).toHaveCount(0);
  await expect(page.locator('.connection')).toContainText('live');
});

test.describe('a console with a token', () => {
  test.use({ options: { token: 'open sesame' }, expected: ['401'] });

  test('asks for it, and takes it once', async ({ page, target }) => {
    const token = isReal ? TOKEN : 'open sesame';
    test.skip(!token, 'the program has no token');
    await page.goto(`${target.url}#/breakers`);
    await expect(page.getByRole('heading', { name: 'A token is needed' })).toBeVisible();
    await expect(page.getByLabel('Token')).toBeFocused();
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alert')).toHaveText('This is not the token of this console.');
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Open the console' }).click();
    await expect(page.getByRole('heading', { name: 'Breakers', level: 1 })).toBeVisible();
    await expect(page.locator('.connection')).toContainText('live');
    expect(page.url()).toBe(`${target.url}#/breakers`);
    expect(await page.evaluate(() => document.cookie)).toBe('');
  });
});

test.describe('a console without tasks', () => {
  test.skip(isReal, 'needs a program without tasks');
  test.use({ options: { hasTasks: false } });

  test('has no screen for them', async ({ page, open }) => {
    await open();
    await expect(page.getByRole('link', { name: 'Live' })).toBeVisible();
    await expect(page.getByRole('link', { name: /^Tasks/ })).toHaveCount(0);
    await page.goto(page.url().replace(/#.*/, '#/tasks'));
    await expect(page.locator('main')).toContainText('This program has no tasks.');
  });
});

test.describe('a console that is mounted at a path', () => {
  test.skip(isReal, 'needs another mount');
  test.use({ options: { mount: '/admin/retry/' } });

  test('finds its files and its API', async ({ page, target }) => {
    await page.goto(target.url.replace(/\/$/, ''));
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
    await expect(page.locator('.connection')).toContainText('live');
  });
});
