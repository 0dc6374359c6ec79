import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { digest } from '../../base/digest.ts';
import type { User } from '../users/user.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { assertionOf, keyIn } from './assertion.ts';
import { ownAccountOf } from './service-account.ts';

const OWN = { type: 'oauth', grant: 'client_credentials', tokenUrl: 'https://p.test/t', clientId: 'hub', clientSecret: { value: 'x' } };
const ROBOT = { ...OWN, grant: 'jwt_bearer' };

let hub: TestHouse;
let ann: User;
let una: User;
let acme: Tenant;
const agent = { id: 'agt_1', state: 'active' as const };
beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme' }],
    users: [
      { id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme' }] },
      { id: 'una', email: 'director@acme.test', emailVerified: false, tenants: [{ id: 'acme' }] },
    ],
    connections: [
      { ...OWN, id: 'own', scopes: ['a', 'b'], alwaysScopes: ['base'] },
      { ...ROBOT, id: 'robot', scopes: ['a'], assertion: { subject: 'user' } },
      { ...OWN, id: 'of-users', owners: ['user'] },
    ],
  });
  const [first, second, tenant] = await Promise.all([
    hub.house.rooms.users.get('ann'),
    hub.house.rooms.users.get('una'),
    hub.house.rooms.tenants.get('acme'),
  ]);
  if (first === undefined || second === undefined || tenant === undefined) throw new Error('not there');
  [ann, una, acme] = [first, second, tenant];
});
afterAll(() => hub.close());

const known = (id: string) => {
  const found = hub.house.rooms.connections.byId(id);
  if (found === undefined) throw new Error(`no connection ${id}`);
  return found;
};
const of = (granted: readonly string[]) => ({ granted, digest });

describe('an account of the hub’s own', () => {
  it('has a token for each set of scopes, in whatever order they are named, and one owner', () => {
    const tenants = { owner: { tenant: 'acme' }, label: 'for a b base', scopes: ['a', 'b', 'base'], subject: undefined };
    expect(ownAccountOf(known('own'), { agent, tenant: acme, user: ann }, of(['b', 'a']))).toEqual(tenants);
    expect(ownAccountOf(known('own'), { agent, tenant: acme }, of(['a', 'b', 'a']))).toEqual(tenants);
    expect(ownAccountOf(known('own'), { agent }, of(['a']))).toMatchObject({ owner: { agent: 'agt_1' }, label: 'for a base' });
    expect(ownAccountOf(known('of-users'), { agent, tenant: acme }, of([]))).toBe('no_owner');
    const long = Array.from({ length: 30 }, (_, n) => `scope-${n}`);
    expect(ownAccountOf(known('own'), { agent, tenant: acme }, of(long))).toMatchObject({
      label: expect.stringMatching(/^for [\w-]{20,90}$/),
    });
  });

  it('acts as a user by a verified address alone', () => {
    expect(ownAccountOf(known('robot'), { agent, tenant: acme, user: ann }, of(['a']))).toMatchObject({
      owner: { user: 'ann', tenant: 'acme' },
      subject: 'ann@acme.test',
      label: 'as ann@acme.test for a',
    });
    expect(ownAccountOf(known('robot'), { agent, tenant: acme, user: una }, of(['a']))).toBe('email_not_verified');
    expect(ownAccountOf(known('robot'), { agent, tenant: acme }, of(['a']))).toBe('no_user');
  });

  it('has a bounded number of tokens for one owner, whoever names how many sets of scopes, and each place is made once', async () => {
    const open = (n: number) =>
      hub.house.rooms.ownAccount(known('own'), { owner: { tenant: 'acme' }, label: `for ${n}`, scopes: [`s${n}`], subject: undefined });
    const [first, again] = await Promise.all([open(0), open(0)]);
    expect(first).toEqual(again);
    for (let n = 1; n < 64; n += 1) expect(await open(n)).not.toBe('too_many');
    expect(await open(64)).toBe('too_many');
  });
});

describe('the key of an account that signs for itself', () => {
  const PEM = '-----BEGIN PRIVATE KEY-----\nMIG=\n-----END PRIVATE KEY-----';
  it.each<[string, string, unknown]>([
    ['PEM', `${PEM}\n`, { key: PEM, keyId: undefined }],
    ['a key file', JSON.stringify({ private_key: PEM, private_key_id: 'k1', client_email: 'x' }), { key: PEM, keyId: 'k1' }],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIG=\n-----END CERTIFICATE-----', { key: undefined, keyId: undefined }],
    ['half a file', '{"private_key":', { key: undefined, keyId: undefined }],
    ['nothing', '', { key: undefined, keyId: undefined }],
  ])('is read of %s', (_, secret, expected) => expect(keyIn(secret)).toEqual(expected));

  it('names its audience: the token endpoint, unless the author says another', () => {
    expect(assertionOf({ clientId: 'r' }, 'https://p.test/t', PEM)).toMatchObject({
      audience: 'https://p.test/t',
      issuer: 'r',
      alg: 'RS256',
    });
  });
});
