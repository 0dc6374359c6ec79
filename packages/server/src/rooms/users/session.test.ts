import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { row } from '../../base/db.ts';
import { engines } from '../../../testing/database.ts';
import { purgeUsers } from './jobs.ts';
import { setUserState } from './store.ts';
import { openUsers, origin, START, type Users } from './users.suite.ts';
import type { Session, User } from './user.ts';

const HOUR = 3_600_000;

for (const engine of engines()) {
  describe(`sessions on ${engine}`, () => {
    let users: Users;
    let user: User;
    beforeAll(async () => {
      users = await openUsers(engine);
      user = await users.put({ id: 'ann' });
    });
    afterAll(() => users.close());
    beforeEach(() => users.clock.set(START));

    const start = async (purpose: Session['purpose'] = 'user', replaces?: Session) => {
      const started = await users.sessions.start({
        user,
        amr: ['pwd'],
        acr: '1',
        purpose,
        ip: '198.51.100.7',
        userAgent: 'Firefox',
        origin,
        replaces,
      });
      return { ...started, secret: /=([^;]{43});/.exec(started.cookie)?.[1] ?? '' };
    };

    it('are found by the secret of their cookie, on every node, with who it is and when they proved it', async () => {
      const { session, secret, cookie } = await start();
      expect(cookie).toBe(`__Host-writ_session=${secret}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax; Secure`);
      for (const node of users.nodes) expect(await node.sessions.find(secret)).toEqual({ session, user });
      expect(session).toMatchObject({
        userId: 'ann',
        authTime: START,
        amr: ['pwd'],
        acr: '1',
        purpose: 'user',
        expiresAt: START + 14 * 24 * HOUR,
      });
      expect((await users.events('login.succeeded')).at(-1)).toMatchObject({
        actor: { user: 'ann' },
        data: { amr: ['pwd'], purpose: 'user' },
      });
    });

    it('are kept as a digest of the secret only', async () => {
      const { secret } = await start();
      expect(await row(users.db, sql`SELECT 1 FROM sessions s WHERE s::text LIKE ${`%${secret}%`}`)).toBeUndefined();
      expect(await users.sessions.find('b'.repeat(43))).toBeUndefined();
      expect(await users.sessions.find(undefined)).toBeUndefined();
    });

    it('end after a day without use, but not while they are used', async () => {
      const used = await start();
      const idle = await start();
      for (let hours = 0; hours < 30; hours += 10) {
        users.clock.advance(10 * HOUR);
        expect(await users.sessions.find(used.secret)).toBeDefined();
      }
      expect(await users.sessions.find(idle.secret)).toBeUndefined();
      expect((await users.sessions.list('ann')).map(({ id }) => id)).not.toContain(idle.session.id);
    });

    it('end after fourteen days however much they are used', async () => {
      const { secret } = await start();
      for (let hours = 0; hours < 14 * 24 - 12; hours += 12) {
        users.clock.advance(12 * HOUR);
        expect(await users.sessions.find(secret)).toBeDefined();
      }
      users.clock.advance(12 * HOUR);
      expect(await users.sessions.find(secret)).toBeUndefined();
    });

    it('of administrators end after eight hours, and are nothing to the hosted pages, nor the other way round', async () => {
      const admin = await start('admin');
      const other = await start('user');
      expect(admin.cookie).toMatch(/^__Host-writ_admin_session=.*Max-Age=28800;/);
      expect(await users.sessions.find(admin.secret)).toBeUndefined();
      expect(await users.sessions.find(other.secret, 'admin')).toBeUndefined();
      expect(await users.sessions.find(admin.secret, 'admin')).toBeDefined();
      users.clock.advance(8 * HOUR);
      expect(await users.sessions.find(admin.secret, 'admin')).toBeUndefined();
    });

    it('change their secret at a new login, and the one before ends (046)', async () => {
      const before = await start();
      const after = await start('user', before.session);
      expect(after.secret).not.toBe(before.secret);
      expect(await users.sessions.find(before.secret)).toBeUndefined();
      expect(await users.sessions.find(after.secret)).toBeDefined();
    });

    it('end once, and the entry names them', async () => {
      const { session, secret } = await start();
      expect([await users.sessions.end(session, origin), await users.sessions.end(session, origin)]).toEqual([true, false]);
      expect(await users.sessions.find(secret)).toBeUndefined();
      expect((await users.events('login.ended')).at(-1)).toMatchObject({ actor: { user: 'ann' }, data: { sessions: [session.id] } });
    });

    it('do not end for somebody else', async () => {
      const { session, secret } = await start();
      expect(await users.sessions.end({ id: session.id, userId: 'bob' }, origin)).toBe(false);
      expect(await users.sessions.find(secret)).toBeDefined();
    });

    it('end all together, or all but the one that asks', async () => {
      const [first, second, third] = [await start(), await start(), await start()];
      const there = (await users.sessions.list('ann')).length;
      expect(await users.sessions.endAllOf('ann', { except: second.session.id })).toBe(there - 1);
      expect(
        await Promise.all([first, second, third].map(async ({ secret }) => (await users.sessions.find(secret)) !== undefined)),
      ).toEqual([false, true, false]);
      expect(await users.sessions.endAllOf('ann')).toBe(1);
      expect(await users.sessions.endAllOf('ann')).toBe(0);
    });

    it('show their user where and when', async () => {
      await users.sessions.endAllOf('ann');
      const { session } = await start();
      expect(await users.sessions.list('ann')).toEqual([{ ...session, seenAt: START, ip: '198.51.100.7', userAgent: 'Firefox' }]);
    });

    it('of a frozen user open nothing at once', async () => {
      user = await users.put({ id: 'cold' });
      const { secret } = await start();
      await users.database.db.transaction().execute((tx) => setUserState(tx, 'cold', 'frozen', 'test'));
      expect(await users.sessions.find(secret)).toBeUndefined();
      user = await users.put({ id: 'ann' });
    });

    it('and all else that is over is purged after a day, and what lives is not', async () => {
      await users.sessions.endAllOf('ann');
      const ended = await start();
      await users.sessions.end(ended.session, origin);
      const live = await start();
      await users.login.sendCode({ email: 'ann@acme.test', journeyId: 'jny_1', ip: '198.51.100.7', origin });
      await users.reset.request({ email: 'ann@acme.test', ip: '198.51.100.7', origin });
      await users.join.invite({ email: 'new@acme.test', by: { initiator: 'hub', actor: {}, origin } });
      const count = async (table: string) => (await row(users.db, sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(table)}`))?.n;
      const counts = () => Promise.all(['email_codes', 'one_time_links', 'invites', 'attempts'].map(count));
      await purgeUsers(users.db, START + 23 * HOUR);
      expect(await counts()).toEqual([1, 1, 1, 2]);
      await purgeUsers(users.db, START + 26 * HOUR);
      expect(await counts()).toEqual([0, 0, 1, 2]);
      expect(await row(users.db, sql`SELECT 1 FROM sessions WHERE id = ${ended.session.id}`)).toBeUndefined();
      expect(await users.sessions.find(live.secret)).toBeDefined();
      await purgeUsers(users.db, START + 32 * 24 * HOUR);
      expect(await counts()).toEqual([0, 0, 0, 0]);
    });
  });
}
