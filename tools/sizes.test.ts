import { expect, it } from 'vitest';
import { planted } from './planted.ts';
import { sizes } from './sizes.mjs';

const lines = (count: number, line = '// line') => `${line}\n`.repeat(count);
const longFunction = (name: string, count: number) => `export function ${name}() {\n${lines(count - 2)}}\n`;

it('accepts files and functions up to the stop, and counts lines as an editor does', () => {
  const { problems, summary } = sizes(planted({ 'packages/a/src/a.ts': longFunction('whole', 12), 'packages/a/src/b.ts': lines(80) }));
  expect(problems).toEqual([]);
  expect(summary).toEqual(['files: 2, median 12, p90 80, longest 80', 'functions: 1, median 12, p90 12, longest 12']);
});

it('finds a file and a function beyond the stop, in tests too', () => {
  const small = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`packages/a/src/${at}.ts`, longFunction('small', 3)]));
  const root = planted({
    ...small,
    'packages/a/src/long.ts': lines(451),
    'packages/a/src/a.test.ts': longFunction('tested', 91),
    'tools/deep.mjs': longFunction('deep', 91),
  });
  expect(sizes(root).problems).toEqual([
    'packages/a/src/long.ts: 451 lines, and 450 is the stop',
    'packages/a/src/a.test.ts#tested: 91 lines, and 90 is the stop',
    'tools/deep.mjs#deep: 91 lines, and 90 is the stop',
  ]);
});

it('finds a house that grew too long as a whole', () => {
  const root = planted({ 'packages/a/src/a.ts': longFunction('a', 60), 'packages/a/src/b.ts': lines(310) });
  expect(sizes(root).problems).toEqual([
    'nine tenths of files reach 310 lines, and 300 is the limit',
    'the median of functions is 60 lines, and 12 is the limit',
    'nine tenths of functions reach 60 lines, and 45 is the limit',
  ]);
});

it('accepts an exception with a reason up to its own limit, and finds one that is not needed any more', () => {
  const small = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`packages/a/src/${at}.ts`, lines(3)]));
  const root = planted({
    ...small,
    'packages/a/src/long.ts': lines(460),
    'packages/a/src/longer.ts': lines(480),
    'tools/sizes-allowed.txt': [
      '# path lines reason',
      'packages/a/src/long.ts 470 A table of RFC words that reads best in one piece',
      'packages/a/src/longer.ts 470 A table of RFC words that reads best in one piece',
      'packages/a/src/gone.ts 470 A table of RFC words that reads best in one piece',
      'packages/a/src/short.ts 470 because',
    ].join('\n'),
  });
  expect(sizes(root).problems).toEqual([
    'packages/a/src/longer.ts: 480 lines, and 470 is the stop',
    expect.stringContaining('the reason is a sentence: packages/a/src/short.ts'),
    'tools/sizes-allowed.txt: packages/a/src/gone.ts needs no exception any more; remove the line',
  ]);
});
