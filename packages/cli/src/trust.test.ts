import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDev, workFolder, writ } from './hub.suite.ts';
import type { Dev, Ran } from './hub.suite.ts';
import { at, listAt, parseJson, textAt } from './json.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let folder: ReturnType<typeof workFolder>;
let dev: Dev;
let hub: string;

beforeAll(async () => {
  folder = workFolder();
  dev = await startDev(folder.path, ['--empty']);
  hub = textAt(dev.said, 'url') ?? '';
  const config = {
    tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'] }],
    roles: [{ name: 'SRE' }],
    issuers: [
      {
        id: 'cluster',
        issuer: 'https://cluster.example',
        preset: 'kubernetes',
        jwks: { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }] },
      },
      {
        id: 'acme-idp',
        issuer: 'https://idp.example',
        tenant: 'acme',
        purposes: ['id_jag'],
        users: { roles: [{ claim: 'groups', value: 'sre', role: 'SRE' }] },
      },
    ],
    clients: [
      { id: 'payer', name: 'Payer', kind: 'service', workload: [{ issuer: 'cluster', subject: 'system:serviceaccount:prod:payer' }] },
    ],
  };
  const file = join(folder.path, 'trust.json');
  writeFileSync(file, JSON.stringify(config));
  const applied = await writ(folder.path, ['apply', file]);
  if (applied.status !== 0) throw new Error(applied.err);
});
afterAll(async () => {
  await dev.stop();
  folder.remove();
});

function jwt(more: Record<string, unknown> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'https://cluster.example', sub: 'system:serviceaccount:prod:payer', aud: hub, iat: now, exp: now + 600, ...more };
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'ES256', kid: 'k' })}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
const check = (token: string, ...more: string[]): Promise<Ran> => writ(folder.path, ['trust', 'check', '-', ...more], { input: token });

describe('writ trust', () => {
  test('ls shows each issuer, what it is for and on which platform', async () => {
    const { out } = await writ(folder.path, ['trust', 'ls']);
    expect(out).toMatch(/cluster +https:\/\/cluster\.example +\(hub\) +client_assertion jwt_bearer +Kubernetes service accounts/);
  });

  test('check says which client a JWT stands for, and ends with 0', async () => {
    const { status, out } = await check(jwt());
    expect(status).toBe(0);
    expect(out).toContain('payer by cluster: matches');
    expect(out).toContain('Good: As a client assertion it stands for client payer.');
  });

  test('check says the first obstacle in words, and ends with 1', async () => {
    const { status, out } = await check(jwt({ aud: 'https://kubernetes.default.svc' }));
    expect(status).toBe(1);
    expect(out).toContain('aud is "https://kubernetes.default.svc"; it has to be');
    const other = await check(jwt({ sub: 'system:serviceaccount:dev:payer' }), '--json');
    expect(other.status).toBe(1);
    expect(listAt(parseJson(other.out), 'clients')).toHaveLength(1);
  });

  test('preview says what the claims of a person would lead to, and keeps nothing', async () => {
    const claims = JSON.stringify({ sub: '7', email: 'dora@acme.test', groups: ['sre'] });
    const preview = await writ(folder.path, ['trust', 'preview', 'acme-idp', '--claims', claims]);
    expect(preview.out).toContain('acme (SRE)');
    const users = await writ(folder.path, ['export', '--json']);
    expect(at(parseJson(users.out), 'users')).toEqual([]);
  });
});
