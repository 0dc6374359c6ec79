import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspect } from './floors.mjs';
import { planted } from './planted.ts';

const rules = JSON.parse(readFileSync(new URL('./floors.json', import.meta.url), 'utf8'));
const server = 'packages/server/src';
const manifests = {
  'package.json': JSON.stringify({ name: 'root', devDependencies: { vitest: '1' } }),
  'packages/server/package.json': JSON.stringify({
    name: '@writ/server',
    dependencies: { '@writ/policy': '1', pg: '1', undici: '1' },
    devDependencies: { express: '1' },
  }),
  'packages/policy/package.json': JSON.stringify({ name: '@writ/policy', dependencies: { zod: '1' } }),
};

function problemsOf(files: Record<string, string>): string[] {
  return inspect(planted({ ...manifests, ...files }), rules).problems;
}

const clean = {
  [`${server}/main.ts`]: `import { house } from './house.ts'; house();`,
  [`${server}/house.ts`]: `import { token } from './doors/oauth/token.ts'; const fetch = token; export const house = () => ({ fetch });`,
  [`${server}/doors/oauth/token.ts`]: `import { save } from '../../rooms/tokens/store.ts'; export const token = () => save();`,
  [`${server}/rooms/tokens/store.ts`]: `import pg from 'pg'; import type { Client } from '../clients/client.ts'; export const save = (c?: Client) => [pg, c];`,
  [`${server}/rooms/clients/client.ts`]: `import { digest } from '../../base/digest.ts'; import type { Db } from '../../base/db.ts'; export type Client = Db & { d: typeof digest };`,
  [`${server}/rooms/clients/client.test.ts`]: `import { it } from 'vitest'; import { house } from '../../house.ts'; it('lives', () => [house, Date.now()]);`,
  [`${server}/base/digest.ts`]: `import { hash } from 'node:crypto'; export const digest = hash;`,
  [`${server}/base/db.ts`]: `import pg from 'pg'; export type Db = { pool: pg.Pool; at: Date }; export const at = (ms: number) => new Date(ms);`,
  [`${server}/base/clock.ts`]: `export const now = () => Date.now();`,
  [`${server}/base/outbound/fetch.ts`]: `import { request } from 'undici'; export const ask = () => [request, fetch('x')];`,
  'packages/policy/src/decide.ts': `import { z } from 'zod'; export const decide = z;`,
};

describe('the floors', () => {
  it('accept a house that keeps them, and list who knows whom', () => {
    const { problems, edges } = inspect(planted({ ...manifests, ...clean }), rules);
    expect(problems).toEqual([]);
    expect(edges).toContain('server/rooms/tokens: pg server/rooms/clients\n');
    expect(edges).toContain('server/base/outbound: undici\n');
    expect(edges).toContain('policy: zod\n');
  });

  it.each([
    ['an import upward', 'base/db.ts', `import { s } from '../rooms/tokens/store.ts';`, 'imports upward: rooms/tokens/store.ts'],
    ['an upward import of types alone', 'base/db.ts', `import type { s } from '../rooms/tokens/store.ts';`, 'imports upward'],
    ['an upward import type', 'base/db.ts', `export type S = import('../rooms/tokens/store.ts').S;`, 'imports upward'],
    ['a dynamic import upward', 'base/db.ts', `export const s = import('../rooms/tokens/store.ts');`, 'imports upward'],
    ['a room that knows one below it', 'rooms/clients/store.ts', `import { s } from '../tokens/store.ts';`, 'stands below it in the list'],
    ['a door that knows another', 'doors/oauth/token.ts', `import { s } from '../journey/page.ts';`, 'a door imports another door'],
    ['the house known by a door', 'doors/oauth/token.ts', `import { house } from '../../house.ts';`, 'imports upward: house.ts'],
    ['a file on no floor', 'helpers/text.ts', `export const a = 1;`, 'stands on no floor'],
    ['a room that nobody listed', 'rooms/gadgets/gadget.ts', `export const a = 1;`, 'rooms/gadgets is not in the list'],
    ['a door that nobody listed', 'doors/back/door.ts', `export const a = 1;`, 'doors/back is not in the list'],
    ['undici outside base/outbound', 'doors/oauth/token.ts', `import { request } from 'undici';`, 'imports undici; only base/outbound may'],
    ['fetch outside base/outbound', 'doors/oauth/token.ts', `export const a = fetch('https://x');`, 'calls fetch'],
    [
      'globalThis.fetch',
      'doors/oauth/token.ts',
      `const fetch = 1; export const a = [fetch, globalThis.fetch('https://x')];`,
      'calls fetch',
    ],
    ['fetch handed on', 'doors/oauth/token.ts', `export const a = (ask = fetch) => ask;`, 'calls fetch'],
    ['the time', 'doors/oauth/token.ts', `export const a = Date.now();`, 'Date.now() outside'],
    ['the time as a value', 'doors/oauth/token.ts', `export const a = Date.now;`, 'Date.now() outside'],
    ['today', 'doors/oauth/token.ts', `export const a = new Date();`, 'new Date() outside'],
    ['dice', 'rooms/clients/store.ts', `export const a = Math.random();`, 'Math.random() outside'],
    [
      'a pure file that imports a store',
      'rooms/tokens/issue.ts',
      `import { save } from './store.ts';`,
      'this file is pure, and rooms/tokens/store.ts is not',
    ],
    [
      'a pure file that imports a store of another name',
      'rooms/tokens/issue.ts',
      `import { save } from '../clients/read.store.ts';`,
      'is not',
    ],
    [
      'a pure file that reads the database',
      'rooms/tokens/issue.ts',
      `import { at } from '../../base/db.ts';`,
      'this file is pure; from below it may use',
    ],
    ['a pure file that imports Node', 'rooms/tokens/issue.ts', `import { readFileSync } from 'node:fs';`, 'this file is pure'],
    [
      'a package that is not named',
      'base/db.ts',
      `import x from 'left-pad';`,
      'imports left-pad, which packages/server/package.json does not name',
    ],
    ['a tool of the tests in the program', 'base/db.ts', `import x from 'express';`, 'imports express, which'],
    ['a file of another package', 'base/db.ts', `import x from '../../../policy/src/decide.ts';`, 'which lies outside packages/server'],
    ['a missing file ending', 'base/db.ts', `import x from './digest';`, 'without its file ending'],
    ['a builtin without its prefix', 'base/db.ts', `import x from 'crypto';`, 'without the prefix node:'],
  ])('find %s', (_, path, text, message) => {
    const found = problemsOf({ ...clean, [`${server}/${path}`]: `${text}\nexport {};` });
    expect(found.join('\n')).toContain(message);
    expect(found[0]).toMatch(new RegExp(`^${server}/${path}:\\d+: `));
  });

  it.each([
    ['between two files', { 'base/a.ts': `import './b.ts';`, 'base/b.ts': `import './a.ts';` }, 'a.ts -> b.ts'],
    [
      'between two folders of one door',
      {
        'doors/oauth/x/a.ts': `import '../y/b.ts';`,
        'doors/oauth/y/b.ts': '',
        'doors/oauth/y/c.ts': `import '../x/d.ts';`,
        'doors/oauth/x/d.ts': '',
      },
      'x -> y',
    ],
    [
      'by types alone',
      { 'base/a.ts': `import type { B } from './b.ts';`, 'base/b.ts': `import type { A } from './a.ts';` },
      'a.ts -> b.ts',
    ],
    ['of three', { 'base/a.ts': `import './b.ts';`, 'base/b.ts': `import './c/c.ts';`, 'base/c/c.ts': `import '../a.ts';` }, 'b.ts -> c'],
  ])('find a circle %s', (_, files, message) => {
    const placed = Object.fromEntries(Object.entries(files).map(([path, text]) => [`${server}/${path}`, text]));
    expect(problemsOf(placed).join('\n')).toContain(message);
  });

  it('find the ground looking up, and Node in what must run without it', () => {
    const found = problemsOf({
      'packages/policy/package.json': JSON.stringify({ name: '@writ/policy', dependencies: { '@writ/server': '1' } }),
      'packages/policy/src/a.ts': `import '@writ/server'; import 'node:fs';`,
    });
    expect(found.join('\n')).toContain('the ground knows nothing above it');
    expect(found.join('\n')).toContain('packages/policy must run without Node');
    expect(found.join('\n')).toContain('packages/server/package.json: @writ/server needs itself through its dependencies');
  });

  it('keep the black-box tests outside', () => {
    const found = problemsOf({ 'e2e/attack.test.ts': `import '@writ/server'; import '../packages/server/src/main.ts';` });
    expect(found).toEqual([expect.stringContaining('e2e sees the hub only from outside'), expect.stringContaining('lies outside e2e')]);
  });
});
