import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDev, workFolder, writ } from './hub.suite.ts';
import type { Dev, Ran } from './hub.suite.ts';
import { listAt, parseJson, textAt } from './json.ts';

let folder: ReturnType<typeof workFolder>;
let dev: Dev;
const run = (...args: string[]): Promise<Ran> => writ(folder.path, args);

beforeAll(async () => {
  folder = workFolder();
  dev = await startDev(folder.path, ['--empty']);
  const config = {
    tenants: [{ id: 'acme', name: 'Acme' }],
    users: ['ann', 'bob'].map((id) => ({ id, email: `${id}@acme.test`, tenants: [{ id: 'acme' }] })),
    connections: [
      { id: 'search', type: 'api_key', provider: 'brave-search' },
      {
        id: 'github',
        type: 'oauth',
        provider: 'github',
        clientId: 'writ',
        clientSecret: { value: 'canary-secret' },
        scopes: ['repo', 'read:org'],
      },
    ],
  };
  const file = join(folder.path, 'vault.json');
  writeFileSync(file, JSON.stringify(config));
  const applied = await run('apply', file);
  if (applied.status !== 0) throw new Error(applied.err);
});
afterAll(async () => {
  await dev.stop();
  folder.remove();
});

describe('writ provider', () => {
  test('ls finds by name, and says how far an entry was checked and what has to be filled in', async () => {
    const { out } = await run('provider', 'ls', 'zendesk');
    expect(out).toMatch(/zendesk +Zendesk +oauth +customers +unverified +subdomain/);
    expect(listAt({ items: parseJson((await run('provider', 'ls', '--json')).out) }, 'items').length).toBeGreaterThan(90);
  });

  test('show tells addresses and scopes of one', async () => {
    const { out } = await run('provider', 'show', 'github');
    expect(out).toContain('https://github.com/login/oauth/access_token');
    expect(out).toContain('repo (writes): ');
    expect((await run('provider', 'show', 'nobody')).status).toBe(1);
  });
});

describe('writ connect', () => {
  test('prints the link alone, and beside it for whom it is and what the provider has to know', async () => {
    const { out, err } = await run('connect', 'github', '--user', 'ann', '--scope', 'repo');
    expect(out).toMatch(/^http:\/\/localhost:\d+\/connect\/\S+\n$/);
    expect(err).toContain('For ann alone, once');
    expect(err).toContain('/connect/callback/github');
  });

  test('wants to know whose account it is, and refuses scopes that the connection does not have', async () => {
    expect((await run('connect', 'github')).status).toBe(2);
    expect(await run('connect', 'github', '--user', 'ann', '--scope', 'admin:org')).toMatchObject({ status: 1, out: '' });
  });
});

describe('writ credential', () => {
  test('put stores a key from stdin, ls shows it without the secret, rm removes it', async () => {
    const put = await writ(folder.path, ['credential', 'put', 'search', '--tenant', 'acme', '--value', '-'], { input: 'canary-key\n' });
    expect(put.out).toMatch(/^credential \S+ of acme for search\n$/);
    const listed = await run('credential', 'ls', '--tenant', 'acme');
    expect(listed.out).toMatch(/search +acme +- +api_key +- +active/);
    expect(listed.out).not.toContain('canary');
    const [first] = listAt({ items: parseJson((await run('credential', 'ls', '--tenant', 'acme', '--json')).out) }, 'items');
    const id = textAt(first, 'id') ?? '';
    expect(await run('credential', 'refresh', id)).toMatchObject({ status: 0, out: expect.stringContaining('nothing to renew') });
    const removed = await run('credential', 'rm', id, '--yes');
    expect([removed.out, removed.err]).toEqual([
      expect.stringContaining('is removed'),
      expect.stringContaining('take it back at the service, too'),
    ]);
    expect((await run('credential', 'refresh', id)).status).toBe(1);
    expect((await run('credential', 'ls', '--tenant', 'acme')).err).toContain('No credentials.');
  });

  test('put wants an owner and a secret', async () => {
    expect((await run('credential', 'put', 'search', '--value', 'x')).status).toBe(2);
    expect((await run('credential', 'put', 'search', '--tenant', 'acme')).status).toBe(2);
  });

  test('import rehearses, refuses all for one bad row and names it, and takes JSON, YAML and JSON lines', async () => {
    const row = (user: string, connection = 'github') => ({
      connection,
      owner: { user },
      accessToken: { value: `canary-${user}` },
      scopes: ['repo'],
    });
    const write = (name: string, content: string): string => {
      const path = join(folder.path, name);
      writeFileSync(path, content);
      return path;
    };
    const bad = await run('credential', 'import', write('bad.json', JSON.stringify([row('ann'), row('bob', 'gitlab')])));
    expect([bad.status, bad.out]).toEqual([1, '']);
    expect(bad.err).toContain('row 1, connection: there is no connection gitlab');
    expect(bad.err).not.toContain('canary');
    const good = write('good.jsonl', `${JSON.stringify(row('ann'))}\n${JSON.stringify(row('bob'))}\n`);
    expect((await run('credential', 'import', good, '--dry-run')).err).toContain('Nothing was stored.');
    expect((await run('credential', 'import', good)).out).toBe('2 created, 0 changed, 0 unchanged.\n');
    const yaml = write(
      'good.yaml',
      'credentials:\n  - connection: github\n    owner: {user: ann}\n    accessToken: {value: canary-ann}\n    scopes: [repo]\n',
    );
    expect((await run('credential', 'import', yaml)).out).toBe('0 created, 0 changed, 1 unchanged.\n');
    const broken = await run('credential', 'import', write('broken.json', '[{"accessToken": {"value": "canary-broken"'));
    expect([broken.status, broken.err.includes('canary')]).toEqual([1, false]);
  });
});

describe('writ exchange', () => {
  test('explains a credential that was handed out, and says no end of a key that has none', async () => {
    const uri = 'http://localhost:9/mcp';
    const reach = { effect: 'allow', subject: { clients: ['assistant'] }, scopes: 'all' };
    const config = {
      resources: [{ id: 'ops', type: 'mcp', uri, scopes: [{ name: 'ops:read' }] }],
      clients: [
        {
          id: 'assistant',
          name: 'Assistant',
          kind: 'service',
          grants: ['client_credentials', 'token_exchange'],
          tenants: ['acme'],
          auth: { secrets: [{ value: 'a-long-secret-of-the-assistant' }] },
        },
      ],
      credentials: [{ connection: 'search', owner: { tenant: 'acme' }, value: { value: 'canary-key' } }],
      policies: [
        { ...reach, id: 'ops', grants: ['client_credentials'], target: { resources: ['ops'] } },
        { ...reach, id: 'search', grants: ['token_exchange'], target: { connections: ['search'] } },
      ],
    };
    const file = join(folder.path, 'hand-out.json');
    writeFileSync(file, JSON.stringify(config));
    expect(await run('apply', file)).toMatchObject({ status: 0 });
    const as = ['--client', 'assistant', '--secret', 'a-long-secret-of-the-assistant'];
    const { out } = await run('token', ...as, '--resource', uri);
    const handedOut = await run('exchange', '--subject', out.trim(), ...as, '--resource', 'urn:writ:connection:search', '--explain');
    expect(handedOut).toMatchObject({ status: 0, out: 'canary-key\n' });
    expect(handedOut.err).toContain('granted by rule search.');
    expect(handedOut.err).toContain('Its end is not known, scopes: none named');
  });
});
