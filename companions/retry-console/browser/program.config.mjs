// Programs that the specs start and end themselves: `CONSOLE_PROGRAM=…/examples/demo npx playwright test --config program.config.mjs`.

import { defineConfig } from '@playwright/test';
import console from './playwright.config.mjs';

export default defineConfig({ ...console, workers: 1, projects: undefined, testDir: 'program', timeout: 180_000, expect: { timeout: 20_000 } });
