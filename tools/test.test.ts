import { join } from 'node:path';
import { expect, it } from 'vitest';
import { planted } from './planted.ts';
import { select, STEPS } from './steps.mjs';
import { lastLine, secondTry, tallyOf } from './tally.mjs';

const report = (files: object[], counts: object) =>
  JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, ...counts, testResults: files });

function tally(text: string | undefined, status: number) {
  const root = planted(text === undefined ? {} : { 'report.json': text });
  return tallyOf(join(root, 'report.json'), status);
}

it('counts tests, and a file that could not even be loaded as one failure', () => {
  const broken = { name: 'a.test.ts', status: 'failed', message: 'no such file\nat …', assertionResults: [] };
  const failing = {
    name: 'b.test.ts',
    status: 'failed',
    assertionResults: [{ status: 'passed' }, { status: 'failed', fullName: 'b says two', failureMessages: ['expected 1 to be 2\nat …'] }],
  };
  expect(tally(report([broken, failing], { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2 }), 1)).toEqual({
    passed: 5,
    failed: 2,
    skipped: 2,
    failures: [
      { file: 'a.test.ts', test: '', says: 'no such file' },
      { file: 'b.test.ts', test: 'b says two', says: 'expected 1 to be 2' },
    ],
  });
});

it('counts a run without a report, and one that fails after its tests passed, as a failure', () => {
  expect(tally(undefined, 137)).toEqual({ passed: 0, failed: 1, skipped: 0, failures: [] });
  expect(tally(report([], { numPassedTests: 3 }), 1)).toEqual({ passed: 3, failed: 1, skipped: 0, failures: [] });
  expect(tally(report([], { numPassedTests: 3 }), 0)).toEqual({ passed: 3, failed: 0, skipped: 0, failures: [] });
});

it('calls unsteady what passes when it runs once more alone, and failed what does not', () => {
  const [a, b] = ['a.test.ts', 'b.test.ts'].map((file) => ({ file, test: 'says two', says: 'expected 1 to be 2' }));
  const first = { passed: 5, failed: 2, skipped: 0, failures: [a, b] };
  expect(secondTry(first, { passed: 1, failed: 0, skipped: 0, failures: [] })).toEqual({
    passed: 7,
    failed: 0,
    skipped: 0,
    failures: [],
    unsteady: [a, b],
  });
  expect(secondTry(first, { passed: 1, failed: 1, skipped: 0, failures: [b] })).toMatchObject({
    passed: 6,
    failed: 1,
    failures: [b],
    unsteady: [a],
  });
  // Without a test to show for it: killed, or out of time.
  expect(secondTry(first, { passed: 0, failed: 1, skipped: 0, failures: [] })).toEqual(first);
});

it('ends with one line that programs can read', () => {
  expect(
    lastLine([
      { passed: 2, failed: 0, skipped: 0 },
      { passed: 3, failed: 1, skipped: 0 },
    ]),
  ).toBe('5 passed, 1 failed');
  expect(lastLine([{ passed: 2, failed: 0, skipped: 4 }])).toBe('2 passed, 0 failed, 4 skipped');
});

it('selects everything, steps by name, or tests by path, and refuses what is neither', () => {
  const exists = (word: string) => word.startsWith('packages/') || word.startsWith('e2e/');
  const names = (words: string[]) => select(words, exists).steps?.map((step) => step.name);
  expect(names([])).toEqual(STEPS.map((step) => step.name));
  expect(names(['floors', 'types'])).toEqual(['types', 'floors']);
  expect(names(['packages/policy'])).toEqual(['unit']);
  expect(names(['e2e/attacks', 'lint'])).toEqual(['lint']);
  expect(select(['unti'], exists).problem).toContain('"unti" is neither a step nor a path');
});
