// Takes pictures of every screen, in light, in dark and 400 px wide: `node shots.mjs [ADDRESS] [SCREEN …]`. They go to shots/.
// A program with a token: `CONSOLE_TOKEN=… node shots.mjs http://127.0.0.1:7600/`.

import { chromium } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import { startMock } from './mock.mjs';

const [address, ...wanted] = process.argv.slice(2).sort((a, b) => Number(b.startsWith('http')) - Number(a.startsWith('http')));
const isReal = address?.startsWith('http');
const mock = isReal ? undefined : await startMock();
const url = isReal ? address : mock.url;
const only = isReal ? wanted : [address, ...wanted].filter(Boolean);
const TOKEN = process.env.CONSOLE_TOKEN;
const get = async (path) => (await fetch(new URL(path, url), { headers: TOKEN ? { Authorization: `Bearer ${TOKEN}` } : {} })).json();
const snapshot = await get('api/snapshot');
const tasks = await get('api/tasks?limit=50&phase=failed');
// One with calls that a retry saved: its panel shows the most.
const busiest = snapshot.functions.find(({ saved }) => saved > 0) ?? snapshot.functions[0];
const breaker = snapshot.breakers[0]?.id;
const failed = tasks.tasks?.[0]?.id;

const SCREENS = {
  overview: '#/overview', functions: '#/functions', function: `#/functions/${encodeURIComponent(busiest?.name)}`, live: '#/live',
  breakers: '#/breakers', breaker: `#/breakers/${encodeURIComponent(breaker)}`, tasks: '#/tasks', task: `#/tasks/${failed}`, schedule: '#/schedule', workers: '#/workers', configuration: '#/configuration', simulate: "#/simulate?policy=max%20%3D%203%2C%20base%20%3D%20'200ms'&seed=1", processes: '#/processes',
};
const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 820 } }, dark: { colorScheme: 'dark', viewport: { width: 1280, height: 820 } },
  narrow: { colorScheme: 'light', viewport: { width: 400, height: 820 } },
};

await mkdir('shots', { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const [look, options] of Object.entries(LOOKS)) {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  const page = await context.newPage();
  if (TOKEN) await page.goto(`${url}?token=${TOKEN}`);
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && console.log(look, message.text()));
  page.on('pageerror', (error) => console.log(look, error.stack));
  for (const [screen, hash] of Object.entries(SCREENS)) {
    if (only.length > 0 && !only.includes(screen)) continue;
    await page.goto('about:blank');
    await page.goto(url + hash);
    await page.locator('h1').first().waitFor();
    await page.waitForTimeout(500);
    if (screen === 'simulate') await page.locator('.storm svg').waitFor();
    for (const summary of (await page.locator('.panel details.call summary').all()).slice(0, 1)) await summary.click();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) console.log(look, screen, `is ${wide} px too wide`);
    await page.screenshot({ path: `shots/${screen}-${look}.png` });
  }
  await context.close();
}
await browser.close();
await mock?.stop();
