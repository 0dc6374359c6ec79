import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDev, workFolder, writ } from './hub.suite.ts';
import type { Dev, Ran } from './hub.suite.ts';
import { listAt, parseJson, textAt } from './json.ts';

let folder: ReturnType<typeof workFolder>;
let dev: Dev;
const run = (...args: string[]): Promise<Ran> => writ(folder.path, args);
const fileOf = (name: string, value: unknown): string => {
  const path = join(folder.path, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
};

beforeAll(async () => {
  folder = workFolder();
  dev = await startDev(folder.path, ['--empty']);
  const config = {
    tenants: [{ id: 'acme', name: 'Acme' }],
    users: [{ id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme' }] }],
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }, { name: 'write', risk: 'high' }] }],
    clients: [{ id: 'web', name: 'Web', public: true, redirectUris: ['https://app.example/cb'] }],
    policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' }],
  };
  const applied = await run('apply', fileOf('config.json', config));
  if (applied.status !== 0) throw new Error(applied.err);
});
afterAll(async () => {
  await dev.stop();
  folder.remove();
});

describe('writ flow', () => {
  test('goes from a template to a flow that runs for a client', async () => {
    expect((await run('flow', 'new')).out).toMatch(/step-up-on-risk +\S/);
    const made = await run('flow', 'new', 'risky', '--template', 'step-up-on-risk');
    expect(made).toMatchObject({ status: 0, out: '' });
    expect(made.err).toContain('"writ flow publish risky" puts it in force');
    expect((await run('flow', 'new', 'risky', '--from', 'authorize')).status).toBe(1);
    expect((await run('flow', 'publish', 'risky', '--note', 'first')).out).toContain('in force as version 1');
    expect((await run('flow', 'assign', 'risky', '--client', 'web')).out).toContain('runs for client web');
    expect((await run('flow', 'assign')).out).toMatch(/authorize +web +- +- +risky/);
    expect((await run('flow', 'ls')).out).toMatch(/risky +authorize +version 1 +- +client web/);
    expect((await run('flow', 'ls')).out).toMatch(/sign-in +sign_in +built in/);
    expect((await run('flow', 'rm', 'risky')).status).toBe(1);
  });

  test('shows a flow, and runs it with made-up facts', async () => {
    const { out } = await run('flow', 'show', 'risky');
    expect(out).toMatch(/second +stepUp/);
    const answers = fileOf('answers.yaml', '- {kind: allowed}\n');
    const facts = ['--client', 'web', '--resource', 'ops', '--user', 'ann', '--signed-in', 'password'];
    const high = await run('flow', 'run', 'risky', ...facts, '--scope', 'write');
    expect(high.out).toContain('shows the page authenticate: passkey, totp');
    const low = await run('flow', 'run', 'risky', ...facts, '--scope', 'read', '--answers', answers);
    expect(low.out).toContain('it goes through: with read, tenant acme, acr 1');
    const json = parseJson((await run('flow', 'run', 'risky', '1', ...facts, '--json')).out);
    expect(listAt(json, 'steps').length).toBeGreaterThan(1);
  });

  test('takes a flow out as text and in again, says what differs, and goes back', async () => {
    const file = join(folder.path, 'risky.json');
    await run('flow', 'export', 'risky', '-o', file);
    const flow = JSON.parse(readFileSync(file, 'utf8'));
    expect((await run('flow', 'validate', file)).status).toBe(0);
    const named = await run('flow', 'import', fileOf('named.json', { ...flow, name: 'Another name' }));
    expect(named.status).toBe(0);
    expect((await run('flow', 'diff', 'risky')).out).toBe('~ field name\n');
    await run('flow', 'publish', 'risky');
    expect((await run('flow', 'rollback', 'risky', '1')).out).toContain('version 3');
    expect((await run('flow', 'versions', 'risky')).out).toMatch(/3 +\S+ \S+ +\S+ +version 1/);
    expect((await run('flow', 'export', 'risky')).out).toBe(readFileSync(file, 'utf8'));
  });

  test('says what is wrong with a flow, and ends with 1', async () => {
    const flow = {
      id: 'loose',
      nodes: [
        { id: 'ask', kind: 'http', url: 'https://a.test/' },
        { id: 'done', kind: 'complete' },
      ],
      edges: [{ from: 'ask', to: 'done' }],
    };
    const { status, out, err } = await run('flow', 'validate', fileOf('loose.json', flow));
    expect([status, err]).toEqual([1, 'It cannot be published.\n']);
    expect(out).toContain('error    ask.timeout: the call has no time limit (no_time_limit)');
    const unread = await run('flow', 'validate', fileOf('unread.json', { id: 'x', nodes: [{ id: 'a', kind: 'no' }] }), '--json');
    expect(textAt(listAt(parseJson(unread.out), 'faults')[0], 'path')).toBe('nodes[0].kind');
    await run('flow', 'import', join(folder.path, 'loose.json'));
    expect(await run('flow', 'publish', 'loose')).toMatchObject({ status: 1, out: '' });
    expect((await run('flow', 'assign', 'loose')).status).toBe(2);
  });
});
