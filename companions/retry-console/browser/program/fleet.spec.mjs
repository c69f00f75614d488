// Two processes: the page adds them up, and leaves one out that has died.

import { expect, test } from './support.mjs';

const row = (page, name) => page.getByRole('row').filter({ hasText: name });

test('a process that dies is stale after five seconds and left out, and back when it is started again', async ({ page, started }) => {
  const peer = await started();
  const console = await started('--peer', peer.url);
  const { processes: [own] } = await console.get('snapshot');
  const { processes: [former] } = await peer.get('snapshot');
  await console.open(page, '#/processes');
  await expect(row(page, former.instance)).toContainText('answers');
  const instances = async () => new Set((await console.get('snapshot')).breakers.map(({ instance }) => instance));
  await expect.poll(async () => [...await instances()].sort()).toEqual([own.instance, former.instance].sort());

  await peer.kill();
  const died = Date.now();
  await expect(row(page, former.instance)).toContainText('stale', { timeout: 15_000 });
  const after = Date.now() - died;
  // The last answer may be a second older than the death; a busy machine is late.
  expect(after, `stale after ${after} ms`).toBeGreaterThan(3_500);
  expect(after, `stale after ${after} ms`).toBeLessThan(9_000);
  await expect(page.getByRole('link', { name: /^Processes/ })).toContainText('1');
  expect([...await instances()]).toEqual([own.instance]);

  await peer.start();
  const { processes: [fresh] } = await peer.get('snapshot');
  await expect(row(page, fresh.instance)).toContainText('answers');
  await expect(row(page, former.instance)).toHaveCount(0);
  await expect.poll(async () => (await instances()).has(fresh.instance)).toBe(true);
});

test('an order for a breaker reaches the process that has it', async ({ page, started }) => {
  const peer = await started();
  const console = await started('--peer', peer.url);
  const { processes: [{ instance }] } = await peer.get('snapshot');
  await expect.poll(async () => (await console.get('snapshot')).breakers.length).toBe(2);
  await console.open(page, `#/breakers/${instance}-bank`);
  await page.locator('.panel').getByRole('button', { name: 'Force open' }).click();
  await page.getByRole('dialog', { name: /Force open/ }).getByRole('button', { name: 'Force open' }).click();
  await expect(page.locator('.panel .state')).toContainText('forced open');
  const mode = async (program) => (await program.get('snapshot')).breakers.find(({ id }) => id.startsWith((instance)))?.mode;
  expect(await mode(peer)).toBe('forced_open');
  expect((await console.get('snapshot')).breakers.filter((breaker) => breaker.mode === 'forced_open')).toHaveLength(1);
});

test.describe('a program that is restarted', () => {
  test.use({ expected: ['ERR_', 'Failed to load resource'] });

  test('is found again by its page, which begins anew', async ({ page, started }) => {
    const program = await started();
    await program.open(page, '#/overview');
    await expect(page.locator('.connection')).toContainText('live');
    await program.kill();
    await expect(page.locator('.banner')).toContainText(/connecting again in|connecting …/);
    await program.start();
    await expect(page.locator('.banner')).toHaveCount(0);
    await expect(page.locator('.connection')).toContainText('live');
    const { processes: [{ instance }] } = await program.get('snapshot');
    await page.goto(`${program.url}#/processes`);
    await expect(row(page, instance)).toContainText('this one');
  });
});
