import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';

const listed = z.object({ items: z.array(z.looseObject({ reason: z.string().optional() })) });

let hub: TestHouse;
let jti = 0;

beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme' }],
    users: [{ id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme' }] }],
    clients: ['worker', 'relay'].map((id) => ({ id, name: id, kind: 'service', auth: { secrets: [{ value: `a-long-secret-of-${id}` }] } })),
  });
  const { db } = hub.house.rooms.database;
  await sql`INSERT INTO agents (id, client_id, principal_kind, principal_id, created_at)
    VALUES ('agt_worker', 'worker', 'user', 'ann', now()), ('agt_relay', 'relay', 'user', 'ann', now())`.execute(db);
  await sql`INSERT INTO grants (id, client_id, agent_id, user_id, resource_id, scopes, redirect_uri, created_at, updated_at)
    VALUES ('grt_1', 'worker', 'agt_worker', 'ann', 'writ-admin', '{}', 'http://127.0.0.1/cb', now(), now())`.execute(db);
});
afterAll(() => hub.close());

/** What the hub would have signed for Ann's worker, but for what the test says. */
function bearer(more: Record<string, unknown> = {}): string {
  const iat = Math.floor(hub.clock.now() / 1000);
  jti += 1;
  return hub.house.rooms.keys.signer().sign('at+jwt', {
    iss: hub.issuer,
    aud: `${hub.issuer}/admin/v1`,
    sub: 'ann',
    client_id: 'worker',
    agent: 'agt_worker',
    grant_id: 'grt_1',
    scope: 'admin:clients:read',
    auth_time: iat,
    iat,
    exp: iat + 60,
    jti: `tok_${jti}`,
    ...more,
  });
}

const read = async (token: string): Promise<number> => (await hub.get('/admin/v1/clients', { authorization: `Bearer ${token}` })).status;
const newestReason = async (): Promise<string | undefined> =>
  listed.parse(await (await hub.admin('GET', '/admin/v1/events?type=admin.refused&limit=1')).json()).items[0]?.reason;

const CHAIN = { act: { sub: 'relay', agent: 'agt_relay' }, lineage: ['tok_before'] };

describe('a token for an API of the hub itself', () => {
  afterEach(async () => {
    const { db } = hub.house.rooms.database;
    for (const table of ['clients', 'agents', 'users', 'tenants', 'grants'])
      await sql`UPDATE ${sql.table(table)} SET state = 'active' WHERE state <> 'active'`.execute(db);
    await sql`DELETE FROM revoked_tokens`.execute(db);
  });

  it('opens it while everything behind it stands', async () => {
    expect(await read(bearer())).toBe(200);
  });

  it.each([
    ['client_frozen', sql`UPDATE clients SET state = 'frozen' WHERE id = 'worker'`],
    ['agent_frozen', sql`UPDATE agents SET state = 'frozen' WHERE id = 'agt_worker'`],
    ['user_revoked', sql`UPDATE users SET state = 'revoked' WHERE id = 'ann'`],
    ['grant_revoked', sql`UPDATE grants SET state = 'revoked' WHERE id = 'grt_1'`],
  ])('opens nothing from the next request on, and the entry says why: %s', async (reason, stop) => {
    const token = bearer();
    await stop.execute(hub.house.rooms.database.db);
    expect(await read(token)).toBe(401);
    expect(await newestReason()).toBe(reason);
  });

  it('counts what it names and is not there as revoked', async () => {
    expect(await read(bearer({ agent: 'agt_none' }))).toBe(401);
    expect(await newestReason()).toBe('agent_revoked');
  });

  it('opens nothing once it was taken back itself', async () => {
    const token = bearer({ jti: 'tok_back' });
    await sql`INSERT INTO revoked_tokens (jti, expires_at, reason) VALUES ('tok_back', now(), 'a test')`.execute(
      hub.house.rooms.database.db,
    );
    expect(await read(token)).toBe(401);
    expect(await newestReason()).toBe('revoked');
  });

  it('dies with whatever it follows from, and with whoever handed it on', async () => {
    const { db } = hub.house.rooms.database;
    expect(await read(bearer(CHAIN))).toBe(200);
    await sql`INSERT INTO revoked_tokens (jti, expires_at, reason) VALUES ('tok_before', now(), 'a test')`.execute(db);
    expect(await read(bearer(CHAIN))).toBe(401);
    expect(await newestReason()).toBe('chain_fallen');
    await sql`DELETE FROM revoked_tokens`.execute(db);
    await sql`UPDATE clients SET state = 'frozen' WHERE id = 'relay'`.execute(db);
    expect(await read(bearer(CHAIN))).toBe(401);
    expect(await newestReason()).toBe('chain_fallen');
  });

  it('dies with the tenant that a client serves by it', async () => {
    const token = bearer({ sub: 'worker', auth_time: undefined, grant_id: undefined, tenant: 'acme' });
    expect(await read(token)).toBe(200);
    await sql`UPDATE tenants SET state = 'frozen' WHERE id = 'acme'`.execute(hub.house.rooms.database.db);
    expect(await read(token)).toBe(401);
    expect(await newestReason()).toBe('tenant_frozen');
  });

  it.each([
    ['no scope at all', { scope: undefined }, 'claims_missing'],
    ['no client', { client_id: undefined }, 'claims_missing'],
    ['another audience', { aud: 'http://localhost:8787/ssf' }, 'audience'],
  ])('opens nothing with %s', async (_, more, reason) => {
    expect(await read(bearer(more))).toBe(401);
    expect(await newestReason()).toBe(reason);
  });

  it('opens it also while the whole hub is stopped: somebody has to let it go on', async () => {
    await hub.admin('POST', '/admin/v1/hub/freeze', { reason: 'a test' });
    expect(await read(bearer())).toBe(200);
    await hub.admin('POST', '/admin/v1/hub/unfreeze', { reason: 'a test' });
  });
});
