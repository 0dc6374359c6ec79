import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeDevFile, writeDevFile } from './dev-file.ts';
import { findTarget } from './target.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'writ-cli-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('without a word the hub of the running "writ dev" is meant, with the token of that run', () => {
  writeDevFile(dir, { url: 'http://localhost:4000', adminToken: 'of-this-run' });
  expect(findTarget({}, { WRIT_DATA_DIR: dir })).toEqual({ url: 'http://localhost:4000', token: 'of-this-run' });
  expect(statSync(join(dir, 'dev.json')).mode & 0o777).toBe(0o600);
  removeDevFile(dir);
  expect(findTarget({}, { WRIT_DATA_DIR: dir, WRIT_PORT: '9999' })).toEqual({ url: 'http://localhost:9999', token: undefined });
});

test('the token of the dev hub never goes to another hub', () => {
  writeDevFile(dir, { url: 'http://localhost:4000', adminToken: 'of-this-run' });
  expect(findTarget({ url: 'https://id.example.com' }, { WRIT_DATA_DIR: dir }).token).toBeUndefined();
  expect(findTarget({}, { WRIT_DATA_DIR: dir, WRIT_ISSUER: 'http://localhost:4001' }).token).toBeUndefined();
});

test('what the command line says wins over the environment', () => {
  const env = { WRIT_DATA_DIR: dir, WRIT_ISSUER: 'https://a.example.com', WRIT_ADMIN_TOKEN: 'environment' };
  expect(findTarget({ url: 'https://b.example.com/', token: 'option' }, env)).toEqual({ url: 'https://b.example.com', token: 'option' });
  expect(findTarget({}, env)).toEqual({ url: 'https://a.example.com', token: 'environment' });
});

test('a token is not sent over a network in plain text', () => {
  expect(() => findTarget({ url: 'http://id.example.com', token: 'secret' }, { WRIT_DATA_DIR: dir })).toThrow('unencrypted');
  expect(findTarget({ url: 'http://id.example.com' }, { WRIT_DATA_DIR: dir }).token).toBeUndefined();
  expect(findTarget({ url: 'http://[::1]:8787', token: 'secret' }, { WRIT_DATA_DIR: dir }).token).toBe('secret');
});

test.each(['id.example.com', 'ftp://id.example.com', 'https://id.example.com/admin/v1', 'https://id.example.com/?x'])(
  '%s is no address of a hub',
  (url) => {
    expect(() => findTarget({ url }, { WRIT_DATA_DIR: dir })).toThrow(url);
  },
);

test('a damaged file of an earlier run is no hub', () => {
  writeFileSync(join(dir, 'dev.json'), '{"url": 7');
  expect(findTarget({}, { WRIT_DATA_DIR: dir }).url).toBe('http://localhost:8787');
});
