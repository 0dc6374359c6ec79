// Counting: a test is a test, a check is one. Whatever went wrong without a failing test to show for it counts as one failure too.
import { existsSync, readFileSync } from 'node:fs';

/**
 * `{ passed, failed, skipped, failures }` of a vitest run from its JSON report and exit status; `failures` holds `{ file, test, says }` of
 * each, `test` empty where the whole file could not run.
 */
export function tallyOf(report, status) {
  const json = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  if (json === undefined) return { passed: 0, failed: 1, skipped: 0, failures: [] };
  const failures = json.testResults.filter((file) => file.status === 'failed').flatMap(failuresOf);
  const failed = failures.length === 0 && status !== 0 ? 1 : failures.length;
  return { passed: json.numPassedTests, failed, skipped: json.numPendingTests + (json.numTodoTests ?? 0), failures };
}

function failuresOf({ name: file, message = '', assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return [{ file, test: '', says: firstLine(message) }];
  return failed.map((test) => ({ file, test: test.fullName ?? '', says: firstLine(test.failureMessages?.[0] ?? '') }));
}

function firstLine(text) {
  return text.split('\n', 1)[0].slice(0, 300);
}

/**
 * What a run comes to after the files that failed in it ran once more, alone: a file that passes then is unsteady, which is said by name
 * and is no failure; what fails twice is one.
 */
export function secondTry(first, second) {
  const again = new Set(second.failures.map(({ file }) => file));
  const unsteady = first.failures.filter(({ file }) => !again.has(file));
  const failures = first.failures.filter(({ file }) => again.has(file));
  // A second run that fails without a test to show for it explains nothing: the first one stands.
  if (second.failed > 0 && second.failures.length === 0) return first;
  return {
    ...first,
    passed: first.passed + unsteady.filter(({ test }) => test !== '').length,
    failed: failures.length,
    failures,
    unsteady,
  };
}

/** The last line of `npm test`; programs read it. */
export function lastLine(tallies) {
  const sum = (key) => tallies.reduce((total, tally) => total + tally[key], 0);
  const skipped = sum('skipped');
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
