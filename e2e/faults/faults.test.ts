import process from 'node:process';
import { expect, it } from 'vitest';
import { runFaults } from './run.ts';

/** Of the 200 rounds of `npm run soak`; with the same seed a run strikes in the same places. */
const ROUNDS = 8;

it(
  'hub and database killed under load: nothing acknowledged is lost, every token has its entry, no family has two leaves',
  // Each of them may take two minutes to come back from, which is a limit of its own.
  { timeout: ROUNDS * 150_000 },
  async () => {
    const seed = Number(process.env['WRIT_TEST_SEED'] ?? Date.now() % 100_000);
    const report = await runFaults({ rounds: ROUNDS, seed });
    expect(report).toMatchObject({ seed, problems: [] });
    expect(report.tokens).toBeGreaterThan(ROUNDS);
  },
);
