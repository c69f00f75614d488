// Orders to ten thousand tasks, in the server.

import { expect, test } from './support.mjs';

const MANY = 10_000;
const numberIn = (text) => Number(text.replace(/[\s\u202f]/g, '').match(/\d+/)?.[0] ?? 0);

test('ten thousand failed tasks are retried with progress, and the order can be stopped', async ({ page, started }) => {
  const program = await started('--failed', MANY);
  const failed = async () => (await program.get('tasks?limit=1')).counts.failed;
  await expect.poll(failed, { timeout: 120_000, intervals: [1_000] }).toBeGreaterThanOrEqual(MANY);
  await program.open(page, '#/tasks?phase=failed&name=mail%3A%3Abounce');
  await expect.poll(async () => numberIn(await page.locator('[data-figure="failed"]').innerText()), { timeout: 30_000 }).toBeGreaterThanOrEqual(MANY);

  const job = page.locator('.job');
  const retryAll = async () => {
    await page.getByRole('button', { name: 'Retry all' }).click();
    const question = page.getByRole('dialog', { name: /Retry all/ });
    await expect(question).toContainText('mail::bounce');
    await question.getByRole('button', { name: 'Retry all' }).click();
    await expect(job).toBeVisible();
  };
  await retryAll();
  const seen = new Set();
  await expect.poll(async () => {
    const text = (await job.count()) > 0 ? await job.first().innerText() : '';
    seen.add(text);
    return (await program.get('jobs/1')).state;
  }, { timeout: 120_000, intervals: [200] }).toBe('ended');
  expect(seen.size, 'values of the progress').toBeGreaterThan(3);
  const { done, total, refused } = await program.get('jobs/1');
  expect(done + refused).toBe(total);
  expect(done).toBeGreaterThanOrEqual(MANY);
  await expect(page.locator('.notices')).toContainText(/Retried [\d\u202f]+ task/);

  // They fail again; the second order is stopped on its way.
  await expect.poll(failed, { timeout: 120_000, intervals: [1_000] }).toBeGreaterThanOrEqual(MANY / 2);
  await retryAll();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect.poll(async () => (await program.get('jobs/2')).state).toBe('stopped');
  const stopped = await program.get('jobs/2');
  expect(stopped.done).toBeLessThan(stopped.total === 0 ? 1 : stopped.total);
});
