// Orders reach the program, and the page shows their effect when the program says so.

import { expect, give, isReal, numberIn, test } from './support.mjs';

const rows = (page) => page.locator('tbody tr[aria-rowindex]');
const waiting = async (api) => (await api('snapshot')).live.filter(({ state, next_at: at }) => state === 'waiting' && at > Date.now() + 3_000).sort((a, b) => b.next_at - a.next_at);

for (const [word, button, between] of [['cancel', /^Cancel /, 'cancelling …'], ['retry', /^Retry .* now/, 'starting …']]) {
  test(`${word} reaches a waiting call`, async ({ page, open, api, target }) => {
    const [call] = await waiting(api);
    test.skip(!call, 'no call waits for 3 s: start the program with `--functions 20 --live 200`');
    await open('#/live?sort=-next');
    await expect(rows(page).first()).toBeVisible();
    await page.getByRole('searchbox').fill(call.name);
    const row = rows(page).first();
    await expect(row).toContainText(call.name);
    const { live } = await api('snapshot');
    const answer = page.waitForResponse((response) => response.request().method() === 'POST');
    await row.getByRole('button', { name: button }).click();
    if (!isReal) await expect(row).toContainText(between);
    const response = await answer;
    expect(response.url()).toMatch(new RegExp(`/api/live/[^/]+/${word}$`));
    expect(response.request().headers()['x-retry-console']).toBe('1');
    expect((await response.json()).answer).toMatch(isReal ? /^(done|after_attempt)$/ : /^done$/);
    const id = decodeURIComponent(response.url().split('/').at(-2));
    await expect.poll(async () => {
      const now = (await api('snapshot')).live.find((other) => other.id === id);
      const then = live.find((other) => other.id === id);
      return now === undefined || now.attempt > then.attempt || now.next_at !== then.next_at || now.state !== 'waiting';
    }).toBe(true);
    if (target.mock) expect(target.mock.orders.at(-1).path).toBe(`live/${id}/${word}`);
  });
}

test('a row does not move or vanish under the pointer', async ({ page, open }) => {
  test.skip(isReal, 'needs calls that come and go quickly');
  await open('#/live');
  await expect(rows(page).nth(3)).toBeVisible();
  const names = async () => (await rows(page).locator('td:first-child').allInnerTexts()).slice(0, 10);
  await rows(page).nth(1).hover();
  await expect(page.getByText('The order is kept')).toBeVisible();
  const before = await names();
  await expect.poll(async () => rows(page).and(page.locator('.gone')).count(), { timeout: 15_000 }).toBeGreaterThan(0);
  expect(await names()).toEqual(before);
  await page.mouse.move(5, 5);
  await expect(page.locator('tr.gone')).toHaveCount(0);
});

test('a breaker is forced open and reset, after a question', async ({ page, open, api, target }) => {
  const { breakers } = await api('snapshot');
  test.skip(breakers.length === 0, 'there is no breaker');
  const of = breakers.find(({ mode }) => mode === 'closed') ?? breakers[0];
  await give(target.url, `breakers/${encodeURIComponent(of.id)}/reset`);
  const mode = async () => (await api('snapshot')).breakers.find(({ id }) => id === of.id)?.mode;
  await open(`#/breakers/${encodeURIComponent(of.id)}`);
  const panel = page.locator('.panel');
  await panel.getByRole('button', { name: 'Force open' }).click();
  const question = page.getByRole('dialog', { name: /Force open/ });
  await expect(question).toContainText('refuses every call');
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  expect(await mode()).not.toBe('forced_open');
  await panel.getByRole('button', { name: 'Force open' }).click();
  await question.getByRole('button', { name: 'Force open' }).click();
  await expect(panel.locator('.state')).toContainText('forced open');
  await expect(page.locator('.notices')).toContainText('Force open: done');
  expect(await mode()).toBe('forced_open');
  await panel.getByRole('button', { name: 'Reset' }).click();
  await page.getByRole('dialog', { name: /Reset/ }).getByRole('button', { name: 'Reset' }).click();
  await expect(panel.locator('.state')).not.toContainText('forced open');
  await expect.poll(mode).not.toBe('forced_open');
});

test('an order for a breaker can go to every process that has it', async ({ page, open, target }) => {
  test.skip(isReal, 'needs several processes');
  const of = [...target.mock.program.breakers.values()].find(({ name, key }) => name === 'payments' && key === 'us');
  await open(`#/breakers/${encodeURIComponent(of.id)}`);
  await page.getByRole('button', { name: 'Disable' }).click();
  const question = page.getByRole('dialog', { name: /Disable/ });
  await question.getByRole('checkbox', { name: 'also in the 3 other processes' }).check();
  await question.getByRole('button', { name: 'Disable' }).click();
  await expect(page.locator('.notices')).toContainText('4 processes');
  expect(target.mock.orders.map(({ path }) => path).filter((path) => path.endsWith('/disable'))).toHaveLength(4);
});

test('all failed tasks are retried with progress', async ({ page, open, api }) => {
  const found = await api('tasks?phase=failed&limit=5').catch(() => ({ tasks: [] }));
  test.skip(found.tasks.length === 0, 'no task has failed');
  const failed = found.counts.failed;
  await open('#/tasks?phase=failed');
  await page.getByRole('button', { name: 'Retry all' }).click();
  const question = page.getByRole('dialog', { name: /Retry all/ });
  await expect(question).toContainText('every failed task');
  await question.getByRole('button', { name: 'Retry all' }).click();
  const job = page.locator('.job');
  await expect(job).toBeVisible();
  const seen = new Set();
  await expect.poll(async () => {
    const text = await job.innerText();
    seen.add(numberIn(text.replace(/^[^\d]*/, '')));
    return /\b(done|complete|finished|ended|stopped)\b/.test(text);
  }, { timeout: 25_000, intervals: [100] }).toBe(true);
  if (failed > 2_000) expect(seen.size, 'values of the progress').toBeGreaterThan(2);
  await expect(page.locator('.notices')).toContainText(/Retried [\d\u202f]+ task/);
});

test.describe('a slow bulk order', () => {
  test.skip(isReal, 'needs a slow bulk order');
  test.use({ options: { portion: 20 } });

  test('can be stopped, and a reload shows it again', async ({ page, open, target }) => {
    await open('#/tasks?phase=failed');
    await page.getByRole('button', { name: 'Retry all' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retry all' }).click();
    await expect(page.locator('.job')).toBeVisible();
    await page.reload();
    await expect(page.locator('.job')).toBeVisible();
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect(page.locator('.job')).toContainText('stopped');
    expect(target.mock.tasks.job(1).done).toBeLessThan(target.mock.tasks.job(1).total);
  });
});

test('all ended tasks of a filter are deleted, after a question', async ({ page, open, api }) => {
  const found = await api('tasks?phase=cancelled,complete&limit=5').catch(() => ({ tasks: [] }));
  test.skip(found.tasks.length === 0, 'no task has ended');
  const { name } = found.tasks[0];
  const query = `tasks?phase=cancelled,complete&name=${encodeURIComponent(name)}&limit=1`;
  await open(`#/${query.replace('&limit=1', '')}`);
  await page.getByRole('button', { name: 'Delete all' }).click();
  const question = page.getByRole('dialog', { name: /Delete all/ });
  await expect(question).toContainText('removed for good');
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await page.getByRole('button', { name: 'Delete all' }).click();
  await question.getByRole('button', { name: 'Delete all' }).click();
  await expect(page.locator('.notices')).toContainText(/Deleted [\d\u202f]+ task/, { timeout: 25_000 });
  if (!isReal) expect((await api(query)).tasks).toHaveLength(0);
});

test('a worker is paused after a question, and goes on', async ({ page, open, api }) => {
  const found = await api('workers').catch(() => ({ workers: [] }));
  test.skip(found.workers.length === 0, 'the program has no worker');
  const [{ number, name }] = found.workers;
  const isPaused = async () => (await api('workers')).workers.find((worker) => worker.number === number).paused;
  await open('#/workers');
  await page.getByRole('button', { name: `Pause ${name}` }).click();
  await page.getByRole('dialog', { name: `Pause ${name}` }).getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('row').filter({ hasText: name }).first()).toContainText('paused');
  expect(await isPaused()).toBe(true);
  await page.getByRole('button', { name: `Resume ${name}` }).click();
  await expect(page.getByRole('row').filter({ hasText: name }).first()).toContainText('serves');
  expect(await isPaused()).toBe(false);
});

test('orders to tasks go to the process that is chosen', async ({ page, open, api, target }) => {
  test.skip(isReal, 'needs several processes');
  const [, peer] = (await api('snapshot')).processes;
  await open('#/tasks?phase=failed');
  await page.getByLabel('Process').selectOption(peer.instance);
  await expect(page).toHaveURL(new RegExp(`process=${peer.instance}`));
  await page.locator('td a.name').first().click();
  await page.locator('.panel').getByRole('button', { name: 'Retry' }).click();
  await page.getByRole('dialog', { name: 'Retry this task' }).getByRole('button', { name: 'Retry', exact: true }).click();
  await expect(page.locator('.notices')).toContainText('Retry: done');
  expect(target.mock.orders.at(-1)).toMatchObject({ process: peer.instance });
});

test('a failed task is retried from its panel', async ({ page, open, api }) => {
  const found = await api('tasks?phase=failed&limit=5').catch(() => ({ tasks: [] }));
  test.skip(found.tasks.length === 0, 'no task has failed');
  const [{ id }] = found.tasks;
  const { by_hand: before = 0 } = await api(`tasks/${id}`);
  await open(`#/tasks/${id}`);
  await page.locator('.panel').getByRole('button', { name: 'Retry' }).click();
  await page.getByRole('dialog', { name: 'Retry this task' }).getByRole('button', { name: 'Retry', exact: true }).click();
  await expect(page.locator('.notices')).toContainText('Retry: done');
  // It may have failed again meanwhile.
  await expect.poll(async () => {
    const { state, by_hand: retried = 0 } = await api(`tasks/${id}`);
    return state !== 'failed' || retried > before;
  }).toBe(true);
});

test.describe('a reader who may only look', () => {
  test.skip(isReal, 'needs another role');
  test.use({ options: { role: 'view' } });

  test('sees no orders', async ({ page, open, target }) => {
    const breaker = [...target.mock.program.breakers.keys()][0];
    const task = [...target.mock.tasks.all.values()].find(({ state }) => state === 'failed').id;
    for (const hash of ['#/live', `#/breakers/${breaker}`, '#/workers', '#/tasks', `#/tasks/${task}`]) {
      await open(hash);
      await expect(page.locator('table').first()).toBeVisible();
      await expect(page.getByRole('button', { name: /^(Retry|Cancel|Force|Reset|Disable|Delete|Pause)\b/ })).toHaveCount(0);
    }
    await expect(page.locator('.connection')).toContainText('read only');
  });
});
