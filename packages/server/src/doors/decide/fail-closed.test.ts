import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { ADMIN_TOKEN, testHouse, type TestHouse } from '../../../testing/house.ts';
import { systemClock } from '../../base/clock.ts';
import { localKek } from '../../base/kek/local.ts';
import { createLog } from '../../base/log.ts';
import { readConfig } from '../../config.ts';
import { buildHouse, type House } from '../../house.ts';

const QUESTION = {
  subject: { type: 'client', id: 'worker' },
  action: { name: 'read' },
  resource: { type: 'resource', id: 'ops' },
};
const CONFIG = {
  resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
  clients: [{ id: 'worker', name: 'Worker', kind: 'service', auth: { secrets: [{ value: 'a-long-secret-of-the-worker' }] } }],
  policies: [{ id: 'reads', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' }],
};

const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
const ask = (house: House, path = '/decide/v1/evaluation', body: object = QUESTION): Promise<Response> =>
  house.fetch(new Request(`http://localhost:8787${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));

/** The class of all that may fail while a decision is made: whatever it is, nothing that came out says yes. */
async function expectNo(answer: Response, status: number): Promise<void> {
  expect(answer.status).toBe(status);
  expect(await answer.text()).not.toMatch(/\btrue\b/);
}

describe('fail-open class: a decision that cannot be made is no yes', () => {
  let hub: TestHouse;
  beforeAll(async () => {
    hub = await testHouse();
    await hub.apply(CONFIG);
  });
  afterAll(() => hub.close());

  it('engine error: a rule that does not compile leaves the last whole set in force, and a node that starts with it does not start', async () => {
    expect(await (await ask(hub.house)).json()).toMatchObject({ decision: true });
    const { db } = hub.house.rooms.database;
    await sql`INSERT INTO policies (id, rule) VALUES ('broken', '{"id": "broken", "state": "enforce", "effect": "deny"}')`.execute(db);
    await expect(hub.secondNode()).rejects.toThrow(/undefined/);
    await sql`DELETE FROM policies WHERE id = 'broken'`.execute(db);
  });

  it('engine error: half of a set is never taken, a deny that stands behind a broken rule included', async () => {
    const { db } = hub.house.rooms.database;
    const deny = { id: 'zz-deny', state: 'enforce', effect: 'deny', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' };
    await sql`INSERT INTO policies (id, rule) VALUES ('aa-broken', '{"id": "aa-broken"}'), ('zz-deny', ${JSON.stringify(deny)})`.execute(
      db,
    );
    await sql`INSERT INTO changes (kind, key) VALUES ('policy', 'zz-deny')`.execute(db);
    await hub.house.rooms.feed.poll();
    await expect(hub.house.rooms.desk.ready()).rejects.toThrow(/undefined/);
    // The set before the change, whole: neither half of the new one, nor none.
    expect(hub.house.rooms.desk.book().rules.map(({ id }) => id)).toEqual(['reads']);
    await sql`DELETE FROM policies WHERE id = 'aa-broken'`.execute(db);
    // It is read again by itself until it can be: a reading that is under way may still have met the broken one.
    await expect.poll(() => hub.house.rooms.desk.book().rules.map(({ id }) => id)).toEqual(['reads', 'zz-deny']);
    expect(await (await ask(hub.house)).json()).toMatchObject({ decision: false });
    await sql`DELETE FROM policies WHERE id = 'zz-deny'`.execute(db);
    await sql`INSERT INTO changes (kind, key) VALUES ('policy', 'zz-deny')`.execute(db);
    await hub.house.rooms.feed.poll();
    await hub.house.rooms.desk.ready();
  });

  it('audit away: no decision is told that is not on record', async () => {
    const { db } = hub.house.rooms.database;
    await sql`ALTER TABLE audit_events RENAME TO audit_events_away`.execute(db);
    await expectNo(await ask(hub.house), 500);
    await expectNo(await ask(hub.house, '/decide/v1/evaluations', { ...QUESTION, evaluations: [{}, {}] }), 500);
    await sql`ALTER TABLE audit_events_away RENAME TO audit_events`.execute(db);
    expect(await (await ask(hub.house)).json()).toMatchObject({ decision: true });
  });
});

it('fail-open class: half-loaded, a house that has not read its policies yet decides nothing', async () => {
  const database = await freshDatabase();
  const kek = randomBytes(32);
  const env = { WRIT_ISSUER: 'http://localhost:8787', WRIT_ADMIN_TOKEN: ADMIN_TOKEN, WRIT_LOG_LEVEL: 'fatal' };
  const config = readConfig(env, 'dev');
  const house = await buildHouse({
    config,
    databaseUrl: database.url,
    keks: { current: localKek(kek), also: [] },
    clock: systemClock,
    log: createLog('silent'),
  });
  await expectNo(await ask(house), 500);
  await expectNo(await ask(house, '/admin/v1/policies/simulate', { client: 'worker', resource: 'ops' }), 500);
  await house.close();
  await database.drop();
});

it('fail-open class: database away, nothing is decided', async () => {
  const hub = await testHouse();
  await hub.apply(CONFIG);
  expect(await (await ask(hub.house)).json()).toMatchObject({ decision: true });
  const second = await hub.secondNode();
  await second.rooms.database.close();
  const answer = await ask(second);
  expect(answer.status).toBeGreaterThanOrEqual(500);
  expect(await answer.text()).not.toMatch(/\btrue\b/);
  // Its database is closed already; the first node goes the ordinary way.
  await hub.close().catch(() => undefined);
});
