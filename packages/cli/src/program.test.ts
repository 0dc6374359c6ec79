import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workFolder, writ } from './hub.suite.ts';
import type { Ran } from './hub.suite.ts';
import { buildProgram } from './program.ts';

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
  ['exchange'],
  ['inspect'],
  ['doctor'],
  ['openapi'],
  ['agent'],
  ['agent', 'ls'],
  ['agent', 'show'],
  ['agent', 'owner'],
  ['agent', 'freeze'],
  ['agent', 'unfreeze'],
  ['agent', 'revoke'],
  ['agent', 'drifts'],
  ['agent', 'accept-drift'],
  ['agent', 'decline-drift'],
  ['client'],
  ['client', 'ls'],
  ['client', 'create'],
  ['client', 'rotate-secret'],
  ['grant'],
  ['grant', 'ls'],
  ['grant', 'revoke'],
  ['grant', 'narrow'],
  ['grant', 'undo'],
  ['grant', 'end'],
  ['advice'],
  ['knock'],
  ['knock', 'ls'],
  ['knock', 'dismiss'],
  ['freeze'],
  ['unfreeze'],
  ['revoke'],
  ['stopped'],
  ['unfreezes'],
  ['unfreezes', 'ls'],
  ['unfreezes', 'confirm'],
  ['unfreezes', 'refuse'],
  ['graph'],
  ['approval'],
  ['approval', 'ls'],
  ['approval', 'give'],
  ['approval', 'refuse'],
  ['user'],
  ['user', 'create'],
  ['user', 'invite'],
  ['user', 'console'],
  ['policy'],
  ['policy', 'test'],
  ['policy', 'simulate'],
  ['policy', 'replay'],
  ['policy', 'explain'],
  ['policy', 'history'],
  ['policy', 'rollback'],
  ['policy', 'shadow'],
  ['flow'],
  ['flow', 'ls'],
  ['flow', 'show'],
  ['flow', 'versions'],
  ['flow', 'diff'],
  ['flow', 'export'],
  ['flow', 'new'],
  ['flow', 'import'],
  ['flow', 'validate'],
  ['flow', 'rm'],
  ['flow', 'publish'],
  ['flow', 'rollback'],
  ['flow', 'assign'],
  ['flow', 'run'],
  ['trust'],
  ['trust', 'ls'],
  ['trust', 'check'],
  ['trust', 'preview'],
  ['provider'],
  ['provider', 'ls'],
  ['provider', 'show'],
  ['connect'],
  ['credential'],
  ['credential', 'ls'],
  ['credential', 'put'],
  ['credential', 'refresh'],
  ['credential', 'rm'],
  ['credential', 'import'],
  ['keys'],
  ['keys', 'ls'],
  ['keys', 'rotate'],
  ['kek'],
  ['kek', 'status'],
  ['kek', 'rotate'],
  ['audit'],
  ['audit', 'tail'],
  ['audit', 'search'],
  ['audit', 'verify'],
  ['audit', 'export'],
  ['sink'],
  ['sink', 'ls'],
  ['sink', 'test'],
  ['sink', 'replay'],
  ['stream'],
  ['stream', 'ls'],
  ['stream', 'show'],
  ['stream', 'pause'],
  ['stream', 'resume'],
  ['stream', 'verify'],
  ['stream', 'rm'],
];

/** Runs the command line in this process, which is quick enough to ask every verb. */
async function say(args: readonly string[]): Promise<{ out: string; err: string }> {
  const [out, err]: string[][] = [[], []];
  const to = {
    print: (line: string) => void out?.push(line),
    note: (line: string) => void err?.push(line),
    paint: (_: string, text: string) => text,
  };
  const program = buildProgram({ ...to, setStatus: () => undefined, env: {}, isInteractive: false, isScreen: false });
  await program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
  });
  return { out: out?.join('\n') ?? '', err: err?.join('\n') ?? '' };
}

test.each(VERBS.map((verb) => [verb.join(' '), verb] as const))('writ %s --help explains it with an example', async (words, verb) => {
  const { out, err } = await say([...verb, '--help']);
  expect(err).toBe('');
  expect(out).toContain(`Usage: writ ${words}`);
  expect(out).toMatch(/Examples?:\n\s+\$ .*writ /);
});

test('every verb stands in the list above', () => {
  const program = buildProgram({
    print: () => undefined,
    note: () => undefined,
    paint: (_, text) => text,
    setStatus: () => undefined,
    env: {},
    isInteractive: false,
    isScreen: false,
  });
  const verbs = program.commands.flatMap((verb) => [[verb.name()], ...verb.commands.map((one) => [verb.name(), one.name()])]);
  expect(verbs.map((verb) => verb.join(' ')).toSorted()).toEqual(VERBS.map((verb) => verb.join(' ')).toSorted());
});

test('the help of the built program comes at once, with status 0', async () => {
  const { status, out, err } = await run('--help');
  expect({ status, err }).toEqual({ status: 0, err: '' });
  for (const [verb] of VERBS) expect(out).toMatch(new RegExp(`^  ${verb ?? '?'} `, 'm'));
});

describe('a command line that is wrong ends with 2 and says why', () => {
  test.each([
    ['an unknown verb', ['barter'], 'unknown command'],
    ['an exchange of nothing', ['exchange'], "required option '--subject"],
    ['an exchange by nobody', ['exchange', '--subject', 'x', '--resource', 'http://a'], 'proves itself'],
    ['two proofs', ['token', '--client', 'a', '--secret', 'x', '--assertion', 'y'], 'not both'],
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
    expect({ status, out, err }).toMatchObject({ status: 2, out: '' });
    expect(err).toContain(words);
  });
});

describe('what cannot be done ends with 1 and one sentence', () => {
  test.each([
    ['no hub', ['agent', 'ls', '--token', 'x', '--url', 'http://127.0.0.1:65533'], 'No hub answers at http://127.0.0.1:65533'],
    ['no token', ['agent', 'ls'], 'No admin token'],
    ['no file', ['plan', 'gone.yaml', '--token', 'x'], 'There is no gone.yaml'],
    ['no export', ['audit', 'verify', 'gone.ndjson'], 'gone.ndjson'],
    ['no keys', ['audit', 'verify', '-', '--keys', 'gone.json'], 'gone.json'],
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
    err: 'writ: WRIT_ISUER: the hub knows no such variable; docs/guides/production.md lists them\n',
  });
});
