import { hash } from '@node-rs/argon2';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needsRehash } from '../../base/passwords/hasher.ts';
import { engines } from '../../../testing/database.ts';
import { findUser, setUserState } from './store.ts';
import { codeIn, from, openUsers, origin, PASSWORD, START, type Users } from './users.suite.ts';

const MINUTE = 60_000;

for (const engine of engines()) {
  describe(`logging in on ${engine}`, () => {
    let users: Users;
    beforeAll(async () => {
      users = await openUsers(engine, { limits: { addressFailures: 1_000 } });
    });
    afterAll(() => users.close());
    beforeEach(async () => {
      users.clock.set(START);
      await sql`DELETE FROM attempts`.execute(users.db);
    });

    const guess = (email: string, password: string, at: object = from, node = 0) =>
      (users.nodes[node] ?? users).login.withPassword({ email, password, ...from, ...at });
    const freeze = (id: string) => users.database.db.transaction().execute((tx) => setUserState(tx, id, 'frozen', 'test'));

    describe('by password', () => {
      it('proves the user, whatever the spelling of the address', async () => {
        const user = await users.put({ id: 'ann' });
        expect(await guess(' ANN@ＡＣＭＥ.test ', PASSWORD)).toEqual({ ok: true, value: { user, amr: ['pwd'], acr: '1' } });
      });

      it('answers alike when the account is unknown, has no password, or the password is wrong, too long or malformed; the entry says which (054)', async () => {
        await users.put({ id: 'nopw', password: undefined });
        await users.put({ id: 'bob' });
        const wrong = { ok: false, error: { kind: 'wrong' } };
        const tries: [string, string, string][] = [
          ['nobody@acme.test', PASSWORD, 'no such account'],
          ['no address', PASSWORD, 'no such account'],
          ['nopw@acme.test', PASSWORD, 'account without password'],
          ['bob@acme.test', 'wrong', 'wrong password'],
          ['bob@acme.test', '', 'wrong password'],
          ['bob@acme.test', 'x'.repeat(1_000_000), 'wrong password'],
          ['bob@acme.test', '\ud800', 'wrong password'],
        ];
        for (const [email, password, reason] of tries) {
          expect(await guess(email, password)).toEqual(wrong);
          const entry = (await users.events('login.failed')).at(-1);
          expect(entry).toMatchObject({ reason, outcome: 'refused', data: { method: 'password' } });
          expect(JSON.stringify(entry)).not.toContain(PASSWORD);
        }
      });

      it('lets five guesses through on one account, all spellings, nodes and networks together, then asks to wait (052, 053)', async () => {
        await users.put({ id: 'carl' });
        const spellings = ['carl@acme.test', 'CARL@acme.test', ' carl@acme.test', 'ｃarl@acme.test', 'carl@ACME.TEST'];
        for (const [index, email] of spellings.entries()) {
          expect(await guess(email, 'wrong', { ip: `203.0.113.${index}` }, index % 2)).toEqual({ ok: false, error: { kind: 'wrong' } });
        }
        expect(await guess('Carl@Acme.Test', PASSWORD, { ip: '203.0.113.99' })).toEqual({
          ok: false,
          error: { kind: 'locked', retryAfter: 30 },
        });
        expect((await users.events('login.failed')).at(-1)).toMatchObject({ reason: 'too many failures on this account' });
      });

      it('asks to wait on unknown accounts just the same', async () => {
        for (let index = 0; index < 5; index += 1) await guess('ghost@acme.test', 'wrong');
        expect(await guess('ghost@acme.test', 'wrong')).toEqual({ ok: false, error: { kind: 'locked', retryAfter: 30 } });
      });

      it('waits twice as long each time, an hour at most, and forgets all when the person gets in', async () => {
        await users.put({ id: 'dora' });
        for (let index = 0; index < 4; index += 1) await guess('dora@acme.test', 'wrong');
        const waits: (number | undefined)[] = [];
        for (let index = 0; index < 9; index += 1) {
          await guess('dora@acme.test', 'wrong');
          const answer = await guess('dora@acme.test', PASSWORD);
          const wait = answer.ok ? 0 : (answer.error.retryAfter ?? 0);
          waits.push(wait);
          users.clock.advance(wait * 1_000);
        }
        expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        expect(await guess('dora@acme.test', PASSWORD)).toMatchObject({ ok: true });
        expect(await guess('dora@acme.test', 'wrong')).toEqual({ ok: false, error: { kind: 'wrong' } });
      });

      it('after a hundred failures in a row rests for thirty days, and a new password by link ends the rest', async () => {
        await users.put({ id: 'eve' });
        await guess('eve@acme.test', 'wrong');
        await sql`UPDATE attempts SET failures = 99, locked_until = NULL WHERE failures = 1 AND key LIKE 'password:%'`.execute(users.db);
        await guess('eve@acme.test', 'wrong');
        expect(await guess('eve@acme.test', PASSWORD)).toEqual({ ok: false, error: { kind: 'locked', retryAfter: 30 * 86_400 } });
        await users.reset.request({ email: 'eve@acme.test', ...from });
        const secret = /reset\/(\S{43})/.exec((await users.mails())[0]?.text ?? '')?.[1] ?? '';
        expect(await users.reset.set({ secret, password: 'quite-another-tulip-4', origin })).toMatchObject({ ok: true });
        expect(await guess('eve@acme.test', 'quite-another-tulip-4')).toMatchObject({ ok: true });
      });

      it('judges at most five of fifty guesses that come at once on two nodes', async () => {
        await users.put({ id: 'frank' });
        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, index) => guess('frank@acme.test', `wrong-${index}`, from, index % 2)),
        );
        const kinds = answers.map((answer) => (answer.ok ? 'in' : answer.error.kind));
        expect(kinds.filter((kind) => kind === 'wrong')).toHaveLength(5);
        expect(kinds.filter((kind) => kind === 'locked')).toHaveLength(45);
      });

      it('tells a frozen user so only after the right password', async () => {
        await users.put({ id: 'gus' });
        await freeze('gus');
        expect(await guess('gus@acme.test', 'wrong')).toEqual({ ok: false, error: { kind: 'wrong' } });
        expect(await guess('gus@acme.test', PASSWORD)).toEqual({ ok: false, error: { kind: 'frozen' } });
        expect((await users.events('login.failed')).at(-1)).toMatchObject({ reason: 'user is frozen', actor: { user: 'gus' } });
      });

      it('replaces a hash of lower cost by one of today', async () => {
        await users.put({ id: 'hal' });
        const weak = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1, outputLen: 32 });
        await sql`UPDATE users SET password_hash = ${weak} WHERE id = 'hal'`.execute(users.db);
        expect(await guess('hal@acme.test', PASSWORD)).toMatchObject({ ok: true });
        const stored = (await findUser(users.db, 'hal'))?.passwordHash ?? '';
        expect(needsRehash(stored)).toBe(false);
        expect(await guess('hal@acme.test', PASSWORD)).toMatchObject({ ok: true });
      });

      it('names the client that asked in the entry', async () => {
        await users.login.withPassword({ email: 'nobody@acme.test', password: 'x', client: 'cli', ...from });
        expect((await users.events('login.failed')).at(-1)).toMatchObject({ actor: { client: 'cli' } });
      });

      it('keeps neither addresses nor networks in the counters', async () => {
        await guess('secret-person@acme.test', 'wrong', { ip: '203.0.113.200' });
        const { rows } = await sql<{ key: string }>`SELECT key FROM attempts`.execute(users.db);
        expect(JSON.stringify(rows)).not.toMatch(/secret-person|203\.0\.113/);
      });
    });

    describe('by code', () => {
      const send = (email: string, journeyId: string) => users.login.sendCode({ email, journeyId, ...from });
      const enter = (email: string, journeyId: string, code: string, node = 0) =>
        (users.nodes[node] ?? users).login.withCode({ email, journeyId, code, ...from });
      const lastCode = async () => codeIn((await users.mails())[0]);

      it('proves the user once, in the journey that asked', async () => {
        await users.put({ id: 'ida' });
        await send('IDA@acme.test', 'jny_1');
        const code = await lastCode();
        expect(await enter('ida@acme.test', 'jny_2', code)).toMatchObject({ ok: false, error: { kind: 'wrong' } });
        expect(await enter('ida@acme.test', 'jny_1', ` ${code.slice(0, 3)} ${code.slice(3)} `)).toMatchObject({
          ok: true,
          value: { user: { id: 'ida' }, amr: ['otp'] },
        });
        expect(await enter('ida@acme.test', 'jny_1', code)).toMatchObject({ ok: false });
        expect((await users.events('factor.sent')).at(-1)).toMatchObject({ outcome: 'success', actor: { user: 'ida' } });
      });

      it('is over after ten minutes, and when a newer one is sent', async () => {
        await users.put({ id: 'jan' });
        await send('jan@acme.test', 'jny_3');
        const first = await lastCode();
        await send('jan@acme.test', 'jny_3');
        const second = await lastCode();
        if (first !== second) expect(await enter('jan@acme.test', 'jny_3', first)).toMatchObject({ ok: false });
        users.clock.advance(10 * MINUTE);
        expect(await enter('jan@acme.test', 'jny_3', second)).toMatchObject({ ok: false });
      });

      it('lets one of twenty right answers at once in, and judges five of twenty wrong ones (051)', async () => {
        await users.put({ id: 'kim' });
        await send('kim@acme.test', 'jny_4');
        const right = await lastCode();
        await sql`DELETE FROM attempts WHERE key LIKE 'code:%'`.execute(users.db);
        const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => enter('kim@acme.test', 'jny_4', right, index % 2)));
        expect(answers.filter((answer) => answer.ok)).toHaveLength(1);

        await send('kim@acme.test', 'jny_5');
        await sql`DELETE FROM attempts WHERE key LIKE 'code:%'`.execute(users.db);
        await Promise.all(Array.from({ length: 20 }, () => enter('kim@acme.test', 'jny_5', 'wrong!')));
        const { rows } = await sql<{ tries: number }>`SELECT tries FROM email_codes WHERE journey_id = 'jny_5'`.execute(users.db);
        expect(rows).toEqual([{ tries: 5 }]);
        await sql`DELETE FROM attempts WHERE key LIKE 'code:%'`.execute(users.db);
        expect(await enter('kim@acme.test', 'jny_5', await lastCode())).toMatchObject({ ok: false });
      });

      it('is not sent to strangers, to frozen users, or to what is no address; nobody is told, and only the entry differs', async () => {
        await users.put({ id: 'lea' });
        await freeze('lea');
        const mails = (await users.mails()).length;
        for (const [email, reason] of [
          ['stranger@acme.test', 'no such account'],
          ['lea@acme.test', 'user is frozen'],
          ['nonsense', 'no address'],
        ] as const) {
          expect(await send(email, 'jny_6')).toBeUndefined();
          expect((await users.events('factor.sent')).at(-1)).toMatchObject({ outcome: 'refused', reason });
        }
        expect(await users.mails()).toHaveLength(mails);
      });

      it('opens nothing for an address without an account, though a row is written for it', async () => {
        await send('stranger@acme.test', 'jny_7');
        const { rows } = await sql`SELECT 1 FROM email_codes WHERE journey_id = 'jny_7'`.execute(users.db);
        expect(rows).toHaveLength(1);
        expect(await enter('stranger@acme.test', 'jny_7', '000000')).toMatchObject({ ok: false, error: { kind: 'wrong' } });
      });

      it('is mailed five times an hour to one address, whatever its spelling', async () => {
        await users.put({ id: 'mia' });
        const before = (await users.mails()).length;
        for (let index = 0; index < 7; index += 1) await send(index % 2 === 0 ? 'mia@acme.test' : 'MIA@acme.test', `jny_m${index}`);
        expect((await users.mails()).length - before).toBe(5);
        expect((await users.events('factor.sent')).at(-1)).toMatchObject({ reason: 'too many mails' });
        users.clock.advance(60 * MINUTE);
        await send('mia@acme.test', 'jny_m9');
        expect((await users.mails()).length - before).toBe(6);
      });

      it('goes to the address on record', async () => {
        await users.put({ id: 'nils', email: 'Nils.Holm@acme.test' });
        await send('nils.holm@ACME.test', 'jny_8');
        expect((await users.mails())[0]?.to).toBe('Nils.Holm@acme.test');
      });

      it('proves an unproven mailbox, and whoever had set a password there before is out (169)', async () => {
        const squatter = await users.put({ id: 'olga', emailVerified: false });
        const { cookie } = await users.sessions.start({ user: squatter, amr: ['pwd'], acr: '1', purpose: 'user', origin });
        await send('olga@acme.test', 'jny_9');
        expect(await enter('olga@acme.test', 'jny_9', await lastCode())).toMatchObject({
          ok: true,
          value: { user: { emailVerifiedAt: expect.any(Number) } },
        });
        expect(await guess('olga@acme.test', PASSWORD)).toEqual({ ok: false, error: { kind: 'wrong' } });
        expect(await users.sessions.find(/=([^;]{43})/.exec(cookie)?.[1])).toBeUndefined();
      });

      it('is neither in the database nor in the entries', async () => {
        await users.put({ id: 'pia' });
        await send('pia@acme.test', 'jny_10');
        const code = await lastCode();
        const { rows } =
          await sql`SELECT c::text FROM email_codes c UNION ALL SELECT e.body FROM audit_events e WHERE e.type = 'factor.sent'`.execute(
            users.db,
          );
        expect(JSON.stringify(rows.map((found) => found))).not.toMatch(new RegExp(`(?<![0-9])${code}(?![0-9])`));
      });
    });
  });

  describe(`a network that guesses on ${engine}`, () => {
    let users: Users;
    beforeAll(async () => {
      users = await openUsers(engine, { limits: { addressFailures: 6 } });
    });
    afterAll(() => users.close());

    it('is asked to wait after failures on many accounts, an IPv6 network as one; other networks are not', async () => {
      await users.put({ id: 'quin' });
      for (let index = 0; index < 6; index += 1)
        await users.login.withPassword({ email: `u${index}@acme.test`, password: 'x', ip: `2001:db8:1:2::${index}`, origin });
      const ask = (ip: string) => users.login.withPassword({ email: 'quin@acme.test', password: PASSWORD, ip, origin });
      expect(await ask('2001:db8:1:2:ffff::9')).toEqual({ ok: false, error: { kind: 'locked', retryAfter: 900 } });
      expect(await ask('2001:db8:1:3::1')).toMatchObject({ ok: true });
      users.clock.advance(15 * MINUTE);
      expect(await ask('2001:db8:1:2::1')).toMatchObject({ ok: true });
    });
  });
}
