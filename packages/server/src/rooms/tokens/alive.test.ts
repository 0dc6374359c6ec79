import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, freshDatabase } from '../../../testing/database.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { createAliveReader, isAlive, type Behind } from './alive.store.ts';

const NOW = Date.parse('2026-07-01T12:00:00Z');
const WHOLE: Behind = { jti: 'tok_1', clientId: 'cli', agentId: 'agt_1', userId: 'ann', tenantId: 'acme', grantId: 'grt_1' };
const CHAIN: Partial<Behind> = {
  actors: [
    { sub: 'server', agent: 'agt_2' },
    { sub: 'cli', agent: 'agt_1' },
  ],
  lineage: ['tok_2', 'tok_3'],
};

for (const engine of engines()) {
  describe(`what stands behind a token on ${engine}`, () => {
    let database: Database;
    let drop: () => Promise<void>;
    const alive = (of: Partial<Behind> = {}, now = NOW): Promise<boolean> => isAlive(database.db, { ...WHOLE, ...of }, now);

    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      drop = fresh.drop;
      database = openDatabase(fresh.url);
      await database.pool.query(`
        INSERT INTO tenants (id, name) VALUES ('acme', 'Acme'), ('globex', 'Globex');
        INSERT INTO users (id, email, email_key) VALUES ('ann', 'ann@acme.test', 'ann@acme.test');
        INSERT INTO user_tenants (user_id, tenant_id) VALUES ('ann', 'acme');
        INSERT INTO clients (id, name, registration_type, public, grants, auth_method) VALUES ('cli', 'CLI', 'manual', true, '{}', 'none'),
          ('server', 'Server', 'manual', false, '{}', 'none');
        INSERT INTO agents (id, client_id, principal_kind, principal_id, created_at) VALUES ('agt_1', 'cli', 'user', 'ann', now()),
          ('agt_2', 'server', 'user', 'ann', now());
        INSERT INTO grants (id, client_id, agent_id, user_id, resource_id, scopes, redirect_uri, created_at, updated_at, expires_at)
          VALUES ('grt_1', 'cli', 'agt_1', 'ann', 'ops', '{}', 'http://127.0.0.1/cb', now(), now(), '2026-07-01T13:00:00Z');
        INSERT INTO revoked_tokens (jti, expires_at, reason) VALUES ('tok_gone', now(), 'test')`);
    });
    afterAll(async () => {
      await database.close();
      await drop();
    });

    it('is alive when everything stands, and when parts it never had are absent', async () => {
      expect(await alive()).toBe(true);
      expect(await alive({ agentId: undefined, userId: undefined, tenantId: undefined, grantId: undefined })).toBe(true);
    });

    it('is dead when the token was taken back, when the grant has run out, or when the user is not of the tenant', async () => {
      expect(await alive({ jti: 'tok_gone' })).toBe(false);
      expect(await alive({}, NOW + 3_599_999)).toBe(true);
      expect(await alive({}, NOW + 3_600_000)).toBe(false);
      expect(await alive({ tenantId: 'globex' })).toBe(false);
    });

    it('is alive with a chain that stands, and dead when one that it follows from was taken back', async () => {
      expect(await alive(CHAIN)).toBe(true);
      for (const lineage of [['tok_gone'], ['tok_2', 'tok_gone'], ['tok_gone', 'tok_3']])
        expect(await alive({ ...CHAIN, lineage })).toBe(false);
    });

    for (const [table, id] of [
      ['clients', 'server'],
      ['agents', 'agt_2'],
    ] as const) {
      it(`is dead while somebody of its chain is frozen in ${table}, and when it names nobody`, async () => {
        for (const state of ['frozen', 'active']) {
          await sql`UPDATE ${sql.table(table)} SET state = ${state} WHERE id = ${id}`.execute(database.db);
          expect(await alive(CHAIN)).toBe(state === 'active');
          expect(await alive()).toBe(true);
        }
        expect(await alive({ actors: [{ sub: 'server', agent: 'agt_nobody' }] })).toBe(false);
        expect(await alive({ actors: [{ sub: 'nobody' }] })).toBe(false);
      });
    }

    it('answers many at once, each in its place, with what the grant holds by now', async () => {
      const standing = createAliveReader(database);
      const asked = Array.from({ length: 450 }, (_, n) =>
        standing({ ...WHOLE, ...CHAIN, ...(n % 3 === 0 ? { jti: 'tok_gone' } : {}) }, NOW),
      );
      const answers = await Promise.all([...asked, standing({ jti: 'x', clientId: 'cli' }, NOW)]);
      expect(answers.at(-1)).toEqual({ alive: true });
      for (const [n, one] of answers.slice(0, 450).entries())
        expect(one).toEqual({ alive: n % 3 !== 0, grant: { resourceId: 'ops', scopes: [], consentedAt: expect.any(Number) } });
    });

    for (const member of ['clientId', 'agentId', 'userId', 'tenantId', 'grantId'] as const) {
      it(`is dead when its ${member} names nothing`, async () => {
        expect(await alive({ [member]: 'nothing' })).toBe(false);
      });
    }

    for (const [table, id] of [
      ['clients', 'cli'],
      ['agents', 'agt_1'],
      ['users', 'ann'],
      ['tenants', 'acme'],
      ['grants', 'grt_1'],
    ] as const) {
      it(`is dead while its row in ${table} is frozen`, async () => {
        await sql`UPDATE ${sql.table(table)} SET state = 'frozen' WHERE id = ${id}`.execute(database.db);
        expect(await alive()).toBe(false);
        await sql`UPDATE ${sql.table(table)} SET state = 'active' WHERE id = ${id}`.execute(database.db);
        expect(await alive()).toBe(true);
      });
    }
  });
}
