import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { row } from '../../base/db.ts';
import { findUser } from '../users/store.ts';
import { ssoWorld, type SsoWorld } from './world.suite.ts';

let at: SsoWorld;
beforeAll(async () => {
  const client = { clientId: 'hub', clientSecret: { value: 'a-client-secret' } };
  at = await ssoWorld((issuer) => [
    { id: 'corp', name: 'Corp', issuer, ...client },
    { id: 'strict', name: 'Strict', issuer, ...client, users: { jit: false } },
    { id: 'linking', name: 'Linking', issuer, ...client, users: { link: 'email' } },
    { id: 'trusting', name: 'Trusting', issuer, ...client, users: { trustEmail: true } },
    {
      id: 'acme-idp',
      name: 'Acme',
      tenant: 'acme',
      issuer,
      ...client,
      users: {
        link: 'email',
        attributes: { department: 'dept' },
        roles: [{ claim: 'groups', value: 'sre-*', role: 'SRE' }],
        believeLogin: true,
      },
      secondFactor: { amr: ['hwk'], acr: ['urn:strong'] },
      enforced: true,
      exclusions: { users: ['break-glass'], roles: ['Owner'] },
    },
    { id: 'acme-closed', name: 'Acme closed', tenant: 'acme', state: 'off', issuer, ...client, users: { jit: false } },
  ]);
});
beforeEach(() => {
  at.there.lie = {};
});
afterAll(() => at.close());

const came = async (way: string, person: Record<string, unknown>, ask = {}) => {
  at.there.person = person;
  return (await at.setOut(way, { ask })).comeBack();
};
const db = () => at.house.rooms.database.db;

describe('who somebody is', () => {
  it('is a new user by a proven address, and then the same one by the subject, whatever the address becomes', async () => {
    const first = await came('oidc:corp', { sub: 's1', email: 'new@elsewhere.test', email_verified: true, name: 'New' });
    expect(first).toMatchObject({
      kind: 'proven',
      by: 'oidc:corp',
      amr: [],
      acr: '1',
      user: { email: 'new@elsewhere.test', name: 'New', tenants: [] },
    });
    const again = await came('oidc:corp', { sub: 's1', email: 'gus@globex.test', email_verified: true, name: 'Renamed' });
    expect(again).toMatchObject({ kind: 'proven', user: { email: 'new@elsewhere.test', name: 'Renamed' } });
    expect(first.kind === 'proven' && again.kind === 'proven' && first.user.id === again.user.id).toBe(true);
  });

  it('is one new user when they come twice at once', async () => {
    at.there.person = { sub: 'twice', email: 'twice@elsewhere.test', email_verified: true };
    const before = await at.counts();
    const other = await at.secondNode();
    const ways = await Promise.all([at.setOut('oidc:corp'), at.setOut('oidc:corp'), at.setOut('oidc:corp', { node: other })]);
    const came3 = await Promise.all(ways.map((way) => way.comeBack()));
    expect(new Set(came3.map((one) => (one.kind === 'proven' ? one.user.id : one.kind))).size).toBe(1);
    expect(await at.counts()).toMatchObject({ users: (before['users'] ?? 0) + 1, links: (before['links'] ?? 0) + 1 });
  });

  it.each([
    ['not said', {}],
    ['false', { email_verified: false }],
    ['a text', { email_verified: 'true' }],
    ['a list', { email_verified: [true] }],
    ['one', { email_verified: 1 }],
  ])('is nobody new by an address that nobody has checked (%s; attack 170)', async (_, claims) => {
    const before = await at.counts();
    expect(await came('oidc:corp', { sub: 's2', email: 'ann@acme.test', ...claims })).toMatchObject({
      kind: 'back',
      notice: 'provider_email',
    });
    expect(await came('oidc:linking', { sub: 's2', email: 'ann@acme.test', ...claims })).toMatchObject({
      kind: 'back',
      notice: 'provider_email',
    });
    expect(await at.counts()).toEqual(before);
    expect((await at.failures()).at(-1)).toMatchObject({ reason: 'email_unproven', body: { data: { subject: 's2' } } });
  });

  it.each([
    ['two signs @', 'a@b@acme.test'],
    ['a wide sign @ that becomes two', 'ann＠evil.test@acme.test'],
    ['a name', 'Ann <ann@acme.test>'],
    ['no address', undefined],
    ['a list', ['ann@acme.test']],
  ])('is nobody by %s', async (_, email) => {
    expect(await came('oidc:linking', { sub: 's3', email, email_verified: true })).toMatchObject({
      kind: 'back',
      notice: 'provider_email',
    });
  });

  it('is no known user by address alone, unless the provider links by address', async () => {
    const ann = { sub: 'ann-there', email: 'ANN@acme.test', email_verified: true };
    expect(await came('oidc:corp', ann)).toMatchObject({ kind: 'back', notice: 'provider_taken' });
    expect(await came('oidc:linking', ann)).toMatchObject({ kind: 'proven', user: { id: 'ann' } });
    // By the subject from now on.
    expect(await came('oidc:linking', { sub: 'ann-there' })).toMatchObject({ kind: 'proven', user: { id: 'ann' } });
    const entry = await row(
      db(),
      sql<{ body: string }>`SELECT body FROM audit_events WHERE type = 'user.changed' AND body LIKE '%"linked"%' LIMIT 1`,
    );
    expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({
      target: { id: 'ann' },
      data: { deed: 'linked', provider: 'linking', subject: 'ann-there' },
    });
  });

  it('is nobody unknown where the provider makes no users, and somebody where an administrator trusts its addresses', async () => {
    expect(await came('oidc:strict', { sub: 's4', email: 's4@elsewhere.test', email_verified: true })).toMatchObject({
      kind: 'back',
      notice: 'provider_unknown',
    });
    expect(await came('oidc:trusting', { sub: 's4', email: 's4@elsewhere.test' })).toMatchObject({ kind: 'proven' });
    expect(await came('oidc:trusting', { sub: 's5', email: 's5@elsewhere.test', email_verified: false })).toMatchObject({ kind: 'back' });
  });

  it('169 takes from a stranger what they set up on an address that was not theirs (pre-hijack)', async () => {
    await at.apply({
      users: [{ id: 'vic', email: 'vic@elsewhere.test', emailVerified: false, password: { value: 'the-strangers-password' } }],
    });
    expect((await findUser(db(), 'vic'))?.emailVerifiedAt).toBeUndefined();
    const came1 = await came('oidc:linking', { sub: 'vic-there', email: 'vic@elsewhere.test', email_verified: true });
    expect(came1).toMatchObject({ kind: 'proven', user: { id: 'vic' } });
    const after = await findUser(db(), 'vic');
    expect(after?.passwordHash).toBeUndefined();
    expect(after?.emailVerifiedAt).toBeDefined();
  });

  it('173 is nobody who was frozen, and nobody who was removed', async () => {
    const dee = { sub: 'dee-there', email: 'dee@elsewhere.test', email_verified: true };
    const first = await came('oidc:corp', dee);
    const id = first.kind === 'proven' ? first.user.id : '';
    await at.admin('POST', `/admin/v1/users/${id}/freeze`, { reason: 'test' });
    expect(await came('oidc:corp', dee)).toMatchObject({ kind: 'back', notice: 'frozen' });
    expect((await at.failures()).at(-1)).toMatchObject({ reason: 'user is frozen', body: { actor: { user: id } } });
    await at.admin('DELETE', `/admin/v1/users/${id}`);
    expect(await came('oidc:corp', dee)).toMatchObject({ kind: 'back', notice: 'frozen' });
    // Until an administrator forgets whom the subject was.
    const links = await (await at.admin('GET', `/admin/v1/identity-providers/corp/links?user=${id}`)).json();
    expect(links).toMatchObject({ items: [{ subject: 'dee-there', user: id }], next: null });
    expect((await at.admin('DELETE', '/admin/v1/identity-providers/strict/links/dee-there')).status).toBe(404);
    expect((await at.admin('DELETE', '/admin/v1/identity-providers/corp/links/dee-there')).status).toBe(204);
    expect((await at.admin('DELETE', '/admin/v1/identity-providers/corp/links/dee-there')).status).toBe(404);
    const again = await came('oidc:corp', dee);
    expect(again.kind === 'proven' ? again.user.id : id).not.toBe(id);
  });
});

describe('a tenant’s provider', () => {
  const SSO = 'sso:acme/acme-idp';

  it('makes members of its tenant, with attributes and roles as its groups say', async () => {
    const person = { sub: 'm1', email: 'mia@acme.test', dept: 'ops', groups: ['sre-eu', 'other'] };
    const first = await came(SSO, person);
    expect(first).toMatchObject({
      kind: 'proven',
      by: 'sso:acme',
      user: { email: 'mia@acme.test', attributes: { department: 'ops' }, tenants: [{ id: 'acme', roles: ['SRE'] }] },
    });
    expect(await came(SSO, { ...person, groups: [] })).toMatchObject({ user: { tenants: [{ id: 'acme', roles: [] }] } });
  });

  it.each([
    ['an address of another tenant’s domain', { sub: 'x1', email: 'gus@globex.test', email_verified: true }],
    ['an address of nobody’s domain', { sub: 'x2', email: 'someone@mail.test', email_verified: true }],
    ['an address that it does not vouch for itself', { sub: 'x3', email: 'nobody@acme.test', email_verified: false }],
  ])('does not vouch for %s (cross-tenant takeover)', async (_, person) => {
    const before = await at.counts();
    expect(await came(SSO, person)).toMatchObject({ kind: 'back', notice: 'provider_email' });
    expect(await at.counts()).toEqual(before);
  });

  it('does not take over somebody of its domain who is in another tenant only', async () => {
    await at.apply({ users: [{ id: 'kim', email: 'kim@acme.test', emailVerified: true, tenants: [{ id: 'globex', roles: [] }] }] });
    expect(await came(SSO, { sub: 'k1', email: 'kim@acme.test' })).toMatchObject({ kind: 'back', notice: 'provider_taken' });
  });

  it('vouches for no domain that another tenant names too', async () => {
    await at.apply({
      tenants: [
        { id: 'acme', name: 'Acme', domains: ['acme.test', 'both.test'] },
        { id: 'globex', name: 'Globex', domains: ['globex.test', 'both.test'] },
      ],
    });
    expect(await came(SSO, { sub: 'b1', email: 'bo@both.test' })).toMatchObject({ kind: 'back', notice: 'provider_email' });
    expect(at.house.rooms.identityProviders.tenantOf('bo@both.test')).toBeUndefined();
    expect(at.house.rooms.identityProviders.tenantOf('bo@ACME.test')).toBe('acme');
  });

  it('may say what counts as a second factor only as far as an administrator believes it', async () => {
    const person = { sub: 'm2', email: 'moe@acme.test' };
    expect(await came(SSO, { ...person, amr: ['pwd', 'mfa', 'made-up'] })).toMatchObject({ acr: '1', amr: ['pwd'] });
    expect(await came(SSO, { ...person, amr: ['pwd', 'hwk'] })).toMatchObject({ acr: '2', amr: ['pwd', 'hwk', 'mfa'] });
    expect(await came(SSO, { ...person, acr: 'urn:strong' })).toMatchObject({ acr: '2', amr: ['mfa'] });
    expect(
      await came('oidc:corp', { sub: 'm3', email: 'm3@elsewhere.test', email_verified: true, amr: ['mfa', 'hwk'], acr: '2' }),
    ).toMatchObject({ acr: '1', amr: [] });
  });

  it('is asked for a fresh sign-in, and held to it', async () => {
    const old = Math.floor(Date.now() / 1000) - 3_600; // reason: the provider has a clock of its own
    const person = { sub: 'm4', email: 'max@acme.test' };
    at.there.lie = { claims: { auth_time: old } };
    expect(await came(SSO, person, { maxAge: 60 })).toMatchObject({ kind: 'refused', reason: 'id_token_auth_time' });
    expect(await came(SSO, person, { login: true })).toMatchObject({ kind: 'refused', reason: 'id_token_auth_time' });
    at.there.lie = { claims: { auth_time: undefined } };
    // Who was asked for a sign-in anew, and does not say when it was, is believed: many do not.
    expect(await came(SSO, person, { login: true })).toMatchObject({ kind: 'proven' });
    expect(await came(SSO, person, { maxAge: 60 })).toMatchObject({ kind: 'refused', reason: 'id_token_auth_time' });
    at.there.lie = {};
    const fresh = await came(SSO, person, { maxAge: 60, login: true, email: 'max@acme.test' });
    expect(fresh).toMatchObject({ kind: 'proven' });
    const way = await at.setOut(SSO, { ask: { maxAge: 60, login: true, email: 'max@acme.test' } });
    const asked = new URL(way.location).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      max_age: '60',
      prompt: 'login',
      login_hint: 'max@acme.test',
      code_challenge_method: 'S256',
      acr_values: 'urn:strong',
    });
    expect(asked.get('redirect_uri')).toBe(`${at.issuer}/journey/callback/acme-idp`);
  });

  it('is demanded of its people, and not of those who are excluded', () => {
    const book = at.house.rooms.identityProviders;
    const of = (id: string, roles: string[] = []) => ({ id, tenants: [{ id: 'acme', roles }] });
    expect(book.demands('acme', of('ann'))).toBe(true);
    expect(book.demands('acme', of('break-glass'))).toBe(false);
    expect(book.demands('acme', of('ann', ['Owner']))).toBe(false);
    expect(book.demands('globex', of('ann'))).toBe(false);
  });

  it('is offered by tenant or by address, and never under another name', () => {
    const book = at.house.rooms.identityProviders;
    const ways = (of: object) => book.offered({ methods: ['sso', 'oidc', 'external'], providers: ['corp'], ...of }).map(({ way }) => way);
    expect(ways({ tenantId: 'acme' })).toEqual([SSO, 'oidc:corp']);
    expect(ways({ email: 'x@acme.test' })).toEqual([SSO, 'oidc:corp']);
    expect(ways({ email: 'x@globex.test' })).toEqual(['oidc:corp', 'sso:']);
    expect(book.offered({ methods: ['password'], providers: [], tenantId: 'acme' })).toEqual([]);
    for (const way of ['oidc:acme-idp', 'sso:globex/acme-idp', 'sso:acme/corp', 'external:corp', 'sso:acme/acme-closed', 'oidc:', 'x'])
      expect(book.behind(way, undefined)).toBeUndefined();
    expect(book.behind('sso:acme', undefined)?.id).toBe('acme-idp');
  });

  it('does not bring back who was taken out of the tenant, unless it may make members', async () => {
    const person = { sub: 'out', email: 'out@acme.test' };
    const first = await came(SSO, person);
    const id = first.kind === 'proven' ? first.user.id : '';
    const put = (of: object) => at.apply({ users: [{ id, email: 'out@acme.test', emailVerified: true, ...of }] });
    await put({ tenants: [] });
    const closed = await at.admin('PUT', '/admin/v1/identity-providers/acme-idp', {
      name: 'Acme',
      tenant: 'acme',
      issuer: at.there.issuer,
      clientId: 'hub',
      users: { jit: false },
    });
    expect(closed.status).toBe(200);
    expect(await came(SSO, person)).toMatchObject({ kind: 'back', notice: 'provider_unknown' });
    await put({ tenants: [{ id: 'acme', roles: [] }] });
    expect(await came(SSO, person)).toMatchObject({ kind: 'proven', user: { id } });
  });
});
