import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { rows, type Db } from '../../base/db.ts';
import { ensureAgent } from '../agents/store.ts';
import { holdMembership, letGoMembership } from '../users/hold.store.ts';

const SECRET = 'a-long-secret-of-the-worker';
const ann = { id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme' }] };
const ben = { id: 'ben', email: 'ben@acme.test', tenants: [{ id: 'acme' }] };
const agentAnswer = z.looseObject({
  state: z.string(),
  stateReason: z.string().nullable(),
  owner: z.looseObject({ id: z.string() }).nullable(),
});

for (const engine of engines()) {
  describe(`agents whose owner leaves on ${engine}`, () => {
    let hub: TestHouse;
    let db: Db;
    let worker: string;
    let assistant: string;
    const token = () =>
      hub.post(
        '/oauth/token',
        { grant_type: 'client_credentials' },
        { authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}` },
      );
    const state = async (id: string) => agentAnswer.parse(await (await hub.admin('GET', `/admin/v1/agents/${id}`)).json());
    const owner = (id: string, to: string | null, headers = {}) => hub.admin('PUT', `/admin/v1/agents/${id}/owner`, { owner: to }, headers);
    const deed = (kind: string, id: string, verb: string) => hub.admin('POST', `/admin/v1/${kind}/${id}/${verb}`, { reason: 'test' });
    const entries = async (type: string, target: string) =>
      (
        await rows(
          db,
          sql<{
            body: string;
          }>`SELECT body FROM audit_events WHERE type = ${type} AND body::json #>> '{target,id}' = ${target} ORDER BY id`,
        )
      ).map(({ body }) => z.looseObject({ reason: z.string().optional() }).parse(JSON.parse(body)));
    const signals = async (subject: string) =>
      rows(db, sql<{ state: string; reason: string }>`SELECT state, reason FROM signals WHERE subject = ${subject} ORDER BY seq`);
    const settle = () => hub.settle();
    const agentFor = async (user: string, client: string) =>
      (
        await db
          .transaction()
          .execute((tx) =>
            ensureAgent(tx, { clientId: client, principal: { kind: 'user', id: user }, tenantId: 'acme', now: hub.clock.now() }),
          )
      ).agent.id;

    beforeAll(async () => {
      hub = await testHouse({ engine });
      db = hub.house.rooms.database.db;
      await hub.apply({
        tenants: [
          { id: 'acme', name: 'Acme' },
          { id: 'globex', name: 'Globex' },
        ],
        users: [ann, ben, { id: 'cyd', email: 'cyd@globex.test', tenants: [{ id: 'globex' }] }],
        resources: [{ id: 'ops', type: 'api', uri: 'http://localhost:9000/api', scopes: [{ name: 'read' }] }],
        clients: [
          { id: 'worker', name: 'Worker', kind: 'service', owner: 'ann', tenants: ['acme'], auth: { secrets: [{ value: SECRET }] } },
          { id: 'helper', name: 'Helper', kind: 'app', public: true, redirectUris: ['https://app.test/cb'] },
        ],
        policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' }],
      });
      if ((await token()).status !== 200) throw new Error('the worker gets no token to begin with');
      const { items } = z
        .object({ items: z.array(z.looseObject({ id: z.string() })) })
        .parse(await (await hub.admin('GET', '/admin/v1/agents?client=worker')).json());
      worker = items[0]?.id ?? '';
      assistant = await agentFor('ann', 'helper');
    });
    beforeEach(async () => {
      await settle();
    });
    afterAll(() => hub.close());

    it('begin with the user they act for, or the owner of their client', async () => {
      expect(await state(assistant)).toMatchObject({ owner: { id: 'ann' } });
      expect(await state(worker)).toMatchObject({ owner: { id: 'ann' } });
    });

    it('stop in the commit that freezes the owner, with entry and signal, and go on when the owner is back', async () => {
      await deed('users', 'ann', 'freeze');
      for (const id of [worker, assistant]) {
        expect(await state(id)).toMatchObject({ state: 'frozen', stateReason: 'owner_left' });
        expect((await entries('agent.frozen', id)).at(-1)).toMatchObject({ reason: 'owner_left', data: { owner: 'ann' } });
        expect((await signals(id)).at(-1)).toEqual({ state: 'frozen', reason: 'owner_left' });
      }
      expect((await token()).status).toBe(401);
      const left = z
        .object({ items: z.array(z.looseObject({ id: z.string() })) })
        .parse(await (await hub.admin('GET', '/admin/v1/agents?reason=owner_left')).json());
      expect(left.items.map(({ id }) => id).toSorted()).toEqual([worker, assistant].toSorted());
      await deed('users', 'ann', 'unfreeze');
      for (const id of [worker, assistant]) expect(await state(id)).toMatchObject({ state: 'active' });
      expect((await token()).status).toBe(200);
      expect((await signals(worker)).at(-1)).toEqual({ state: 'restored', reason: 'owner_left' });
    });

    it('go on with a new owner, once somebody unfreezes them', async () => {
      await deed('users', 'ann', 'freeze');
      const given = await owner(worker, 'ben');
      expect([given.status, agentAnswer.parse(await given.json()).owner?.id]).toEqual([200, 'ben']);
      await deed('agents', worker, 'unfreeze');
      expect((await token()).status).toBe(200);
      await deed('users', 'ann', 'unfreeze');
      expect(await state(worker)).toMatchObject({ state: 'active', owner: { id: 'ben' } });
      await owner(worker, 'ann');
    });

    it('are not let go by what becomes of the one they were given to: frozen and back, neither they nor who left bring them along', async () => {
      await deed('users', 'ann', 'freeze');
      await owner(worker, 'ben');
      await deed('users', 'ben', 'freeze');
      await deed('users', 'ben', 'unfreeze');
      await settle();
      expect(await state(worker)).toMatchObject({ state: 'frozen', stateReason: 'owner_changed' });
      await deed('users', 'ann', 'unfreeze');
      await settle();
      expect((await owner(worker, 'ann')).status).toBe(200);
      expect(await state(worker)).toMatchObject({ state: 'frozen' });
      expect((await token()).status).toBe(401);
      await deed('agents', worker, 'unfreeze');
      expect((await token()).status).toBe(200);
    });

    it('stay frozen when somebody froze them beside: an owner who is back brings back what stopped with them, and no more', async () => {
      await deed('users', 'ann', 'freeze');
      const frozen = await deed('agents', worker, 'freeze');
      expect(await frozen.json()).toMatchObject({ state: 'frozen', moved: true });
      expect(await (await deed('agents', worker, 'freeze')).json()).toMatchObject({ moved: false });
      await deed('users', 'ann', 'unfreeze');
      expect(await state(assistant)).toMatchObject({ state: 'active' });
      expect(await state(worker)).toMatchObject({ state: 'frozen', stateReason: 'test' });
      expect((await token()).status).toBe(401);
      await deed('agents', worker, 'unfreeze');
      expect((await token()).status).toBe(200);
    });

    it('do not go on without an owner by a freeze of their own, made before or after the owner left', async () => {
      for (const first of ['agents', 'users'] as const) {
        await deed(first, first === 'agents' ? worker : 'ann', 'freeze');
        await deed(first === 'agents' ? 'users' : 'agents', first === 'agents' ? 'ann' : worker, 'freeze');
        expect((await deed('agents', worker, 'unfreeze')).status).toBe(409);
        expect((await token()).status).toBe(401);
        await deed('users', 'ann', 'unfreeze');
        expect(await state(worker)).toMatchObject({ state: 'frozen', stateReason: 'test' });
        expect((await deed('agents', worker, 'unfreeze')).status).toBe(200);
        expect((await token()).status).toBe(200);
      }
    });

    it('stop when the owner leaves their tenant, and stay so when the owner is merely frozen and back', async () => {
      expect((await hub.admin('PUT', '/admin/v1/users/ann', { ...ann, tenants: [] })).status).toBe(200);
      await settle();
      expect(await state(worker)).toMatchObject({ state: 'frozen', stateReason: 'owner_left' });
      await deed('users', 'ann', 'freeze');
      await deed('users', 'ann', 'unfreeze');
      await settle();
      expect(await state(worker)).toMatchObject({ state: 'frozen' });
      await hub.admin('PUT', '/admin/v1/users/ann', ann);
      await deed('agents', worker, 'unfreeze');
      await deed('agents', assistant, 'unfreeze');
    });

    it('stop while the membership of the owner is on hold, but for those that act for the owner, and nobody on hold is given one', async () => {
      const hold = { userId: 'ann', tenantId: 'acme', by: 'transmitter:idp' };
      await db.transaction().execute((tx) => holdMembership(tx, hold));
      await settle();
      expect(await state(worker)).toMatchObject({ state: 'frozen', stateReason: 'owner_left' });
      expect(await state(assistant)).toMatchObject({ state: 'active' });
      expect((await token()).status).toBe(401);
      await deed('users', 'ann', 'freeze');
      await deed('users', 'ann', 'unfreeze');
      await settle();
      expect(await state(worker)).toMatchObject({ state: 'frozen' });
      await db.transaction().execute((tx) => letGoMembership(tx, hold));
      await settle();
      for (const id of [worker, assistant]) expect(await state(id)).toMatchObject({ state: 'active' });
      await db.transaction().execute((tx) => holdMembership(tx, { ...hold, userId: 'ben' }));
      expect((await owner(worker, 'ben')).status).toBe(400);
      await db.transaction().execute((tx) => letGoMembership(tx, { ...hold, userId: 'ben' }));
    });

    it('stay as they are when the owner left and came back before anybody looked', async () => {
      await db.transaction().execute(async (tx) => {
        await sql`DELETE FROM user_tenants WHERE user_id = 'ann'`.execute(tx);
        await sql`INSERT INTO user_tenants (user_id, tenant_id) VALUES ('ann', 'acme')`.execute(tx);
      });
      const before = (await signals(worker)).length;
      await settle();
      expect(await state(worker)).toMatchObject({ state: 'active' });
      expect((await signals(worker)).length).toBe(before);
    });

    it('all stop, however many there are, whichever node is at it, and each once', async () => {
      await sql`INSERT INTO agents (id, client_id, principal_kind, principal_id, tenant_id, created_at, owner_id)
        SELECT 'agt_many_' || n, 'many-' || n, 'tenant', 'acme', 'acme', now(), 'ben' FROM generate_series(1, 130) AS n`.execute(db);
      const other = await hub.secondNode();
      await deed('users', 'ben', 'freeze');
      await Promise.all([settle(), other.rooms.quarantine.run()]);
      const [counted] = await rows(
        db,
        sql<{
          stopped: number;
          told: number;
          notes: number;
        }>`SELECT (SELECT count(*) FROM agents WHERE owner_id = 'ben' AND state_reason = 'owner_left') AS stopped,
          (SELECT count(*) FROM signals WHERE subject LIKE 'agt_many_%') AS told, (SELECT count(*) FROM owner_moves) AS notes`,
      );
      expect(counted).toEqual({ stopped: 130, told: 130, notes: 0 });
      await deed('users', 'ben', 'unfreeze');
      await Promise.all([settle(), other.rooms.quarantine.run()]);
      const still = await rows(db, sql`SELECT 1 FROM agents WHERE owner_id = 'ben' AND state <> 'active'`);
      expect(still).toHaveLength(0);
    });

    it('stop although the node that was to stop them died after the owner had left', async () => {
      await sql`UPDATE users SET state = 'frozen' WHERE id = 'ben'`.execute(db);
      await settle();
      expect(await state('agt_many_7')).toMatchObject({ state: 'frozen', stateReason: 'owner_left' });
      await sql`UPDATE users SET state = 'active' WHERE id = 'ben'`.execute(db);
      await settle();
      expect(await state('agt_many_7')).toMatchObject({ state: 'active' });
    });

    it('keep a pause of their person beneath, and fall back to it', async () => {
      await sql`UPDATE agents SET state = 'frozen', state_reason = 'by_user', pause = 'alone' WHERE id = ${assistant}`.execute(db);
      await deed('users', 'ann', 'freeze');
      expect(await state(assistant)).toMatchObject({ state: 'frozen', stateReason: 'owner_left' });
      await deed('users', 'ann', 'unfreeze');
      expect(await state(assistant)).toMatchObject({ state: 'frozen', stateReason: 'by_user' });
      await sql`UPDATE agents SET state = 'active', state_reason = NULL, pause = NULL WHERE id = ${assistant}`.execute(db);
    });

    it('take two people where agents do, and leave no note of the stop when their owner is back', async () => {
      const noted = () =>
        rows(
          db,
          sql<{
            reason: string;
            second: boolean;
          }>`SELECT reason, second_person AS second FROM containments WHERE kind = 'agent' AND subject = ${worker}`,
        );
      const settings = z.looseObject({}).parse(await (await hub.admin('GET', '/admin/v1/settings/containment')).json());
      expect((await hub.admin('PUT', '/admin/v1/settings/containment', { ...settings, secondPerson: ['agent'] })).status).toBe(200);
      await deed('users', 'ann', 'freeze');
      expect(await noted()).toEqual([{ reason: 'owner_left', second: true }]);
      await deed('users', 'ann', 'unfreeze');
      expect(await noted()).toEqual([]);
      expect((await hub.admin('PUT', '/admin/v1/settings/containment', settings)).status).toBe(200);
    });

    it('go on where the setting says so', async () => {
      await hub.admin('PUT', '/admin/v1/settings/agents', { dormantDays: 30, quarantine: false });
      await deed('users', 'ann', 'freeze');
      await settle();
      expect(await state(worker)).toMatchObject({ state: 'active' });
      await deed('users', 'ann', 'unfreeze');
      await hub.admin('PUT', '/admin/v1/settings/agents', { dormantDays: 30, quarantine: true });
    });

    it.each([
      ['somebody of another tenant', 'cyd', 400],
      ['nobody known', 'zoe', 400],
      ['no text', 7, 400],
      ['the same once more', 'ann', 200],
      ['nobody', null, 200],
    ])('an owner may be %s or not', async (_, to, status) => {
      const before = (await entries('admin.changed', worker)).length;
      const answer = await hub.admin('PUT', `/admin/v1/agents/${worker}/owner`, { owner: to });
      expect(answer.status).toBe(status);
      expect((await entries('admin.changed', worker)).length).toBe(to === null ? before + 1 : before);
    });

    it('an owner is not given to what is not there, over what changed meanwhile, nor one who is stopped', async () => {
      expect((await owner('agt_nobody', 'ann')).status).toBe(404);
      expect((await owner(worker, 'ann', { 'if-match': '"999"' })).status).toBe(412);
      await deed('users', 'ben', 'freeze');
      expect((await owner(worker, 'ben')).status).toBe(400);
      await deed('users', 'ben', 'unfreeze');
      expect((await owner(worker, 'ann')).status).toBe(200);
    });

    it('never go on while whoever answers for them is stopped, however unfreezing the one crosses with freezing the other', async () => {
      await owner(worker, 'ben');
      for (let n = 0; n < 6; n += 1) {
        await hub.admin('PUT', '/admin/v1/users/ben', { ...ben, tenants: [] });
        await settle();
        await hub.admin('PUT', '/admin/v1/users/ben', ben);
        expect(await state(worker)).toMatchObject({ state: 'frozen', stateReason: 'owner_left' });
        await Promise.all([deed('agents', worker, 'unfreeze'), deed('users', 'ben', 'freeze')]);
        await settle();
        expect(await state(worker)).toMatchObject({ state: 'frozen', stateReason: 'owner_left' });
        await deed('users', 'ben', 'unfreeze');
        await settle();
        expect(await state(worker)).toMatchObject({ state: 'active' });
      }
      await owner(worker, 'ann');
    });

    it('whoever leaves while they are given an agent answers for none that works', async () => {
      await sql`DELETE FROM agents WHERE client_id LIKE 'many-%'`.execute(db);
      for (let n = 0; n < 6; n += 1) {
        await owner(worker, 'ann');
        const [given] = await Promise.all([owner(worker, 'ben'), deed('users', 'ben', 'freeze')]);
        await settle();
        const after = await state(worker);
        expect([given.status, after.owner?.id, after.state]).toEqual(
          given.status === 200 ? [200, 'ben', 'frozen'] : [400, 'ann', 'active'],
        );
        await deed('users', 'ben', 'unfreeze');
        await settle();
      }
    });

    it('stop for good with an owner who is removed, until another answers for them', async () => {
      await owner(worker, 'ben');
      expect((await hub.admin('DELETE', '/admin/v1/users/ben')).status).toBe(204);
      await settle();
      expect(await state(worker)).toMatchObject({ state: 'frozen', stateReason: 'owner_left' });
      const before = (await entries('agent.unfrozen', worker)).length;
      const asked = await deed('agents', worker, 'unfreeze');
      expect([asked.status, await asked.json()]).toEqual([
        409,
        expect.objectContaining({ detail: expect.stringContaining('writ agent owner') }),
      ]);
      expect((await entries('agent.unfrozen', worker)).length).toBe(before);
      expect((await token()).status).toBe(401);
      await owner(worker, 'ann');
      await deed('agents', worker, 'unfreeze');
      expect((await token()).status).toBe(200);
    });
  });
}
