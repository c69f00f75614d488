// Every screen shows the values of the API.

import { expect, expectBetween, isReal, numberIn, test } from './support.mjs';

const figure = (page, name) => page.locator(`[data-figure="${name}"]`).first();

test('the figures of the overview are those of the API', async ({ page, open, api }) => {
  await open();
  for (const name of ['calls', 'first_try', 'saved', 'failed', 'waiting', 'not_closed']) {
    await expectBetween(async () => numberIn(await figure(page, name).innerText()), async () => (await api('snapshot')).overview[name] ?? 0, name);
  }
  const { overview } = await api('snapshot');
  expect(Math.abs(numberIn(await figure(page, 'amplification').innerText()) - overview.amplification)).toBeLessThan(0.05);
});

test('the overview has a chart of calls per second and names its sums', async ({ page, open }) => {
  await open();
  await expect(page.locator('.plot canvas')).toBeVisible();
  await expect(page.getByRole('img', { name: /Calls that ended in the last five minutes: .* first try, .* saved by a retry, .* failed/ })).toBeVisible();
});

test('the overview names what is not well', async ({ page, open, api }) => {
  await open();
  const { breakers } = await api('snapshot');
  const open1 = breakers.find(({ mode }) => mode === 'open');
  test.skip(!open1, 'no breaker is open');
  await expect(page.getByRole('link', { name: new RegExp(`breaker ${open1.name}.* is open`) }).first()).toBeVisible();
});

test('the table of functions has the numbers of the API and can be sorted and filtered', async ({ page, open, api }) => {
  const { functions } = await api('snapshot');
  const busiest = [...functions].sort((a, b) => b.calls - a.calls)[0];
  await open(`#/functions?filter=${encodeURIComponent(busiest.name)}`);
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: busiest.name, exact: true }) });
  for (const [column, key] of [['Calls', 'calls'], ['Saved', 'saved'], ['Failed', 'failed'], ['Waiting', 'waiting']]) {
    await expectBetween(async () => numberIn(await row.locator(`[data-label="${column}"]`).innerText()), async () => (await api('snapshot')).functions.find(({ name }) => name === busiest.name)[key], key);
  }
  await page.getByRole('searchbox').fill('');
  await page.getByRole('button', { name: 'Calls' }).click();
  await expect(page.getByRole('columnheader', { name: 'Calls' })).toHaveAttribute('aria-sort', 'descending');
  const calls = async () => (await page.locator('td[data-label="Calls"]').allInnerTexts()).map(numberIn);
  await expect.poll(async () => (await calls()).every((count, at, all) => at === 0 || count <= all[at - 1])).toBe(true);
  expect((await calls()).length).toBeGreaterThan(1);
  await page.getByRole('searchbox').fill(busiest.name);
  await expect(page.getByRole('row').nth(1)).toContainText(busiest.name);
  await expect(page).toHaveURL(/filter=/);
});

test('the latency of functions that measure is shown, and the others say so', async ({ page, open, api }) => {
  const { functions } = await api('snapshot');
  const measured = functions.find(({ p99_ms: p99 }) => p99 !== undefined);
  test.skip(!measured, 'no function is measured');
  await open(`#/functions/${encodeURIComponent(measured.name)}?sort=-p99`);
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: measured.name, exact: true }) });
  const near = (text, of) => Math.abs(numberIn(text) * (/\d\s*s$/.test(text) ? 1_000 : 1) / of - 1) < 0.5;
  await expect.poll(async () => near(await row.locator('[data-label="p99"]').innerText(), (await api('snapshot')).functions.find(({ name }) => name === measured.name).p99_ms)).toBe(true);
  await expect(page.getByRole('dialog')).toContainText('(99 of 100)');
  const other = functions.find(({ p99_ms: p99 }) => p99 === undefined);
  await open(`#/functions/${encodeURIComponent(other.name)}`);
  await expect(page.getByRole('dialog')).toContainText('not measured: add measure');
});

test('the panel of a function shows settings with their origin, stop reasons and past calls', async ({ page, open, api }) => {
  const { functions } = await api('snapshot');
  const { name } = [...functions].sort((a, b) => b.failed + b.saved - a.failed - a.saved)[0];
  const details = await api(`functions/${encodeURIComponent(name)}`);
  await open(`#/functions/${encodeURIComponent(name)}`);
  const panel = page.getByRole('dialog', { name });
  await expect(panel).toBeVisible();
  for (const { setting, value } of details.settings.slice(0, 6)) {
    await expect(panel.getByRole('row').filter({ has: page.getByText(setting, { exact: true }) })).toContainText(String(value));
  }
  for (const reason of Object.keys(details.function.reasons ?? {}).filter((key) => details.function.reasons[key] > 0)) {
    await expect(panel.getByRole('rowheader', { name: reason.replaceAll('_', ' '), exact: true }).first()).toBeVisible();
  }
  if (details.calls.length > 0) {
    await panel.locator('details.call summary').first().click();
    await expect(panel.locator('details.call[open] .attempts li')).toHaveCount(details.calls[0].attempts.length);
  }
  for (const { text } of details.errors.slice(0, 2)) await expect(panel.locator('.errors')).toContainText(text);
});

test('live calls count down by the clock of the server', async ({ page, open, api }) => {
  // The clock of this machine is an hour wrong.
  await page.addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  });
  await open('#/live');
  await expect.poll(async () => (await api('snapshot')).live_total, { timeout: 20_000 }).toBeGreaterThan(0);
  await expect(page.getByText('waiting', { exact: true }).first()).toBeVisible();
  const cell = page.getByRole('cell').and(page.locator('[data-label="Next attempt"]'));
  await expect.poll(async () => (await cell.allInnerTexts()).some((text) => /^\d/.test(text))).toBe(true);
  const texts = await cell.allInnerTexts();
  expect(texts.join(' ')).not.toContain('h ');
  await expectBetween(async () => numberIn(await figure(page, 'live_total').innerText()), async () => (await api('snapshot')).live_total, 'live_total');
});

test('the breakers have the state, rate and process of the API', async ({ page, open, api }) => {
  await open('#/breakers');
  const { breakers } = await api('snapshot');
  test.skip(breakers.length === 0, 'there is no breaker');
  await expect(page.getByRole('row')).toHaveCount(Math.min(breakers.length, 40) + 1);
  const of = breakers[0];
  await page.goto(`${page.url().split('#')[0]}#/breakers/${encodeURIComponent(of.id)}`);
  const panel = page.getByRole('dialog');
  await expect(panel).toContainText(of.instance);
  if (of.settings) await expect(panel).toContainText(of.settings);
  if (of.window) await expect(panel.locator('.whole-window .cells span')).toHaveCount(of.window.length);
  await expect(panel.getByRole('heading', { name: 'Changes of state' })).toBeVisible();
  const last = of.transitions.at(-1);
  if (last) await expect(panel).toContainText(last.text);
});

test('the counts of tasks are those of the API, and a filter narrows the list', async ({ page, open, api }) => {
  const first = await api('tasks?limit=50').catch(() => undefined);
  test.skip(!first, 'the program has no tasks');
  await open('#/tasks');
  for (const phase of ['complete', 'failed', 'cancelled']) {
    await expectBetween(async () => numberIn(await figure(page, phase).innerText()), async () => (await api('tasks?limit=1')).counts[phase], phase);
  }
  await page.getByRole('button', { name: /^failed/ }).click();
  await expect(page).toHaveURL(/phase=failed/);
  const states = page.locator('td[data-label="State"]');
  await expect.poll(async () => (await states.allInnerTexts()).every((text) => text.includes('failed'))).toBe(true);
  const group = (await api('tasks?phase=failed&limit=50')).groups[0];
  if (group) {
    await page.getByRole('button', { name: group.error }).click();
    await expect(page).toHaveURL(/group=/);
    const withoutDigits = (text) => text.replace(/\d/g, '');
    await expect.poll(async () => (await page.locator('td[data-label="Last failure"]').allInnerTexts()).every((text) => withoutDigits(text).includes(withoutDigits(group.error)))).toBe(true);
  }
});

test('the panel of a task has its attempts, arguments and orders', async ({ page, open, api }) => {
  const found = await api('tasks?phase=failed&limit=5').catch(() => ({ tasks: [] }));
  test.skip(found.tasks.length === 0, 'no task has failed');
  const task = await api(`tasks/${found.tasks[0].id}`);
  await open(`#/tasks/${task.id}`);
  const panel = page.getByRole('dialog', { name: task.name });
  await expect(panel.locator('.attempts li')).toHaveCount(task.history.length);
  await expect(panel).toContainText(task.last_error);
  await expect(panel.getByRole('button', { name: 'Retry' })).toBeEnabled();
  await expect(panel.locator('pre').first()).toBeVisible();
});

test('the schedule has the tasks that are to come, the next one first', async ({ page, open, api }) => {
  const first = await api('schedule?limit=200').catch(() => undefined);
  test.skip(!first, 'the program has no tasks');
  await open('#/schedule');
  await expectBetween(async () => numberIn(await figure(page, 'scheduled').innerText()), async () => (await api('schedule')).scheduled, 'scheduled');
  const shown = page.locator('td[data-label="Next attempt"]');
  if (first.tasks.length > 3) await expect.poll(async () => (await shown.count()) > 0 && /^(now|\d)/.test(await shown.first().innerText())).toBe(true);
  await expect(page.locator('main')).toContainText('no periodic tasks');
});

test('the workers are shown with their slots, and the tasks that they run', async ({ page, open, api }) => {
  const first = await api('workers').catch(() => undefined);
  test.skip(!first, 'the program has no tasks');
  await open('#/workers');
  for (const { name, slots } of first.workers) {
    await expect(page.getByRole('row').filter({ hasText: name }).first()).toContainText(`of ${slots}`);
  }
  if (isReal) return;
  await expect(page.getByRole('region', { name: 'Running tasks' }).locator('tbody tr[aria-rowindex]')).toHaveCount(first.workers.flatMap(({ running }) => running).length);
});

test('pages of tasks go on where the last one ended', async ({ page, open, api }) => {
  const first = await api('tasks?limit=50').catch(() => undefined);
  test.skip(!first?.next, 'there is one page');
  await open('#/tasks');
  await expect(page.getByRole('row')).toHaveCount(51);
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/after=/);
  await expect(page.getByRole('link', { name: 'Newest' })).toBeVisible();
  if (!isReal) await expect(page.locator(`a[title="${first.tasks[0].id}"]`)).toHaveCount(0);
});

test('the configuration shows each setting and where it comes from', async ({ page, open, api }) => {
  const { operations, file } = await api('configuration');
  await open('#/configuration');
  if (file) await expect(page.locator('main')).toContainText(file);
  const { name, settings } = operations[0];
  await page.locator('summary').filter({ hasText: name }).first().click();
  const rows = page.locator('details[open] .settings tbody tr');
  await expect(rows).toHaveCount(settings.length);
});

test('the last change of the configuration is a diff', async ({ page, open, api }) => {
  const { changes } = await api('configuration');
  test.skip(changes.length === 0, 'the configuration was not changed');
  await open('#/configuration');
  const diff = page.locator('details.change[open] .diff');
  const last = Math.max(...changes.map(({ at }) => at));
  for (const { setting, before, after } of changes.filter(({ at }) => at === last)) {
    if (before !== undefined) await expect(diff.locator('del').filter({ hasText: `${setting} = ${before}` }).first()).toBeVisible();
    if (after !== undefined) await expect(diff.locator('ins').filter({ hasText: `${setting} = ${after}` }).first()).toBeVisible();
  }
});

test('each process is shown, and one that does not answer is stale', async ({ page, open, api }) => {
  const { processes } = await api('snapshot');
  await open('#/processes');
  await expect(page.getByRole('row')).toHaveCount(processes.length + 1);
  for (const { instance, stale } of processes) {
    const row = page.getByRole('row').filter({ hasText: instance });
    await expect(row).toContainText(stale ? 'stale' : /answers|this one/);
  }
});
