// The checks of `npm test`, in order: cheap ones first, so that a slip shows in seconds. A step with `tests` runs vitest and counts
// each test; any other is one check, `[script, …arguments]` run on the project's Node.

const MINUTE = 60_000;

export const STEPS = [
  { name: 'types', title: 'Types: build of every package', command: ['node_modules/@typescript/native/bin/tsc', '-b'] },
  {
    name: 'testtypes',
    title: 'Types: tests, suites, benchmarks',
    command: ['node_modules/@typescript/native/bin/tsc', '-p', 'tsconfig.tests.json'],
  },
  { name: 'console', title: 'Console: bundled for the hub to serve', command: ['tools/console.mjs'] },
  { name: 'purity', title: 'Purity: the rooms compile without Node and DOM', command: ['tools/purity.mjs'] },
  { name: 'lint', title: 'Lint', command: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--report-unused-disable-directives'] },
  { name: 'format', title: 'Format', command: ['node_modules/oxfmt/bin/oxfmt', '--check'] },
  { name: 'floors', title: 'Floors: who imports whom', command: ['tools/floors.mjs'] },
  { name: 'sizes', title: 'Sizes of files and functions', command: ['tools/sizes.mjs'] },
  { name: 'suppressions', title: 'Suppressions: each with a reason, never more', command: ['tools/suppressions.mjs'] },
  { name: 'prose', title: 'Prose: paths, commands and words in the pages', command: ['tools/prose.mjs'] },
  { name: 'dependencies', title: 'Dependencies: each with its line', command: ['tools/dependencies.mjs'] },
  {
    name: 'unused',
    title: 'Unused files, exports and dependencies',
    command: ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'],
    needs: ['packages/server/src/house.ts', 'packages/cli/src/main.ts'],
  },
  {
    name: 'unit',
    title: 'Tests beside the code: rules, stores on both databases, doors',
    tests: ['packages/', 'examples/', 'tools/'],
    limitMs: 15 * MINUTE,
  },
  { name: 'e2e', title: 'Black box: conformance, attacks, clients, browser', tests: ['e2e/'], limitMs: 15 * MINUTE },
];

export const STEP_NAMES = STEPS.map((step) => step.name);

/**
 * What the words after `npm test --` mean: step names select steps; a path narrows the tests to files below it. `{ steps, paths }`, or
 * `{ problem }`.
 */
export function select(words, exists) {
  const unknown = words.filter((word) => !STEP_NAMES.includes(word) && !exists(word));
  if (unknown.length > 0) return { problem: `"${unknown[0]}" is neither a step nor a path. Steps: ${STEP_NAMES.join(' ')}` };
  const paths = words.filter((word) => !STEP_NAMES.includes(word));
  const named = STEPS.filter((step) => words.includes(step.name));
  if (named.length > 0) return { steps: named, paths };
  if (paths.length === 0) return { steps: STEPS, paths };
  return { steps: STEPS.filter((step) => step.tests?.some((start) => paths.some((path) => path.startsWith(start)))), paths };
}
