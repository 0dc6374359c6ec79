import { expect, it } from 'vitest';
import { dependencyProblems } from './dependencies.mjs';
import { planted } from './planted.ts';

it('finds a dependency without its line, a line without its dependency, and an empty cell', () => {
  const root = planted({
    'package.json': JSON.stringify({ devDependencies: { vitest: '1' } }),
    'packages/a/package.json': JSON.stringify({
      name: '@writ/a',
      dependencies: { pg: '1', '@writ/b': '1' },
      peerDependencies: { hono: '1' },
    }),
    'packages/b/package.json': JSON.stringify({ name: '@writ/b' }),
    'docs/decisions/dependencies.md':
      '| Package | For | Kept by | Instead | Size |\n|---|---|---|---|---|\n| `pg` `gone` | sql | x | y | 1 kB |\n| `hono` | http | | z | 1 kB |\n',
  });
  expect(dependencyProblems(root)).toEqual([
    './package.json: vitest has no line in docs/decisions/dependencies.md',
    'docs/decisions/dependencies.md: gone is no dependency any more',
    'docs/decisions/dependencies.md: the row of hono has an empty cell',
  ]);
});
