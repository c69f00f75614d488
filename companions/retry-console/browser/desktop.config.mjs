// The desktop app of the examples: `DESKTOP_APP=…/examples/docker npx playwright test --config desktop.config.mjs`.

import { defineConfig } from '@playwright/test';
import console from './playwright.config.mjs';

export default defineConfig({ ...console, workers: 1, projects: undefined, testDir: 'desktop', timeout: 90_000, expect: { timeout: 20_000 } });
