import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, freshDatabase } from '../../../testing/database.ts';
import { openDatabase, type Database, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import { consumeCode, issueCode, rememberIssue } from './code.store.ts';
import type { AuthorizationFacts } from './facts.ts';
import { childSecret, createFamilyReader, findFamily, revokeFamilies, startFamily, stepsToCurrent } from './family.store.ts';
import { purgeTokens } from './jobs.ts';
import { findPar, PUSHED_MS, savePar, sweepPar } from './par.store.ts';
import { isRevoked, revokeJti } from './revoked.store.ts';
import { ROTATE, type Rotation } from './rotate.store.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const DAY = 86_400_000;
const KEY = randomBytes(32);
const FACTS: AuthorizationFacts = {
  userId: 'ann',
  tenantId: 'acme',
  agentId: 'agt_1',
  grantId: 'grt_1',
  resourceId: 'ops',
  scopes: ['read'],
  identityScopes: [],
  persistent: true,
  sessionId: 'ses_1',
  authTime: 1,
  acr: 'pwd',
  amr: ['pwd'],
  txn: 'txn_1',
};

for (const engine of engines()) {
  describe(`codes and families on ${engine}`, () => {
    let nodes: readonly [Database, Database];
    let drop: () => Promise<void>;
    const node = (n = 0): Database => (n % 2 === 0 ? nodes[0] : nodes[1]);
    const inTx = <T>(deed: (tx: Tx) => Promise<T>, n = 0): Promise<T> => node(n).db.transaction().execute(deed);

    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      drop = fresh.drop;
      nodes = [openDatabase(fresh.url), openDatabase(fresh.url)];
      await inTx(async (tx) => {
        await sql`INSERT INTO tenants (id, name) VALUES ('acme', 'Acme')`.execute(tx);
        await sql`INSERT INTO users (id, email, email_key) VALUES ('ann', 'ann@acme.test', 'ann@acme.test')`.execute(tx);
        await sql`INSERT INTO clients (id, name, registration_type, public, grants, auth_method) VALUES ('cli', 'CLI', 'manual', true, '{}', 'none')`.execute(
          tx,
        );
        await sql`INSERT INTO agents (id, client_id, principal_kind, principal_id, created_at) VALUES ('agt_1', 'cli', 'user', 'ann', now())`.execute(
          tx,
        );
        await sql`INSERT INTO grants (id, client_id, agent_id, user_id, tenant_id, resource_id, scopes, redirect_uri, created_at, updated_at)
          VALUES ('grt_1', 'cli', 'agt_1', 'ann', 'acme', 'ops', '{read}', 'http://127.0.0.1/cb', now(), now())`.execute(tx);
      });
    });
    afterAll(async () => {
      for (const one of nodes) await one.close();
      await drop();
    });

    const start = async (): Promise<{ id: string; secret: string }> => {
      const [id, secret] = [newId('fam', NOW), newSecret()];
      const token = { jti: `${id}-0`, expiresAt: NOW + 600_000 };
      await inTx((tx) =>
        startFamily(tx, {
          id,
          clientId: 'cli',
          facts: FACTS,
          hash: digest(secret),
          token,
          now: NOW,
          idleExpiresAt: NOW + 30 * DAY,
          expiresAt: NOW + 90 * DAY,
        }),
      );
      return { id, secret };
    };
    const rotation = ({ id, secret }: { id: string; secret: string }, more: Partial<Rotation> & { jti?: string } = {}): Rotation => {
      const { jti = 'jti', now = NOW, ...rest } = more;
      return {
        id,
        from: digest(secret),
        to: digest(childSecret(KEY, { familyId: id, secret })),
        token: { jti, expiresAt: now + 600_000 },
        fence: 0,
        now,
        idleExpiresAt: now + 30 * DAY,
        ...rest,
      };
    };
    const run = async (rotations: readonly Rotation[], n = 0) => {
      const client = await node(n).pool.connect();
      try {
        await client.query('BEGIN');
        const outcomes = await ROTATE.run(client, rotations);
        await client.query('COMMIT');
        return outcomes;
      } finally {
        client.release();
      }
    };
    const liveOf = async (id: string) =>
      (await sql<{ live: string }>`SELECT live FROM families WHERE id = ${id}`.execute(node().db)).rows[0]?.live;

    it('lets exactly one of many takers have a code, and tells the others what it became', async () => {
      const code = await inTx((tx) => issueCode(tx, { ...FACTS, clientId: 'cli', redirectUri: 'x', codeChallenge: 'y' }, NOW));
      const taken = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          inTx(async (tx) => {
            const outcome = await consumeCode(tx, code, NOW);
            if (outcome.kind === 'taken') await rememberIssue(tx, code, { familyId: 'fam_x', jti: 'jti_x', expiresAt: NOW + 1_000 });
            return outcome;
          }, n),
        ),
      );
      expect(taken.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
      for (const outcome of taken.filter(({ kind }) => kind !== 'taken'))
        expect(outcome).toMatchObject({ kind: 'spent', code: { familyId: 'fam_x', accessJti: 'jti_x', accessExpiresAt: NOW + 1_000 } });
    });

    it('leaves a code untaken when the work that follows fails', async () => {
      const code = await inTx((tx) => issueCode(tx, { ...FACTS, clientId: 'cli', redirectUri: 'x', codeChallenge: 'y' }, NOW));
      const failing = inTx(async (tx) => {
        await consumeCode(tx, code, NOW);
        throw new Error('the database went away');
      });
      await expect(failing).rejects.toThrow('went away');
      expect((await inTx((tx) => consumeCode(tx, code, NOW))).kind).toBe('taken');
    });

    it('rotates many families in one statement, and answers each in its place', async () => {
      const families = await Promise.all(Array.from({ length: 40 }, start));
      const outcomes = await run(families.map((family, n) => (n % 4 === 0 ? rotation(family, { from: 'stale' }) : rotation(family))));
      outcomes.forEach((outcome, n) => expect(outcome).toEqual(n % 4 === 0 ? { kind: 'lost' } : { kind: 'rotated', generation: 1 }));
    });

    it('of the same secret twice in one flush rotates once and repeats once; a stale secret beside them spoils nothing', async () => {
      const family = await start();
      const outcomes = await run([
        rotation(family, { from: 'a-stale-one' }),
        rotation(family, { jti: 'one' }),
        rotation(family, { jti: 'two' }),
        rotation(family, { jti: 'three' }),
      ]);
      expect(outcomes).toEqual([
        { kind: 'lost' },
        { kind: 'rotated', generation: 1 },
        { kind: 'repeated', generation: 1 },
        { kind: 'repeated', generation: 1 },
      ]);
      expect((await liveOf(family.id))?.split(' ').map((word) => word.split('=')[0])).toEqual([`${family.id}-0`, 'one', 'two', 'three']);
    });

    it('of the same secret on two nodes at once rotates once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const family = await start();
        const outcomes = (await Promise.all(Array.from({ length: 10 }, (_, n) => run([rotation(family, { jti: `j${n}` })], n)))).flat();
        expect(outcomes.filter(({ kind }) => kind === 'rotated')).toHaveLength(1);
        expect(outcomes.filter(({ kind }) => kind === 'repeated')).toHaveLength(9);
        expect(await findFamily(node().db, family.id)).toMatchObject({ generation: 1 });
      }
    });

    it('tells those who end a family only of tokens that have not expired', async () => {
      const family = await start();
      await run([rotation(family, { now: NOW + 700_000, jti: 'later' })]);
      expect(await inTx((tx) => revokeFamilies(tx, { id: family.id }, 'test', NOW + 700_000))).toEqual([
        { id: family.id, live: [{ jti: 'later', expiresAt: NOW + 1_300_000 }] },
      ]);
      expect(await inTx((tx) => revokeFamilies(tx, { id: family.id }, 'test', NOW + 700_000))).toEqual([]);
    });

    it('does not grow with every rotation: once the list is long, what expired is dropped', async () => {
      const family = await start();
      let from = digest(family.secret);
      for (let turn = 1; turn <= 40; turn += 1) {
        const to = `${turn}`.padStart(43, 'h');
        expect(
          await run([rotation(family, { from, to, now: NOW + turn * 400_000, jti: `token-number-${turn}`, idleExpiresAt: NOW + 1e10 })]),
        ).toEqual([{ kind: 'rotated', generation: turn }]);
        from = to;
      }
      const live = (await liveOf(family.id)) ?? '';
      expect(live.length).toBeLessThan(500);
      expect(live).toContain('token-number-40');
    });

    it('repeats only within sixty seconds', async () => {
      const family = await start();
      await run([rotation(family)]);
      expect(await run([rotation(family, { now: NOW + 59_999 })])).toEqual([{ kind: 'repeated', generation: 1 }]);
      expect(await run([rotation(family, { now: NOW + 60_000 })])).toEqual([{ kind: 'lost' }]);
    });

    it.each([
      ['agents', 'agt_1'],
      ['grants', 'grt_1'],
      ['clients', 'cli'],
      ['users', 'ann'],
      ['tenants', 'acme'],
    ])('neither rotates nor repeats while one of the %s is not active', async (table, id) => {
      const [fresh, rotated] = [await start(), await start()];
      await run([rotation(rotated)]);
      const set = (state: string) => sql`UPDATE ${sql.table(table)} SET state = ${state} WHERE id = ${id}`.execute(node().db);
      for (const state of ['frozen', 'revoked']) {
        await set(state);
        expect(await run([rotation(fresh), rotation(rotated)])).toEqual([{ kind: 'lost' }, { kind: 'lost' }]);
      }
      await set('active');
      expect(await run([rotation(fresh), rotation(rotated)])).toEqual([
        { kind: 'rotated', generation: 1 },
        { kind: 'repeated', generation: 1 },
      ]);
    });

    it('never rotates past the end of the family, its idle time, its grant, or a revocation', async () => {
      const [idle, old, ended, over] = [await start(), await start(), await start(), await start()];
      expect(await run([rotation(idle, { now: NOW + 30 * DAY })])).toEqual([{ kind: 'lost' }]);
      await sql`UPDATE families SET idle_expires_at = ${new Date(NOW + 99 * DAY)} WHERE id = ${old.id}`.execute(node().db);
      expect(await run([rotation(old, { now: NOW + 90 * DAY })])).toEqual([{ kind: 'lost' }]);
      await inTx((tx) => revokeFamilies(tx, { id: ended.id }, 'test', NOW));
      expect(await run([rotation(ended)])).toEqual([{ kind: 'lost' }]);
      await sql`UPDATE grants SET expires_at = ${new Date(NOW + DAY)}`.execute(node().db);
      expect(await run([rotation(over, { now: NOW + DAY })])).toEqual([{ kind: 'lost' }]);
      await sql`UPDATE grants SET expires_at = NULL`.execute(node().db);
    });

    it('caps the idle time by the end of the family', async () => {
      const family = await start();
      await run([rotation(family, { now: NOW + 29 * DAY, idleExpiresAt: NOW + 400 * DAY })]);
      expect(await findFamily(node().db, family.id)).toMatchObject({ idleExpiresAt: NOW + 90 * DAY });
    });

    it('updates in place: no index entry is written by a rotation', async () => {
      const family = await start();
      let { secret } = family;
      for (let n = 0; n < 20; n += 1) {
        await run([rotation({ id: family.id, secret }, { jti: newId('evt', NOW), now: NOW + n * 700_000 })]);
        secret = childSecret(KEY, { familyId: family.id, secret });
      }
      await sql`SELECT pg_stat_force_next_flush()`.execute(node().db);
      const found = await sql<{
        total: number;
        hot: number;
      }>`SELECT n_tup_upd AS total, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relname = 'families'`.execute(node().db);
      expect(found.rows[0]?.hot).toBeGreaterThan((found.rows[0]?.total ?? 0) * 0.8);
    });

    it('walks from any of its secrets to the current one, and from no other', async () => {
      const { id, secret } = await start();
      const line = [secret];
      for (let n = 0; n < 5; n += 1) {
        await run([rotation({ id, secret: line[n] ?? '' })]);
        line.push(childSecret(KEY, { familyId: id, secret: line[n] ?? '' }));
      }
      const family = await findFamily(node().db, id);
      if (family === undefined) throw new Error('the family is gone');
      expect(line.slice(0, 5).map((one) => stepsToCurrent(KEY, family, one))).toEqual([5, 4, 3, 2, 1]);
      expect(stepsToCurrent(KEY, family, newSecret())).toBeUndefined();
      expect(stepsToCurrent(randomBytes(32), family, secret)).toBeUndefined();
    });

    it('reads many families at once, unknown ones too, with what stands behind them', async () => {
      const families = await Promise.all(Array.from({ length: 10 }, start));
      const read = createFamilyReader(node());
      const found = await Promise.all([...families.map(({ id }) => read(id)), read('fam_nobody'), read(families[0]?.id ?? '')]);
      expect(found.map((family) => family?.id)).toEqual([...families.map(({ id }) => id), undefined, families[0]?.id]);
      expect(found[0]).toMatchObject({
        states: { client: 'active', agent: 'active', user: 'active', tenant: 'active', grant: 'active' },
        grantScopes: ['read'],
        fence: 0,
      });
    });

    it('ends all families of an agent, grant, client, user or tenant', async () => {
      for (const selector of [{ agentId: 'agt_1' }, { grantId: 'grt_1' }, { clientId: 'cli' }, { userId: 'ann' }, { tenantId: 'acme' }]) {
        const { id } = await start();
        expect((await inTx((tx) => revokeFamilies(tx, selector, 'test', NOW))).map((one) => one.id)).toContain(id);
        expect(await findFamily(node().db, id)).toMatchObject({ revokedAt: NOW });
      }
    });

    it('purges what nobody can ask for any more, and nothing else', async () => {
      const { id } = await start();
      await inTx((tx) => revokeJti(tx, { jti: 'short', expiresAt: NOW + 1_000, reason: 'test' }));
      await purgeTokens(node().db, NOW);
      expect([await isRevoked(node().db, 'short'), (await findFamily(node().db, id))?.id]).toEqual([true, id]);
      await purgeTokens(node().db, NOW + 98 * DAY);
      expect([await isRevoked(node().db, 'short'), await findFamily(node().db, id)]).toEqual([false, undefined]);
      expect((await sql`SELECT 1 FROM codes`.execute(node().db)).rows).toEqual([]);
    });

    it('sweeps pushed requests an hour after their minute, when no journey can spend them any more', async () => {
      const { requestUri } = await savePar(node().db, { clientId: 'cli', parameters: {}, now: NOW });
      expect(await sweepPar(node().db, NOW + 3_600_000)).toBe(0);
      expect((await findPar(node().db, requestUri, NOW))?.clientId).toBe('cli');
      expect(await sweepPar(node().db, NOW + PUSHED_MS + 3_600_001)).toBe(1);
      expect(await findPar(node().db, requestUri, NOW)).toBeUndefined();
    });
  });
}
