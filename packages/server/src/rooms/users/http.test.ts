import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenWith, startAdminHub, type AdminHub } from '../../doors/admin/admin.suite.ts';
import { createMailer } from '../../base/mail/mailer.ts';
import { createPasswordHasher } from '../../base/passwords/hasher.ts';
import { createLog } from '../../base/log.ts';
import { createSecretBox } from '../../base/secretbox.ts';
import { createSecondFactors } from './factors.store.ts';
import { createGuard } from './guard.store.ts';
import { userRoutes } from './http.ts';
import { createJoin } from './join.store.ts';
import { createPost } from './post.store.ts';
import { createReset } from './reset.store.ts';
import { createSessions } from './session.store.ts';
import { setUserState } from './store.ts';

const issuer = 'https://hub.test';
const ann = {
  email: 'ann@acme.test',
  password: { value: 'horse-battery-tulip-9' },
  name: 'Ann',
  tenants: [{ id: 'acme', roles: ['SRE'] }],
  attributes: { department: 'ops' },
};

let hub: AdminHub;
const revoked: string[] = [];
beforeAll(async () => {
  hub = await startAdminHub('embedded', ({ database, audit, clock }) => {
    const log = createLog('silent');
    const { db } = database;
    const secretBox = createSecretBox(Buffer.alloc(32, 7));
    const post = createPost({ mailer: createMailer({ from: 'noreply@hub.test', clock }), log });
    const deps = {
      database,
      db,
      audit,
      clock,
      hasher: createPasswordHasher(),
      secretBox,
      guard: createGuard({ db, secretBox }),
      post,
      issuer,
      registration: () => 'invite' as const,
    };
    return userRoutes({
      ...deps,
      join: createJoin(deps),
      reset: createReset(deps),
      sessions: createSessions(deps),
      factors: createSecondFactors(deps),
      async revoke(id, reason) {
        await db.transaction().execute((tx) => setUserState(tx, id, 'revoked', reason));
        revoked.push(id);
      },
    });
  });
  await sql`INSERT INTO tenants (id, name) VALUES ('acme', 'Acme')`.execute(hub.database.db);
});
afterAll(() => hub.close());

const put = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  hub.ask(`/admin/v1/users/${id}`, { method: 'PUT', body, headers });

describe('users in the admin API', () => {
  it('are created, read, replaced, and never show a password or its hash', async () => {
    const made = await put('ann', ann);
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    const { password, ...shown } = ann;
    const expected = { ...shown, id: 'ann', emailVerified: true, passwordSet: true, state: 'active' };
    expect(made.body).toMatchObject(expected);
    expect((await hub.ask('/admin/v1/users/ann')).body).toMatchObject(expected);
    expect((await put('ann', ann)).headers.get('etag')).toBe('"1"');
    const changed = await put('ann', { ...shown, name: 'Anna' }, { 'if-match': '"1"' });
    expect([changed.status, changed.body['name'], changed.body['passwordSet'], changed.headers.get('etag')]).toEqual([
      200,
      'Anna',
      true,
      '"2"',
    ]);
    expect((await put('ann', ann, { 'if-match': '"1"' })).status).toBe(412);
    for (const answer of [made, changed, await hub.ask('/admin/v1/users')]) expect(answer.text).not.toMatch(/argon2|horse-battery/);
  });

  it.each([
    ['an address that is none', { ...ann, email: 'a@b@c' }, 'email'],
    ['a short password', { ...ann, password: { value: 'short' } }, 'password'],
    ['a password of 2,000 characters', { ...ann, email: 's@acme.test', password: { value: 'x'.repeat(2_000) } }, 'password'],
    ['a member that is not known', { ...ann, admin: true }, 'admin'],
    ['a hash', { ...ann, passwordHash: 'x' }, 'passwordHash'],
    ['a tenant twice', { ...ann, tenants: [{ id: 'acme' }, { id: 'acme' }] }, 'tenants'],
    ['a tenant that is not there', { ...ann, email: 't@acme.test', tenants: [{ id: 'nowhere' }] }, 'tenants'],
    ['another id than the path', { ...ann, id: 'bob' }, 'id'],
  ])('with %s are refused by the name of the field', async (_, body, field) => {
    const answer = await put('refused', body);
    expect([answer.status, answer.body['type']]).toEqual([400, 'urn:writ:problem:invalid_input']);
    expect(String(answer.body['field'])).toContain(field);
    expect((await hub.ask('/admin/v1/users/refused')).status).toBe(404);
  });

  it('cannot share an address, also when two are put at once', async () => {
    const taken = await put('other', { ...ann, email: 'ANN@acme.test' });
    expect([taken.status, taken.body['type'], taken.body['field']]).toEqual([409, 'urn:writ:problem:taken', 'email']);
    const both = await Promise.all(['twin-a', 'twin-b'].map((id) => put(id, { ...ann, email: 'twin@acme.test' })));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('are listed by address in any spelling, tenant and state, page by page', async () => {
    for (const n of [1, 2, 3]) await put(`page-${n}`, { email: `page-${n}@acme.test`, tenants: [{ id: 'acme' }] });
    const ids = async (query: string) => {
      const { body } = await hub.ask(`/admin/v1/users?${query}`);
      return { ids: JSON.stringify(body['items']).match(/(?<="id":")page-\d/g), next: body['next'] };
    };
    expect(await ids('email=%20PAGE-2@acme.test')).toEqual({ ids: ['page-2'], next: null });
    const first = await ids('tenant=acme&limit=3');
    expect(first.next).toEqual(expect.any(String));
    expect((await hub.ask('/admin/v1/users?email=nonsense')).body).toMatchObject({ status: 400, field: 'email' });
    expect((await hub.ask('/admin/v1/users?state=gone')).status).toBe(400);
    expect((await ids('state=frozen')).ids).toBeNull();
  });

  it('removed are revoked first, then erased; the id answers 404 and is not given out again', async () => {
    await put('gone', { ...ann, email: 'gone@acme.test' });
    expect((await hub.ask('/admin/v1/users/gone', { method: 'DELETE', headers: { 'if-match': '"9"' } })).status).toBe(412);
    expect(revoked).not.toContain('gone');
    expect((await hub.ask('/admin/v1/users/gone', { method: 'DELETE' })).status).toBe(204);
    expect(revoked).toContain('gone');
    expect((await hub.ask('/admin/v1/users/gone')).status).toBe(404);
    expect((await hub.ask('/admin/v1/users/gone', { method: 'DELETE' })).status).toBe(404);
    const again = await put('gone', { ...ann, email: 'gone@acme.test' });
    expect([again.status, again.body['type']]).toEqual([409, 'urn:writ:problem:removed']);
  });

  it('are invited by a link, shown once', async () => {
    const made = await hub.ask('/admin/v1/users/invite', {
      method: 'POST',
      body: { email: 'new@acme.test', tenant: 'acme', roles: ['SRE'] },
    });
    expect([made.status, made.body['link']]).toEqual([201, expect.stringMatching(/^https:\/\/hub\.test\/join\/[\w-]{43}$/)]);
    const bad = await hub.ask('/admin/v1/users/invite', { method: 'POST', body: { email: 'new@acme.test\r\nBcc: all@acme.test' } });
    expect([bad.status, bad.body['field']]).toEqual([400, 'email']);
  });

  it('get a link for a new password, and can be signed out', async () => {
    const made = await hub.ask('/admin/v1/users/ann/password-link', { method: 'POST' });
    expect([made.status, made.body['link']]).toEqual([201, expect.stringMatching(/^https:\/\/hub\.test\/reset\/[\w-]{43}$/)]);
    expect((await hub.ask('/admin/v1/users/nobody/password-link', { method: 'POST' })).status).toBe(404);
    expect((await hub.ask('/admin/v1/users/ann/sign-out', { method: 'POST' })).body).toEqual({ ended: 0 });
    expect((await hub.ask('/admin/v1/users/nobody/sign-out', { method: 'POST' })).status).toBe(404);
  });

  it('are nothing to a token for reading, or for another room', async () => {
    const body = { ...ann, email: 'x@acme.test' };
    expect((await put('x', body, tokenWith('admin:users:read'))).status).toBe(403);
    expect(
      (
        await hub.ask('/admin/v1/users/invite', {
          method: 'POST',
          body: { email: 'x@acme.test' },
          headers: tokenWith('admin:clients:write'),
        })
      ).status,
    ).toBe(403);
    expect((await hub.ask('/admin/v1/users', { headers: { authorization: '' } })).status).toBe(401);
  });
});
