import { expect, it } from 'vitest';
import { planted } from './planted.ts';
import { ratchet, suppressions } from './suppressions.mjs';

// Put together at run time, so that this file itself suppresses nothing.
const lint = ['// ox', 'lint-disable-next-line no-eval'].join('');
const ignore = ['// @ts', '-expect-error'].join('');

it('finds each way to silence a type or a check that does not say why', () => {
  const text = ['const a = b as string;', 'let c: any;', 'd!.e();', 'class F { g!: string }', 'const h = <string>i;', lint, ignore].join(
    '\n',
  );
  const { problems, counts } = suppressions(planted({ 'packages/a/src/a.ts': text }));
  expect(problems.map((problem) => problem.split(':')[1])).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  expect(Object.fromEntries(counts)).toEqual({ 'source as': 2, 'source any': 1, 'source !': 2, 'source comment': 2 });
});

it('accepts a reason on the line, and what is no suppression', () => {
  const text = [
    "const a = ['x'] as const;",
    "import * as b from 'b'; export { b as c };",
    'const d = e !== f && !g;',
    'const any = "any as !";',
    'const h = i as string; // reason: the driver types every column as unknown',
    `${lint} -- reason: the expression is a constant of this file`,
  ].join('\n');
  expect(suppressions(planted({ 'packages/a/src/a.ts': text })).problems).toEqual([]);
});

it('lets the committed count fall, and not rise', () => {
  const committed = 'source ! 1\nsource as 3\ntests as 2\n';
  const fewer = ratchet(
    new Map([
      ['source as', 2],
      ['tests as', 2],
    ]),
    committed,
  );
  expect(fewer).toEqual({ problems: [], text: 'source as 2\ntests as 2\n' });
  const more = ratchet(
    new Map([
      ['source as', 4],
      ['source any', 1],
    ]),
    committed,
  );
  expect(more.problems).toEqual([
    expect.stringContaining('source as rose from 3 to 4'),
    expect.stringContaining('source any rose from 0 to 1'),
  ]);
  expect(more.text).toBe('source as 3\n');
});
