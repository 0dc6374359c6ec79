// npm test: sets up what is missing, then runs every check in order, going on after failures. The last line says how many passed and
// failed; the exit status says whether all is well. `npm test -- unit` runs one step, `npm test -- packages/policy` some tests.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from './run.mjs';
import { ROOT, setup } from './setup.mjs';
import { select, STEP_NAMES } from './steps.mjs';
import { machine, provideSystem } from './system.mjs';
import { lastLine, secondTry, tallyOf } from './tally.mjs';

const CHECK_LIMIT_MS = 300_000;
/** With more files than this something is broken, not unsteady: no second try. */
const MOST_UNSTEADY = 4;
const INTERRUPTED = new Set([130, 143]);

const words = process.argv.slice(2);
if (words.includes('--help')) {
  process.stdout.write(`npm test [-- <step or path> …]\nSteps: ${STEP_NAMES.join(' ')}\n`);
  process.exit(0);
}
const chosen = select(words, (word) => existsSync(join(ROOT, word)));
if (chosen.problem !== undefined) {
  process.stderr.write(`${chosen.problem}\n`);
  process.exit(2);
}

const { node } = await setup({ build: false });
if (chosen.steps.some((step) => step.tests !== undefined)) await provideSystem();
const done = [];
for (const step of chosen.steps) done.push(await runStep(step));
report();

async function runStep(step) {
  process.stdout.write(`\n── ${step.title} (${step.name}) ${'─'.repeat(Math.max(0, 76 - step.title.length - step.name.length))}\n`);
  const started = performance.now();
  const tally = step.tests === undefined ? await check(step) : await test(step);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  return { ...tally, name: step.name, seconds };
}

async function check({ command, needs = [] }) {
  const absent = needs.filter((path) => !existsSync(join(ROOT, path)));
  if (absent.length > 0) {
    process.stdout.write(`skipped: ${absent.join(', ')} not written yet\n`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const status = await onNode(command, CHECK_LIMIT_MS);
  return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

async function test({ name, tests, limitMs }) {
  const first = await vitest(name, chosen.paths.length > 0 ? chosen.paths : tests, limitMs);
  const files = [...new Set(first.failures.map((failure) => failure.file))];
  if (files.length === 0 || files.length > MOST_UNSTEADY) return first;
  process.stdout.write(`\nOnce more, alone: ${files.map((file) => relative(ROOT, file)).join(' ')}\n`);
  return secondTry(first, await vitest(name, files, limitMs));
}

async function vitest(name, where, limitMs) {
  const file = join(ROOT, '.tmp', `${name}.json`);
  mkdirSync(join(ROOT, '.tmp'), { recursive: true });
  rmSync(file, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = await onNode(['node_modules/vitest/vitest.mjs', 'run', ...where, '--passWithNoTests', ...reporters], limitMs);
  return tallyOf(file, status);
}

/** A signal to us reached the child through `run`; nobody wants the remaining steps then. */
async function onNode([script, ...args], limitMs) {
  const status = await run(node, [join(ROOT, script), ...args], { cwd: ROOT, limitMs });
  if (INTERRUPTED.has(status)) process.exit(status);
  if (status === 124) process.stdout.write(`stopped after ${limitMs / 1000} s\n`);
  return status;
}

function report() {
  const total = done.reduce((sum, step) => sum + Number(step.seconds), 0).toFixed(0);
  process.stdout.write(`\n── Summary (${machine()}, ${total} s) ${'─'.repeat(40)}\n`);
  for (const { name, passed, failed, skipped, seconds } of done) {
    const verdict = failed > 0 ? 'FAILED' : passed > 0 ? 'ok' : 'skipped';
    process.stdout.write(
      `${verdict.padEnd(8)}${name.padEnd(14)}${`${passed}`.padStart(6)} passed ${failed} failed ${skipped} skipped ${seconds} s\n`,
    );
  }
  for (const { failures = [] } of done) failures.forEach(tell('FAILED  '));
  for (const { unsteady = [] } of done) unsteady.forEach(tell('unsteady'));
  process.stdout.write(`${lastLine(done)}\n`);
  process.exitCode = done.some((step) => step.failed > 0) ? 1 : 0;
}

function tell(verdict) {
  return ({ file, test, says }) =>
    process.stdout.write(`${verdict} ${relative(ROOT, file)}: ${test || 'the whole file'}\n         ${says}\n`);
}
