import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { KekUnavailable, type Keks } from '../../base/kek/kek.ts';
import { localKek } from '../../base/kek/local.ts';
import { readConfig } from '../../config.ts';
import { elsewhereOf, type Elsewhere } from '../../kek.ts';
import { createReferences, type References } from './references.store.ts';
import { createKeyRotation } from './rotate.store.ts';
import { outsideWorld, VAULT_TOKEN, type Outside } from './outside.suite.ts';
import { BY, KEK, vaultWorld, type VaultWorld } from './vault.suite.ts';

let outside: Outside;
let dir: string;
const opened: Elsewhere[] = [];
beforeAll(async () => {
  outside = await outsideWorld();
  dir = mkdtempSync(join(tmpdir(), 'writ-outside-'));
  writeFileSync(join(dir, 'token'), `${VAULT_TOKEN}\n`);
});
afterAll(async () => {
  for (const one of opened) await one.close();
  rmSync(dir, { recursive: true });
  await outside.close();
});
beforeEach(() => {
  outside.broken = undefined;
  outside.asked.length = 0;
});

/** By the same environment and code as a hub that starts. */
function elsewhere(provider: string, more: Record<string, string> = {}): Elsewhere {
  const env = {
    WRIT_KEK_PROVIDER: provider,
    VAULT_ADDR: outside.url,
    VAULT_TOKEN_FILE: join(dir, 'token'),
    VAULT_NAMESPACE: 'team',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'canary-aws-secret',
    AWS_ENDPOINT_URL: outside.url,
    ...more,
  };
  const made = elsewhereOf(readConfig(env, 'dev'), systemClock);
  opened.push(made);
  return made;
}

const PROVIDERS = [
  ['the transit engine', () => `vault+${outside.url}/transit/writ`],
  ['AWS KMS', () => 'aws-kms://eu-central-1/alias/writ'],
] as const;

describe.each(PROVIDERS)('a KEK in %s (a stand-in that speaks its wire)', (_, provider) => {
  let world: VaultWorld;
  let keks: Keks;
  beforeAll(async () => {
    world = await vaultWorld();
    const made = elsewhere(provider()).keks(true);
    if (made === undefined) throw new Error('no KEK');
    keks = { ...made, also: [localKek(KEK)] };
  });
  afterAll(() => world.close());

  test('takes the place of a local one, and is asked once for each data key, not for each secret', async () => {
    const put = await world.node().put({ connection: 'search', owner: { tenant: 'acme' }, secret: { kind: 'api_key', value: 'k' } });
    const both = world.node(keks);
    const rotation = createKeyRotation({ ...world, ...both, keks, onError: fails });
    await rotation.begin({ dataKeys: false }, BY);
    await rotation.run();
    expect(await rotation.status()).toMatchObject({ kek: keks.current.id, dataKeys: { otherKek: 0 } });
    outside.asked.length = 0;
    const alone = world.node({ current: keks.current, also: [] });
    for (let n = 0; n < 5; n += 1) expect(await alone.vault.open(put)).toEqual({ kind: 'api_key', value: 'k' });
    expect(outside.asked).toHaveLength(1);
    await expect(world.node().vault.open(put)).rejects.toThrow('another KEK');
  });

  test('binds each key to its row, and knows what is not its own', async () => {
    const wrapped = await keks.current.wrap(Buffer.from('a key'), 'row 1');
    expect(await keks.current.unwrap(wrapped, 'row 1')).toEqual(Buffer.from('a key'));
    expect(await keks.current.unwrap(wrapped, 'row 2')).toBeUndefined();
    expect(await keks.current.unwrap(await localKek(KEK).wrap(Buffer.from('x'), 'row 1'), 'row 1')).toBeUndefined();
  });

  test('that does not answer is unavailable, not lost, and the sentence holds no secret', async () => {
    const put = await world.node(keks).put({ connection: 'search', owner: { tenant: 'globex' }, secret: { kind: 'api_key', value: 'g' } });
    outside.broken = 503;
    const node = world.node({ current: keks.current, also: [] });
    const failure: unknown = await node.vault.open(put).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(KekUnavailable);
    expect(String(failure)).toMatch(/cannot be used/);
    expect(String(failure)).not.toContain('canary');
    outside.broken = undefined;
    expect(await node.vault.open(put)).toEqual({ kind: 'api_key', value: 'g' });
  });
});

test('the transit engine gets its token and namespace, and a rotation there is taken over by wrapping anew', async () => {
  const made = elsewhere(`vault+${outside.url}/transit/writ`).keks(true);
  if (made === undefined) throw new Error('no KEK');
  const before = await made.current.wrap(Buffer.from('a key'), 'row');
  outside.rotate();
  const after = await made.current.wrap(Buffer.from('a key'), 'row');
  expect([before.toString(), after.toString()]).toEqual([expect.stringMatching(/^vault:v1:/), expect.stringMatching(/^vault:v2:/)]);
  expect(await made.current.unwrap(before, 'row')).toEqual(Buffer.from('a key'));
  expect(outside.asked[0]).toMatchObject({ headers: { 'x-vault-token': VAULT_TOKEN, 'x-vault-namespace': 'team' } });
});

function fails(error: unknown): never {
  throw error;
}

describe('a secret that is kept elsewhere', () => {
  let references: References;
  beforeAll(() => {
    outside.secrets.set('secret/data/search', { key: 'canary-kv2' });
    outside.secrets.set('kv/search', { key: 'canary-kv1' });
    outside.secrets.set('prod/search', { key: 'canary-aws' });
    writeFileSync(join(dir, 'key'), 'canary-file\n');
    writeFileSync(join(dir, 'basic'), 'ann:pass:word');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    writeFileSync(join(dir, 'pem'), `${pem}\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`);
    writeFileSync(join(dir, 'lines'), 'one\r\nx-other: two');
    references = createReferences({
      env: { SEARCH_KEY: 'canary-env' },
      ownFiles: [join(dir, 'token'), join(dir, 'own')],
      ...elsewhere(`vault+${outside.url}/transit/writ`),
    });
  });

  test.each([
    ['env:SEARCH_KEY', 'canary-env'],
    ['vault:secret/data/search#key', 'canary-kv2'],
    ['vault:kv/search#key', 'canary-kv1'],
    ['awssm:eu-central-1/prod/search#key', 'canary-aws'],
    ['awssm:eu-central-1/prod/search', '{"key":"canary-aws"}'],
  ])('%s is read where it is', async (url, value) => {
    expect(await references({ url, type: 'api_key' })).toEqual({ ok: true, value: { kind: 'api_key', value } });
  });

  test('a file is read by the kind of its connection', async () => {
    const read = (name: string, type: Parameters<References>[0]['type']) => references({ url: `file:${dir}/${name}`, type });
    expect(await read('key', 'oauth')).toMatchObject({ value: { kind: 'oauth', accessToken: 'canary-file' } });
    expect(await read('basic', 'basic')).toMatchObject({ value: { username: 'ann', password: 'pass:word' } });
    expect(await read('pem', 'certificate')).toMatchObject({
      value: { certificate: expect.stringContaining('MIIB'), privateKey: expect.stringContaining('PRIVATE KEY') },
    });
    expect(await read('key', 'basic')).toEqual({ ok: false, error: 'reference_unusable' });
    expect(await read('key', 'certificate')).toEqual({ ok: false, error: 'reference_unusable' });
    expect(await read('lines', 'api_key')).toEqual({ ok: false, error: 'reference_unusable' });
    expect(await read('nothing', 'api_key')).toEqual({ ok: false, error: 'reference_absent' });
  });

  test('no name of a file leads to what is the hub’s own: its keys, its folder, its process', async () => {
    mkdirSync(join(dir, 'own'));
    writeFileSync(join(dir, 'own', 'dev.kek'), 'canary-kek');
    symlinkSync(join(dir, 'token'), join(dir, 'harmless'));
    symlinkSync(dir, join(dir, 'around'));
    for (const path of [
      `${dir}/token`,
      `${dir}/own/dev.kek`,
      `${dir}/harmless`,
      `${dir}/around/own/dev.kek`,
      '/proc/self/environ',
      '/dev/zero',
    ])
      expect(await references({ url: `file:${path}`, type: 'api_key' })).toEqual({ ok: false, error: 'reference_absent' });
    expect(await references({ url: `file:${dir}/around/key`, type: 'api_key' })).toMatchObject({ ok: true });
  });

  test('what is rotated there is in force at once', async () => {
    outside.secrets.set('secret/data/search', { key: 'canary-next' });
    expect(await references({ url: 'vault:secret/data/search#key', type: 'api_key' })).toMatchObject({ value: { value: 'canary-next' } });
  });

  test.each([
    ['env:NOT_SET', 'reference_absent'],
    ['env:WRIT_KEK', 'reference_invalid'],
    ['env:VAULT_TOKEN', 'reference_invalid'],
    ['env:AWS_SECRET_ACCESS_KEY', 'reference_invalid'],
    ['file:relative', 'reference_invalid'],
    ['file:/etc/../etc/shadow', 'reference_invalid'],
    ['vault:secret/data/none#key', 'reference_absent'],
    ['vault:secret/data/search#other', 'reference_absent'],
    ['vault:secret/data/search', 'reference_invalid'],
    ['vault:../sys/seal-status#sealed', 'reference_invalid'],
    ['vault://evil.test/x#y', 'reference_invalid'],
    ['awssm:eu-central-1/none', 'reference_absent'],
    ['awssm:evil.test/x', 'reference_invalid'],
    ['https://evil.test/', 'reference_invalid'],
  ])('%s gives nothing: %s', async (url, error) => {
    expect(await references({ url, type: 'api_key' })).toEqual({ ok: false, error });
  });

  test('whoever keeps it and does not answer is said to be away', async () => {
    outside.broken = 500;
    expect(await references({ url: 'vault:kv/search#key', type: 'api_key' })).toEqual({ ok: false, error: 'reference_unavailable' });
    expect(await references({ url: 'awssm:eu-central-1/prod/search', type: 'api_key' })).toEqual({
      ok: false,
      error: 'reference_unavailable',
    });
    const nowhere = createReferences({ env: {}, ownFiles: [] });
    expect(await nowhere({ url: 'vault:kv/search#key', type: 'api_key' })).toEqual({ ok: false, error: 'reference_unavailable' });
  });
});
