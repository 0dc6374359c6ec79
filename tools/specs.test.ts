import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { planted } from './planted.ts';
import { snippetProblems, specProblems, tallyOf } from './specs.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SUITE = [
  "it('keeps a rule', () => {});",
  "it.each([['a row']])('%s is refused', () => {});",
  "it('it\\'s quoted', () => {});",
  "// it('was once', () => {});",
  "it.skip('sleeps', () => {});",
].join('\n');
const table = (cell: string) => `# Rules\n\n| Rule | Met in | Shown by |\n|---|---|---|\n| One | \`a\` | ${cell} |\n`;
const problemsOf = (cell: string) =>
  specProblems(
    planted({
      'docs/specs/rules.md': table(cell),
      'packages/server/src/doors/a.test.ts': SUITE,
      'e2e/interop/b.test.ts': "it('runs elsewhere');",
    }),
  );

it('the tables of docs/specs name tests that exist', () => {
  expect(specProblems(ROOT)).toEqual([]);
  expect(tallyOf(ROOT).rules).toBeGreaterThan(200);
});

it('the snippets of the guides stand in files that are built or run', () => {
  expect(snippetProblems(ROOT)).toEqual([]);
});

it.each([
  '`doors/a.test.ts` "keeps a rule"',
  '`packages/server/src/doors/a.test.ts` "a row" "%s is refused"; `doors/a.test.ts` "it\'s quoted"',
  'not shown',
  'not met: the parameter is ignored',
])('accepts %s', (cell) => {
  expect(problemsOf(cell)).toEqual([]);
});

it.each([
  ['a title that is nowhere', '`doors/a.test.ts` "keeps"', 'packages/server/src/doors/a.test.ts has no test "keeps"'],
  ['a title in a comment', '`doors/a.test.ts` "was once"', 'packages/server/src/doors/a.test.ts has no test "was once"'],
  ['a test that is switched off', '`doors/a.test.ts` "sleeps"', 'packages/server/src/doors/a.test.ts has no test "sleeps"'],
  ['a file that is gone', '`doors/gone.test.ts` "keeps a rule"', 'doors/gone.test.ts does not exist'],
  [
    'a file that npm test does not run',
    '`e2e/interop/b.test.ts` "runs elsewhere"',
    'e2e/interop/b.test.ts is not among the tests that run',
  ],
  ['a file without a title', '`doors/a.test.ts`', 'a test file without the title of a test'],
  ['no word at all', 'surely', 'neither a test, nor the word that there is none'],
])('finds %s', (_, cell, problem) => {
  expect(problemsOf(cell)).toEqual([`docs/specs/rules.md:5: ${problem}`]);
});

it('finds a snippet that is not in its file, out of order, or of no file', () => {
  const snippet = (path: string, lines: string) => `From ${path}:\n\n\`\`\`ts\n${lines}\n\`\`\`\n`;
  const source = 'const a = 1;\n\nfunction f() {\n  return a;\n}\nf();\n';
  const check = (page: string) => snippetProblems(planted({ 'docs/guides/g.md': page, 'examples/x/src/a.ts': source }));
  expect(check(snippet('`examples/x/src/a.ts`', 'const a = 1;\n// …\nreturn a;\n}'))).toEqual([]);
  expect(check(snippet('`examples/x/src/a.ts`', 'f();\n// …\nconst a = 1;'))).toEqual([
    'docs/guides/g.md: examples/x/src/a.ts does not hold "const a = 1;"',
  ]);
  expect(check(snippet('`examples/x/src/a.ts`', 'const a = 1;\nf();'))).toEqual([
    'docs/guides/g.md: examples/x/src/a.ts does not hold "f();"',
  ]);
  expect(check(snippet('thin air', 'const a = 1;'))).toEqual(['docs/guides/g.md: a snippet whose file is not named: const a = 1;']);
});
