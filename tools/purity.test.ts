import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { planted } from './planted.ts';
import { purityProblems } from './purity.mjs';

const checkout = join(import.meta.dirname, '..');
const copied = [
  'tsconfig.base.json',
  'packages/server/tsconfig.pure.json',
  'packages/server/pure-types/web.d.ts',
  'packages/server/pure-types/node/index.d.ts',
];
const world = {
  ...Object.fromEntries(copied.map((path) => [path, readFileSync(join(checkout, path), 'utf8')])),
  'package.json': '{"type":"module"}',
};
const room = 'packages/server/src/rooms/clients';

it('lets a pure file parse addresses and text, and a store do what it likes', () => {
  const root = planted({
    ...world,
    [`${room}/client.ts`]: `export const host = (text: string) => [new URL(text).searchParams.get('a'), new TextEncoder().encode(text).length];`,
    [`${room}/store.ts`]: `import fs from 'node:fs'; export const at = [process.pid, fs];`,
    [`${room}/read.store.ts`]: `export const at = process.pid;`,
    [`${room}/client.test.ts`]: `export const at = process.pid;`,
  });
  expect(purityProblems(root, checkout)).toEqual([]);
});

it.each([
  ['the process', 'process.pid'],
  ['the network', "fetch('https://x.test')"],
  ['a timer', 'setTimeout(() => 1, 1)'],
  ['the file system', "import('node:fs')"],
  ['random bytes', 'crypto.randomUUID()'],
  ['a buffer', "Buffer.from('a')"],
  ['the console', "console.log('a')"],
])('refuses %s in a pure file', (_, expression) => {
  const root = planted({ ...world, [`${room}/client.ts`]: `export const a: unknown = ${expression};` });
  expect(purityProblems(root, checkout)).toEqual([expect.stringMatching(/^packages\/server\/src\/rooms\/clients\/client\.ts:1: TS/)]);
});

it('says so when the DOM gets in and nothing would be judged any more', () => {
  const root = planted({ ...world, [`${room}/client.ts`]: `/// <reference lib="dom" />\nexport const a = fetch('https://x.test');` });
  expect(purityProblems(root, checkout).join()).toContain('nothing is judged');
});
