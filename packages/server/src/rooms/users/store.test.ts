import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { row } from '../../base/db.ts';
import { engines } from '../../../testing/database.ts';
import { commitDeed } from '../audit/deed.store.ts';
import { fail, ok } from '../../base/result.ts';
import { userConfig } from './config.ts';
import { addMembership, findUser, findUserByEmail, listUsers, prepareUser, removeUser, setUserState, userObstacle } from './store.ts';
import { admin, from, openUsers, origin, PASSWORD, type Users } from './users.suite.ts';

for (const engine of engines()) {
  describe(`users on ${engine}`, () => {
    let users: Users;
    beforeAll(async () => {
      users = await openUsers(engine);
      await users.addTenant('acme');
      await users.addTenant('globex');
    });
    afterAll(() => users.close());

    const remove = (id: string) =>
      commitDeed(users.audit, async (tx) => {
        const removed = await removeUser(tx, id, admin);
        return removed === undefined ? fail('gone') : ok(removed);
      });

    it('are put and found by id and by address, whatever its spelling', async () => {
      const put = await users.put({
        id: 'ann',
        email: 'Ann@Acme.test',
        name: 'Ann',
        tenants: [
          { id: 'globex', roles: [] },
          { id: 'acme', roles: ['SRE'] },
        ],
        attributes: { department: 'ops' },
      });
      expect(put).toMatchObject({
        id: 'ann',
        email: 'Ann@acme.test',
        name: 'Ann',
        state: 'active',
        attributes: { department: 'ops' },
        version: 1,
      });
      expect(put.tenants).toEqual([
        { id: 'acme', roles: ['SRE'] },
        { id: 'globex', roles: [] },
      ]);
      expect(put.passwordHash).toMatch(/^\$argon2id\$/);
      expect(await findUserByEmail(users.db, 'ann@acme.test')).toEqual(put);
      expect(await findUser(users.db, 'ann')).toEqual(put);
    });

    it('put the same again change nothing and write nothing, the password included', async () => {
      const config = {
        id: 'same',
        tenants: [
          { id: 'globex', roles: ['b'] },
          { id: 'acme', roles: ['a'] },
        ],
      };
      const first = await users.put(config);
      const before = await users.events('user.changed');
      const again = await prepareUser(users, userConfig.parse({ ...config, email: 'SAME@acme.test', password: { value: PASSWORD } }));
      expect(again).toEqual({ ok: true, value: expect.objectContaining({ passwordHash: first.passwordHash }) });
      await users.put({ ...config, email: 'same@acme.test' });
      expect(await findUser(users.db, 'same')).toEqual(first);
      expect(await users.events('user.changed')).toEqual(before);
    });

    it('put with less lose memberships and name, but not the password, which exports never hold', async () => {
      const full = await users.put({ id: 'less', name: 'Less', tenants: [{ id: 'acme', roles: ['SRE'] }] });
      const left = await users.put({ id: 'less', password: undefined });
      expect(left).toMatchObject({ tenants: [], version: 2, passwordHash: full.passwordHash });
      expect(left.name).toBeUndefined();
    });

    it('have entries that say who changed what, and never a password or its hash', async () => {
      await users.put({ id: 'told', password: { value: 'first-secret-word' } });
      const { passwordHash } = await users.put({ id: 'told', password: { value: 'second-secret-word' } });
      const entry = (await users.events('user.changed')).at(-1);
      expect(entry).toMatchObject({
        initiator: 'admin',
        actor: { client: 'admin-token' },
        data: { changes: [{ field: 'password', from: '"set"', to: '"set anew"' }] },
      });
      const all = JSON.stringify([...(await users.events('user.created')), ...(await users.events('user.changed'))]);
      for (const secret of ['first-secret-word', 'second-secret-word', passwordHash ?? '']) expect(all).not.toContain(secret);
    });

    it('with a new password or address lose sessions and links; with a new name they do not', async () => {
      const user = await users.put({ id: 'moved' });
      const login = async () => (await users.sessions.start({ user, amr: ['pwd'], acr: '1', purpose: 'user', origin })).session;
      await login();
      await users.put({ id: 'moved', name: 'Moved' });
      expect(await users.sessions.list('moved')).toHaveLength(1);
      await users.put({ id: 'moved', name: 'Moved', password: { value: 'another-long-word' } });
      expect(await users.sessions.list('moved')).toHaveLength(0);
      await login();
      await users.put({ id: 'moved', name: 'Moved', email: 'elsewhere@acme.test', password: undefined });
      expect(await users.sessions.list('moved')).toHaveLength(0);
    });

    it('keep a proven address proven when the config does not vouch for it, and lose the proof with the address', async () => {
      await users.put({ id: 'proof', emailVerified: true });
      expect((await users.put({ id: 'proof', name: 'P', emailVerified: false })).emailVerifiedAt).toBeDefined();
      expect((await users.put({ id: 'proof', email: 'other-proof@acme.test', emailVerified: false })).emailVerifiedAt).toBeUndefined();
    });

    it('cannot take an address in another spelling, a removed id, or a tenant that is not there', async () => {
      await users.put({ id: 'holder', email: 'holder@bücher.test' });
      const base = { id: 'taker', tenants: [], email: 'HOLDER@xn--bcher-kva.test' };
      expect(await userObstacle(users.db, base)).toMatchObject({ field: 'email', reason: 'taken' });
      expect(await userObstacle(users.db, { ...base, id: 'holder' })).toBeUndefined();
      expect(await userObstacle(users.db, { ...base, email: 'free@acme.test', tenants: [{ id: 'nowhere', roles: [] }] })).toMatchObject({
        field: 'tenants',
      });
    });

    it('made twice at once by one address are one', async () => {
      const made = await Promise.allSettled(['twin-a', 'twin-b'].map((id) => users.put({ id, email: 'twin@acme.test' })));
      expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('removed leave their id and nothing else, and nobody can be put in their place', async () => {
      const user = await users.put({ id: 'gone', name: 'Gone', tenants: [{ id: 'acme', roles: ['SRE'] }], attributes: { a: 1 } });
      const { cookie } = await users.sessions.start({ user, amr: ['pwd'], acr: '1', purpose: 'user', origin });
      expect(await remove('gone')).toMatchObject({ ok: true, value: { outcome: 'removed' } });
      expect(await findUser(users.db, 'gone')).toMatchObject({ state: 'revoked', email: '', tenants: [], attributes: {} });
      expect(await users.sessions.find(/=([^;]{43})/.exec(cookie)?.[1])).toBeUndefined();
      expect(await users.login.withPassword({ email: 'gone@acme.test', password: PASSWORD, ...from })).toMatchObject({
        ok: false,
        error: { kind: 'wrong' },
      });
      expect(await userObstacle(users.db, { id: 'gone', email: 'gone@acme.test', tenants: [] })).toMatchObject({
        field: 'id',
        reason: 'removed',
      });
      await expect(users.put({ id: 'gone' })).rejects.toThrow(/removed/);
      expect(await remove('gone')).toEqual({ ok: false, error: 'gone' });
      expect((await listUsers(users.db, {}, { limit: 200 })).map(({ id }) => id)).not.toContain('gone');
    });

    it('may take the address of somebody removed, and inherit nothing but the address', async () => {
      await users.put({ id: 'before', email: 'desk@acme.test', tenants: [{ id: 'acme', roles: ['SRE'] }] });
      await remove('before');
      const after = await users.put({ id: 'after', email: 'desk@acme.test' });
      expect(after).toMatchObject({ id: 'after', tenants: [] });
      expect(await findUserByEmail(users.db, 'desk@acme.test')).toEqual(after);
    });

    const moveState = (id: string, to: 'active' | 'frozen' | 'revoked') =>
      users.database.db.transaction().execute((tx) => setUserState(tx, id, to, 'test'));

    it('frozen lose their sessions for good, and a revocation is final', async () => {
      const user = await users.put({ id: 'cold' });
      const { cookie } = await users.sessions.start({ user, amr: ['pwd'], acr: '1', purpose: 'user', origin });
      const secret = /=([^;]{43})/.exec(cookie)?.[1];
      const move = (to: 'active' | 'frozen' | 'revoked') => moveState('cold', to);
      expect(await users.sessions.find(secret)).toBeDefined();
      expect([await move('frozen'), await move('frozen'), await move('active')]).toEqual([true, false, true]);
      expect(await users.sessions.find(secret)).toBeUndefined();
      expect([await move('revoked'), await move('active')]).toEqual([true, false]);
      expect(await moveState('nobody', 'frozen')).toBe(false);
    });

    it('are listed by page, address, tenant and state', async () => {
      for (const id of ['page-1', 'page-2', 'page-3']) await users.put({ id, tenants: [{ id: 'globex', roles: [] }] });
      const ids = async (filter: object, cursor?: string) => (await listUsers(users.db, filter, { limit: 2, cursor })).map(({ id }) => id);
      expect(await ids({ tenant: 'globex' }, 'oz')).toEqual(['page-1', 'page-2']);
      expect(await ids({ tenant: 'globex' }, 'page-2')).toEqual(['page-3', 'same']);
      expect(await ids({ email: 'page-3@acme.test' })).toEqual(['page-3']);
      expect(await ids({ email: 'page-3@acme.test', state: 'frozen' })).toEqual([]);
    });

    it('come into a tenant with the roles said last', async () => {
      await users.put({ id: 'member' });
      await users.database.db.transaction().execute(async (tx) => {
        await addMembership(tx, 'member', { id: 'acme', roles: ['a'] });
        await addMembership(tx, 'member', { id: 'acme', roles: ['b'] });
      });
      expect((await findUser(users.db, 'member'))?.tenants).toEqual([{ id: 'acme', roles: ['b'] }]);
    });

    it('keep no plain password anywhere in the database', async () => {
      await users.put({ id: 'dump', password: { value: 'canary-0f4ce1b7' } });
      const found = await row(
        users.db,
        sql`SELECT 1 FROM users u WHERE u::text LIKE '%canary-0f4ce1b7%' UNION ALL SELECT 1 FROM audit_events e WHERE e::text LIKE '%canary-0f4ce1b7%'`,
      );
      expect(found).toBeUndefined();
    });
  });
}
