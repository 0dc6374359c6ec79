import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workFolder, writ } from './hub.suite.ts';
import type { Ran } from './hub.suite.ts';

let folder: ReturnType<typeof workFolder>;
beforeAll(() => {
  folder = workFolder();
});
afterAll(() => folder.remove());

const run = (...args: string[]): Promise<Ran> => writ(folder.path, args);

const VERBS = [
  ['dev'],
  ['serve'],
  ['apply'],
  ['plan'],
  ['drift'],
  ['export'],
  ['token'],
  ['inspect'],
  ['doctor'],
  ['openapi'],
  ['agent'],
  ['agent', 'ls'],
  ['agent', 'show'],
  ['agent', 'freeze'],
  ['agent', 'unfreeze'],
  ['agent', 'revoke'],
  ['client'],
  ['client', 'ls'],
  ['client', 'create'],
  ['client', 'rotate-secret'],
  ['grant'],
  ['grant', 'ls'],
  ['grant', 'revoke'],
  ['user'],
  ['user', 'create'],
  ['user', 'invite'],
  ['user', 'console'],
  ['user', 'console'],
  ['keys'],
  ['keys', 'ls'],
  ['keys', 'rotate'],
  ['audit'],
  ['audit', 'tail'],
  ['audit', 'search'],
  ['audit', 'verify'],
  ['audit', 'export'],
];

test.each(VERBS.map((verb) => [verb.join(' '), verb] as const))('writ %s --help explains it with an example', async (words, verb) => {
  const { status, out, err } = await run(...verb, '--help');
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toContain(`Usage: writ ${words}`);
  expect(out).toMatch(/Examples?:\n\s+\$ .*writ /);
});

describe('a command line that is wrong ends with 2 and says why', () => {
  test.each([
    ['an unknown verb', ['exchange'], 'unknown command'],
    ['no verb', [], 'Usage: writ'],
    ['a group alone', ['agent'], 'Usage: writ agent'],
    ['a missing argument', ['inspect'], 'missing required argument'],
    ['an unknown option', ['dev', '--nonsense'], 'unknown option'],
    ['a port that is none', ['dev', '--port', '70000'], 'A port from 0 to 65535'],
    ['a count that is none', ['agent', 'ls', '--limit', '-1'], 'A number from 1'],
    ['a time that is none', ['audit', 'search', '--since', 'yesterday'], 'A day'],
    ['a hub that is no URL', ['agent', 'ls', '--url', 'example'], 'no http or https URL'],
    ['a secret without its client', ['token', '--secret', 'x'], 'name it with --client'],
    ['a secret from nowhere', ['token', '--client', 'a', '--secret', 'env:NOT_SET'], 'has no NOT_SET'],
  ])('%s', async (_, args, words) => {
    const { status, out, err } = await run(...args);
    expect(status, err).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(words);
  });
});

describe('what cannot be done ends with 1 and one sentence', () => {
  test.each([
    ['no hub', ['agent', 'ls', '--token', 'x', '--url', 'http://127.0.0.1:65533'], 'No hub answers at http://127.0.0.1:65533'],
    ['no token', ['agent', 'ls'], 'No admin token'],
    ['no file', ['plan', 'gone.yaml', '--token', 'x'], 'There is no gone.yaml'],
    ['no export', ['audit', 'verify', 'gone.ndjson'], 'gone.ndjson'],
    ['not built yet', ['token', '--device'], 'not built yet'],
  ])('%s', async (_, args, words) => {
    const { status, out, err } = await run(...args);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain(`writ: `);
    expect(err).toContain(words);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});

test('production refuses to start without what it needs, by name', async () => {
  const serve = (env: Record<string, string>): Promise<Ran> => writ(folder.path, ['serve'], { env });
  expect(await serve({})).toMatchObject({ status: 1, err: expect.stringContaining('WRIT_ISSUER: must be https') });
  expect(await serve({ WRIT_ISSUER: 'https://id.example.com' })).toMatchObject({ status: 1, err: expect.stringContaining('WRIT_KEK') });
  expect(await serve({ WRIT_ISUER: 'https://id.example.com' })).toMatchObject({
    status: 1,
    err: 'writ: WRIT_ISUER: unknown; see "Environment" in the guide\n',
  });
});
