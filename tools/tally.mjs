// Counting: a test is a test, a check is one. Whatever went wrong without a failing test to show for it counts as one failure too.
import { existsSync, readFileSync } from 'node:fs';

/** `{ passed, failed, skipped }` of a vitest run from its JSON report and exit status. */
export function tallyOf(report, status) {
  const json = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  if (json === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const broken = json.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = json.numFailedTests + broken.length;
  const passed = json.numPassedTests;
  return { passed, failed: failed === 0 && status !== 0 ? 1 : failed, skipped: json.numPendingTests + (json.numTodoTests ?? 0) };
}

/** The last line of `npm test`; programs read it. */
export function lastLine(tallies) {
  const sum = (key) => tallies.reduce((total, tally) => total + tally[key], 0);
  const skipped = sum('skipped');
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
