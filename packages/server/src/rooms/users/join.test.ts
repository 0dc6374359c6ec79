import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { findUserByEmail, setUserState } from './store.ts';
import { admin, codeIn, from, ISSUER, openUsers, origin, PASSWORD, secretIn, START, type Users } from './users.suite.ts';

for (const engine of engines()) {
  describe(`joining on ${engine}`, () => {
    let users: Users;
    beforeAll(async () => {
      users = await openUsers(engine);
      await users.addTenant('acme');
      await users.addTenant('globex');
    });
    afterAll(() => users.close());
    beforeEach(async () => {
      users.clock.set(START);
      await sql`DELETE FROM attempts`.execute(users.db);
    });

    const invite = async (email: string, tenant: string | undefined = 'acme', roles: string[] = ['SRE']) => {
      const made = await users.join.invite({ email, tenant, roles, by: admin });
      if (!made.ok) throw new Error(made.error.message);
      return { ...made.value, secret: secretIn(made.value.link) };
    };
    const accept = (secret: string, node = 0) =>
      (users.nodes[node] ?? users).join.accept({ secret, password: PASSWORD, name: 'New', ...from });

    describe('by invitation', () => {
      it('is mailed, shown without being used (057), and makes an account in the tenant with the roles', async () => {
        const { secret, link } = await invite('new@acme.test');
        expect(link).toBe(`${ISSUER}/join/${secret}`);
        const mail = (await users.mails())[0];
        expect([mail?.to, secretIn(mail?.text)]).toEqual(['new@acme.test', secret]);
        for (let index = 0; index < 3; index += 1)
          expect(await users.join.findInvite(secret)).toMatchObject({ email: 'new@acme.test', tenant: 'acme' });
        const joined = await accept(secret);
        expect(joined).toMatchObject({
          ok: true,
          value: { created: true, user: { email: 'new@acme.test', name: 'New', tenants: [{ id: 'acme', roles: ['SRE'] }] } },
        });
        expect(await users.login.withPassword({ email: 'new@acme.test', password: PASSWORD, ...from })).toMatchObject({ ok: true });
        expect((await users.events('user.invited')).at(-1)).toMatchObject({
          actor: { client: 'admin-token' },
          data: { email: 'new@acme.test', roles: ['SRE'] },
        });
        expect((await users.events('user.created')).at(-1)).toMatchObject({ initiator: 'human' });
        expect(JSON.stringify(await users.events('user.invited'))).not.toContain(secret);
      });

      it('accepted twenty times at once on two nodes makes one account', async () => {
        const { secret } = await invite('race@acme.test');
        const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => accept(secret, index % 2)));
        const won = answers.filter((answer) => answer.ok);
        expect(won).toHaveLength(1);
        for (const answer of answers.filter((one) => !one.ok)) expect(['dead', 'busy']).toContain(answer.ok ? '' : answer.error.kind);
      });

      it('to two tenants accepted at once makes one account in both', async () => {
        const [first, second] = [await invite('both@acme.test', 'acme', []), await invite('both@acme.test', 'globex', [])];
        const answers = await Promise.all([accept(first.secret, 0), accept(second.secret, 1)]);
        expect(answers.map((answer) => answer.ok && answer.value.created).sort()).toEqual([false, true]);
        expect((await findUserByEmail(users.db, 'both@acme.test'))?.tenants.map(({ id }) => id)).toEqual(['acme', 'globex']);
      });

      it('of somebody with an account adds the tenant, sets no password, and logs nobody in', async () => {
        await users.put({ id: 'old', tenants: [{ id: 'globex', roles: ['x'] }] });
        const { secret } = await invite('OLD@acme.test');
        const joined = await users.join.accept({ secret, password: 'some-other-password-1', ...from });
        expect(joined).toMatchObject({
          ok: true,
          value: { created: false, user: { id: 'old', tenants: [{ id: 'acme' }, { id: 'globex' }] } },
        });
        expect(await users.login.withPassword({ email: 'old@acme.test', password: 'some-other-password-1', ...from })).toMatchObject({
          ok: false,
        });
        expect(await users.login.withPassword({ email: 'old@acme.test', password: PASSWORD, ...from })).toMatchObject({ ok: true });
      });

      it('is not spent by a password that will not do, and says what is wrong with it', async () => {
        const { secret } = await invite('weak@acme.test');
        for (const password of ['short', 'password1234', 'weak@acme.test', '\ud800'.repeat(20)]) {
          const answer = await users.join.accept({ secret, password, ...from });
          expect(answer).toMatchObject({ ok: false, error: { kind: 'password', message: expect.stringMatching(/\.$/) } });
        }
        expect(await accept(secret)).toMatchObject({ ok: true });
      });

      it('is dead after seven days, after its use, and when it never was', async () => {
        const { secret } = await invite('late@acme.test');
        users.clock.advance(7 * 86_400_000);
        expect(await users.join.findInvite(secret)).toBeUndefined();
        expect(await accept(secret)).toEqual({ ok: false, error: { kind: 'dead' } });
        expect(await accept('x'.repeat(43))).toEqual({ ok: false, error: { kind: 'dead' } });
      });

      it('opens nothing for a frozen user', async () => {
        await users.put({ id: 'ice' });
        await users.db.transaction().execute((tx) => setUserState(tx, 'ice', 'frozen', 'test'));
        const { secret } = await invite('ice@acme.test');
        expect(await accept(secret)).toEqual({ ok: false, error: { kind: 'frozen' } });
      });

      it('needs an address and a tenant that is there', async () => {
        expect(await users.join.invite({ email: 'a@b@c', by: admin })).toMatchObject({ ok: false, error: { field: 'email' } });
        expect(await users.join.invite({ email: 'a@acme.test', tenant: 'nowhere', by: admin })).toMatchObject({
          ok: false,
          error: { field: 'tenant' },
        });
      });
    });

    describe('by oneself', () => {
      const send = (email: string, journeyId: string) => users.join.sendJoinCode({ email, journeyId, ...from });
      const register = (email: string, journeyId: string, code: string, password = PASSWORD, node = 0) =>
        (users.nodes[node] ?? users).join.register({ email, journeyId, code, password, name: 'Self', ...from });
      const lastCode = async () => codeIn((await users.mails())[0]);

      it('makes the account only once the mailbox is proven, so that nobody can sit in it before (169)', async () => {
        await send('self@acme.test', 'jny_1');
        expect(await findUserByEmail(users.db, 'self@acme.test')).toBeUndefined();
        expect(await register('self@acme.test', 'jny_1', 'wrong')).toMatchObject({ ok: false, error: { kind: 'wrong' } });
        expect(await findUserByEmail(users.db, 'self@acme.test')).toBeUndefined();
        const joined = await register('SELF@acme.test', 'jny_1', await lastCode());
        expect(joined).toMatchObject({ ok: true, value: { created: true, user: { emailVerifiedAt: START, name: 'Self', tenants: [] } } });
      });

      it('answers somebody with an account as everybody else, and mails that there is one', async () => {
        await users.put({ id: 'there' });
        expect(await send('there@acme.test', 'jny_2')).toEqual(await send('not-there@acme.test', 'jny_3'));
        const mails = await users.mails();
        const told = mails.find((mail) => mail.to === 'there@acme.test');
        expect(told?.subject).toContain('already have an account');
        expect(codeIn(told)).toBe('no code');
        expect(await register('there@acme.test', 'jny_2', '000000')).toMatchObject({ ok: false, error: { kind: 'wrong' } });
      });

      it('is not possible with a code for logging in, nor the other way round', async () => {
        await users.put({ id: 'cross' });
        await users.login.sendCode({ email: 'cross@acme.test', journeyId: 'jny_4', ...from });
        expect(await register('cross@acme.test', 'jny_4', await lastCode())).toMatchObject({ ok: false, error: { kind: 'wrong' } });
        await send('cross2@acme.test', 'jny_5');
        expect(
          await users.login.withCode({ email: 'cross2@acme.test', journeyId: 'jny_5', code: await lastCode(), ...from }),
        ).toMatchObject({ ok: false });
      });

      it('does not spend the code on a password that will not do', async () => {
        await send('retry@acme.test', 'jny_6');
        const code = await lastCode();
        expect(await register('retry@acme.test', 'jny_6', code, 'short')).toMatchObject({ ok: false, error: { kind: 'password' } });
        expect(await register('retry@acme.test', 'jny_6', code)).toMatchObject({ ok: true });
      });

      it('sent twenty times at once on two nodes makes one account', async () => {
        await send('burst@acme.test', 'jny_7');
        const code = await lastCode();
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, index) => register('burst@acme.test', 'jny_7', code, PASSWORD, index % 2)),
        );
        expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
      });

      it('asks to wait after five wrong codes', async () => {
        await send('guess@acme.test', 'jny_8');
        for (let index = 0; index < 5; index += 1)
          expect(await register('guess@acme.test', 'jny_8', `00000${index}x`)).toMatchObject({ error: { kind: 'wrong' } });
        expect(await register('guess@acme.test', 'jny_8', await lastCode())).toEqual({
          ok: false,
          error: { kind: 'locked', retryAfter: 30 },
        });
        expect((await users.events('login.failed')).at(-1)).toMatchObject({ data: { method: 'join' } });
      });
    });

    it('by oneself is closed where only invitations are taken', async () => {
      const closed = await openUsers(engine, { registration: 'invite' });
      expect(await closed.join.sendJoinCode({ email: 'a@acme.test', journeyId: 'jny_1', ...from })).toEqual({
        ok: false,
        error: { kind: 'closed' },
      });
      expect(
        await closed.join.register({ email: 'a@acme.test', journeyId: 'jny_1', code: '1', password: PASSWORD, ip: '::1', origin }),
      ).toEqual({ ok: false, error: { kind: 'closed' } });
      expect(await closed.mails()).toEqual([]);
      await closed.close();
    });
  });

  describe(`a new password by link on ${engine}`, () => {
    let users: Users;
    beforeAll(async () => {
      users = await openUsers(engine);
    });
    afterAll(() => users.close());
    beforeEach(() => users.clock.set(START));

    const request = async (email: string) => {
      await users.reset.request({ email, ...from });
      return secretIn((await users.mails())[0]?.text);
    };
    const set = (secret: string, password = 'brand-new-tulip-77', node = 0) =>
      (users.nodes[node] ?? users).reset.set({ secret, password, origin });

    it('replaces the old one and ends all sessions', async () => {
      const user = await users.put({ id: 'ann' });
      const { cookie } = await users.sessions.start({ user, amr: ['pwd'], acr: '1', purpose: 'user', origin });
      const secret = await request('ANN@acme.test');
      expect(await users.reset.find(secret)).toEqual({ email: 'ann@acme.test' });
      expect(await set(secret)).toMatchObject({ ok: true, value: { id: 'ann' } });
      expect(await users.sessions.find(/=([^;]{43})/.exec(cookie)?.[1])).toBeUndefined();
      expect(await users.login.withPassword({ email: 'ann@acme.test', password: PASSWORD, ...from })).toMatchObject({ ok: false });
      expect(await users.login.withPassword({ email: 'ann@acme.test', password: 'brand-new-tulip-77', ...from })).toMatchObject({
        ok: true,
      });
    });

    it('asked for twice: using one kills the other; used twenty times at once it is used once (056)', async () => {
      await users.put({ id: 'bea' });
      const [older, newer] = [await request('bea@acme.test'), await request('bea@acme.test')];
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => set(newer, `brand-new-tulip-${index}`, index % 2)));
      expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
      expect(await set(older)).toEqual({ ok: false, error: { kind: 'dead' } });
    });

    it('dies when the password changes otherwise, and after half an hour', async () => {
      await users.put({ id: 'cid' });
      const first = await request('cid@acme.test');
      await users.put({ id: 'cid', password: { value: 'an-administrator-set-it' } });
      expect(await set(first)).toEqual({ ok: false, error: { kind: 'dead' } });
      const second = await request('cid@acme.test');
      users.clock.advance(30 * 60_000);
      expect(await users.reset.find(second)).toBeUndefined();
      expect(await set(second)).toEqual({ ok: false, error: { kind: 'dead' } });
    });

    it('is mailed to nobody for strangers, and nobody is told (054)', async () => {
      const before = (await users.mails()).length;
      for (const email of ['stranger@acme.test', 'no address']) expect(await users.reset.request({ email, ...from })).toBeUndefined();
      expect(await users.mails()).toHaveLength(before);
      expect((await users.events('factor.sent')).slice(-2).map(({ reason }) => reason)).toEqual(['no such account', 'no address']);
    });

    it('can be handed over by an administrator for a day, only for an active user', async () => {
      await users.put({ id: 'dan', password: undefined });
      const made = await users.reset.linkFor('dan', admin);
      expect(made).toEqual({ link: expect.stringContaining(`${ISSUER}/reset/`), expiresAt: START + 86_400_000 });
      expect(await set(secretIn(made?.link))).toMatchObject({ ok: true });
      expect(await users.reset.linkFor('nobody', admin)).toBeUndefined();
    });

    it('that will not do leaves the link as it is', async () => {
      await users.put({ id: 'eli' });
      const secret = await request('eli@acme.test');
      expect(await set(secret, 'short')).toMatchObject({ ok: false, error: { kind: 'password' } });
      expect(await set(secret)).toMatchObject({ ok: true });
    });
  });
}
