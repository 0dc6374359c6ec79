import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, freshDatabase } from '../../../testing/database.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { isAlive, type Behind } from './alive.store.ts';

const NOW = Date.parse('2026-07-01T12:00:00Z');
const WHOLE: Behind = { jti: 'tok_1', clientId: 'cli', agentId: 'agt_1', userId: 'ann', tenantId: 'acme', grantId: 'grt_1' };

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
        INSERT INTO clients (id, name, registration_type, public, grants, auth_method) VALUES ('cli', 'CLI', 'manual', true, '{}', 'none');
        INSERT INTO agents (id, client_id, principal_kind, principal_id, created_at) VALUES ('agt_1', 'cli', 'user', 'ann', now());
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
