// The page that simulates an outage.

import { expect, test } from './support.mjs';

// A refused form, and a page that asks again while an earlier simulation runs.
test.use({ expected: ['400 (Bad Request)', '429 (Too Many Requests)'] });

// A build without optimisation simulates slowly.
const SLOW = { timeout: 25_000 };
test.describe.configure({ timeout: 90_000 });

const rowsOf = (page) => page.locator('.simulated tbody tr');

test('a policy is simulated, and the page shows the numbers of the API and the picture', async ({ page, open, api }) => {
  await open('#/simulate');
  await expect(page.getByText('Press Simulate to compare')).toBeVisible();
  await page.getByRole('textbox', { name: 'Policy' }).fill("max = 3, base = '200ms'");
  await page.getByLabel('Clients').fill('70');
  await page.getByLabel('Server, requests/s').fill('100');
  await page.getByRole('button', { name: 'Simulate' }).click();
  await expect(rowsOf(page)).toHaveCount(4, SLOW);
  await expect(page).toHaveURL(/policy=max/);
  const parameters = new URLSearchParams({ policy: "max = 3, base = '200ms'", clients: '70', capacity: '100', seed: '1' });
  const { rows } = await api(`simulate?${parameters}`);
  for (const [at, row] of rows.entries()) {
    const shown = rowsOf(page).nth(at);
    await expect(shown.getByRole('rowheader')).toHaveText(row.name);
    const digits = (await shown.locator('td').nth(2).innerText()).replace(/\D/g, '');
    expect(Number(digits)).toBe(row.failed);
    await expect(shown.locator('td').first()).toHaveText(row.recovered_s === undefined || row.recovered_s === null ? /^not in/ : row.recovered_s === 0 ? 'at once' : `after ${row.recovered_s} s`);
  }
  const picture = page.getByRole('img', { name: /Load and successes during an outage/ });
  await expect(picture).toBeVisible();
  // Lines without the colours of the page's style would be black, and not seen on a dark page.
  const stroke = await picture.locator('path.storm-0').first().evaluate((line) => getComputedStyle(line).stroke);
  expect(stroke).not.toBe('none');
});

test('a mistake is told with its field, its value and the remedy, and the form stays', async ({ page, open }) => {
  await open('#/simulate?policy=mx%20%3D%203&seed=1');
  await expect(page.getByRole('alert')).toContainText('`policy` (mx = 3): unknown key `mx`; did you mean `max`?');
  await expect(page.getByRole('textbox', { name: 'Policy' })).toHaveValue('mx = 3');
});

test('a function of the program is simulated with its own policy', async ({ page, open, api }) => {
  const { functions } = await api('snapshot');
  // Of several processes, only this one's functions are known here.
  test.skip(functions.length === 0, 'no function is known');
  const { name } = functions[0];
  await open('#/simulate');
  await page.getByLabel('Function').selectOption(name);
  await expect(page.getByRole('textbox', { name: 'Policy' })).toBeDisabled();
  await page.getByRole('button', { name: 'Simulate' }).click();
  await expect(rowsOf(page).first().getByRole('rowheader')).toHaveText(name, SLOW);
});

test('the form can be used on a narrow screen, by the keyboard, and an address shows the same result again', async ({ page, open }) => {
  await page.setViewportSize({ width: 400, height: 820 });
  await open('#/simulate');
  await page.getByLabel('Clients').fill('70');
  await page.getByLabel('Server, requests/s').fill('100');
  await page.getByRole('textbox', { name: 'Policy' }).focus();
  await page.keyboard.type('max = 2');
  await page.keyboard.press('Enter');
  await expect(rowsOf(page)).toHaveCount(4, SLOW);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
  const before = await rowsOf(page).allInnerTexts();
  await page.reload();
  await expect(rowsOf(page)).toHaveCount(4, SLOW);
  expect(await rowsOf(page).allInnerTexts()).toEqual(before);
});
