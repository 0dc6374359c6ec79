import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../testing/database.ts';
import { ConfigError, readConfig } from './config.ts';
import { startHub, type Hub } from './main.ts';

const TOKEN = 'kek-test-admin-token-0123456789-0123456789';
const CONFIG = {
  tenants: [{ id: 'acme', name: 'Acme' }],
  connections: [{ id: 'search', type: 'api_key' }],
  credentials: [{ connection: 'search', owner: { tenant: 'acme' }, value: { value: 'canary-key' } }],
};

describe('a hub whose KEK is not the one that its database was made with', () => {
  let database: { url: string; drop(): Promise<void> };
  let dir: string;
  beforeAll(async () => {
    database = await freshDatabase();
    dir = mkdtempSync(join(tmpdir(), 'writ-kek-'));
    const hub = await start({});
    const applied = await hub.admin('/admin/v1/apply', { method: 'POST', headers: JSON_BODY, body: JSON.stringify(CONFIG) });
    if (applied.status !== 200) throw new Error(await applied.text());
    await hub.close();
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true });
    await database.drop();
  });
  const said: string[] = [];
  const start = (env: Record<string, string>, mode: 'dev' | 'serve' = 'dev'): Promise<Hub> =>
    startHub(
      readConfig(
        { WRIT_PORT: '0', WRIT_LOG_LEVEL: 'silent', WRIT_DATABASE_URL: database.url, WRIT_DATA_DIR: dir, WRIT_ADMIN_TOKEN: TOKEN, ...env },
        mode,
        { allowHttpLoopback: true },
      ),
      { onProgress: (sentence) => said.push(sentence) },
    );
  const keysThere = async (): Promise<string> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const found = await client.query(`SELECT id FROM data_keys UNION ALL SELECT id FROM signing_keys ORDER BY id`);
    await client.end();
    return JSON.stringify(found.rows);
  };

  it.each([
    [
      'another KEK',
      () => ({ WRIT_KEK: randomBytes(32).toString('base64') }),
      /^WRIT_KEK: this database was made under another key-encryption key, and only that one opens it/,
    ],
    [
      'the dev.kek of another folder',
      () => {
        const other = mkdtempSync(join(dir, 'other-'));
        writeFileSync(join(other, 'dev.kek'), randomBytes(32).toString('base64'));
        return { WRIT_DATA_DIR: other };
      },
      /dev\.kek: this database was made under another key-encryption key, and only that one opens it\. Put that one back, or remove the data folder to start anew, and start again/,
    ],
    [
      'its folder without dev.kek',
      () => ({ WRIT_DATA_DIR: mkdtempSync(join(dir, 'empty-')) }),
      /dev\.kek is gone, and nothing else opens this database\. Put it back, and start again/,
    ],
  ])('with %s answers only what is public and what administrators read, says why, and makes no key', async (_, env, sentence) => {
    const before = await keysThere();
    const given = env();
    const hasFile = (): boolean => 'WRIT_DATA_DIR' in given && existsSync(join(given.WRIT_DATA_DIR, 'dev.kek'));
    const hadFile = hasFile();
    said.length = 0;
    const hub = await start(given);
    try {
      expect(said.join('\n')).toMatch(new RegExp(sentence.source, 'm'));
      const get = (path: string) => fetch(`${hub.url}${path}`);
      const live = await get('/live');
      expect(live.status).toBe(200);
      const ready = await get('/ready');
      expect([ready.status, await ready.json()]).toMatchObject([
        503,
        { ready: false, reason: 'kek', detail: expect.stringContaining('key-encryption key') },
      ]);
      const jwks = await get('/oauth/jwks');
      expect(await jwks.json()).toMatchObject({ keys: [{ alg: 'ES256' }, { alg: 'ES256' }] });
      expect((await get('/.well-known/oauth-authorization-server')).status).toBe(200);
      const listed = await hub.admin('/admin/v1/credentials');
      expect(await listed.json()).toMatchObject({ items: [{ connection: 'search', state: 'active' }] });
      expect((await hub.admin('/admin/v1/export')).status).toBe(200);
      const token = await fetch(`${hub.url}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      });
      expect([token.status, await token.json()]).toMatchObject([
        503,
        { error: 'temporarily_unavailable', error_description: expect.stringContaining('read-only') },
      ]);
      const apply = await hub.admin('/admin/v1/apply', { method: 'POST', headers: JSON_BODY, body: JSON.stringify(CONFIG) });
      expect([apply.status, await apply.json()]).toMatchObject([503, { title: 'The hub is read-only' }]);
      expect((await get('/account')).status).toBe(503);
    } finally {
      await hub.close();
    }
    expect(await keysThere()).toBe(before);
    expect(hasFile()).toBe(hadFile);
  });

  it('works again as soon as the KEK is back, and by another one that is named beside it', async () => {
    const hub = await start({});
    expect((await fetch(`${hub.url}/ready`)).status).toBe(200);
    await hub.close();
    const file = join(dir, 'also');
    writeFileSync(file, readFileSync(join(dir, 'dev.kek'), 'utf8'));
    const env = { WRIT_KEK: randomBytes(32).toString('base64'), WRIT_ISSUER: 'http://127.0.0.1:8787' };
    const second = await start({ ...env, WRIT_KEK_ALSO_FILE: file }, 'serve');
    const rotated = await second.admin('/admin/v1/kek/rotate', { method: 'POST', headers: JSON_BODY, body: '{"dataKeys":true}' });
    expect(rotated.status).toBe(202);
    await expect
      .poll(async () => (await second.admin('/admin/v1/kek')).json())
      .toMatchObject({ dataKeys: { otherKek: 0 }, secrets: { total: 1, retiredKey: 0 }, rotation: { finishedAt: expect.any(Number) } });
    await second.close();
    const third = await start(env, 'serve');
    expect((await fetch(`${third.url}/ready`)).status).toBe(200);
    await third.close();
  });
});

const JSON_BODY = { 'content-type': 'application/json' };

describe('what the environment says of the KEK', () => {
  const read = (env: Record<string, string>) => () => readConfig({ WRIT_ISSUER: 'https://id.acme.test', ...env }, 'serve');
  const key = randomBytes(32).toString('base64');

  it.each([
    ['none in production', {}, /^WRIT_KEK: production needs a key-encryption key/],
    ['a short one', { WRIT_KEK: randomBytes(16).toString('base64') }, /^WRIT_KEK: 32 bytes in base64/],
    ['two of them', { WRIT_KEK: key, WRIT_KEK_PROVIDER: 'aws-kms://eu-central-1/alias/writ' }, /^WRIT_KEK_PROVIDER: WRIT_KEK is set too/],
    ['a file that is not there', { WRIT_KEK_FILE: '/nowhere/kek' }, /^WRIT_KEK_FILE: cannot read \/nowhere\/kek/],
    ['a key where a URL belongs', { WRIT_KEK_PROVIDER: key }, /^WRIT_KEK_PROVIDER: names where the KEK is kept/],
    ['a URL where a key belongs', { WRIT_KEK: 'aws-kms://eu-central-1/alias/writ' }, /^WRIT_KEK: is a key/],
    ['a plain address beyond loopback', { WRIT_KEK_PROVIDER: 'vault+http://vault.test/transit/writ' }, /^WRIT_KEK_PROVIDER: vault\+https/],
    ['a token in the URL', { WRIT_KEK_PROVIDER: 'vault+https://t:canary@vault.test/transit/writ' }, /^WRIT_KEK_PROVIDER: no user/],
    ['a URL of something else', { WRIT_KEK_PROVIDER: 'https://kms.test/key' }, /^WRIT_KEK_PROVIDER: 32 bytes/],
    ['a wrong second one', { WRIT_KEK: key, WRIT_KEK_ALSO: 'canary' }, /^WRIT_KEK_ALSO: 32 bytes/],
  ])('%s is refused by name, without repeating it', (_, env, words) => {
    expect(read(env)).toThrow(ConfigError);
    expect(read(env)).toThrow(words);
    expect(read(env)).not.toThrow('canary');
  });

  it('may name keys of Vault, OpenBao and AWS KMS', () => {
    const { kek, kekAlso } = read({
      WRIT_KEK_PROVIDER: 'vault+https://bao.test:8200/team/transit/writ',
      WRIT_KEK_ALSO: `aws-kms://eu-central-1/arn:aws:kms:eu-central-1:123456789012:key/abc, ${key}`,
    })();
    expect(kek).toEqual({ kind: 'transit', address: 'https://bao.test:8200', mount: 'team/transit', key: 'writ' });
    expect(kekAlso).toMatchObject([
      { kind: 'kms', region: 'eu-central-1', keyId: 'arn:aws:kms:eu-central-1:123456789012:key/abc' },
      { kind: 'local' },
    ]);
  });
});
