import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { rows, touched, type Db, type Tx } from '../../base/db.ts';
import { ensureAgent } from '../agents/store.ts';
import { hubAuthor } from '../audit/author.ts';
import { findGrant, saveGrant } from '../consent/store.ts';
import { createKeylessToken } from './person.suite.ts';

const SECRET = 'a-long-secret-of-the-worker';
const OPS = 'http://localhost:9000/mcp';
const phoenix = { id: 'phoenix', name: 'Phoenix', kind: 'service', auth: { secrets: [{ value: SECRET }] }, grants: ['client_credentials'] };
const WHY = { reason: 'keys were changed' };
const answerOf = z.looseObject({
  state: z.string().optional(),
  moved: z.boolean().optional(),
  unfreeze: z.looseObject({ id: z.string() }).optional(),
});

for (const engine of engines()) {
  describe(`what is made in the place of something that was stopped, on ${engine}`, () => {
    let hub: TestHouse;
    let db: Db;
    let person: ReturnType<typeof createKeylessToken>;
    beforeAll(async () => {
      hub = await testHouse({ engine });
      db = hub.house.rooms.database.db;
      await hub.apply({
        tenants: [{ id: 'acme', name: 'Acme' }],
        users: ['ann', 'bob', 'eve'].map((id) => ({ id, email: `${id}@acme.test`, tenants: [{ id: 'acme' }] })),
        resources: [{ id: 'ops', type: 'mcp', uri: OPS, scopes: [{ name: 'read' }] }],
        clients: [{ ...phoenix, id: 'robot' }],
        policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' }],
      });
      // Accounts are as old as the database says.
      hub.clock.advance(60_000);
      person = createKeylessToken(hub);
    });
    afterAll(() => hub.close());
    beforeEach(async () => {
      await takesTwo([]);
      await hub.admin('DELETE', '/admin/v1/clients/phoenix');
      await touched(db, sql`DELETE FROM containments`);
      await hub.apply({ clients: [phoenix] });
    });

    const takesTwo = (secondPerson: string[]) => hub.admin('PUT', '/admin/v1/settings/containment', { secondPerson, askedFor: 86_400 });
    const deed = (kind: string, id: string, verb: string) => hub.admin('POST', `/admin/v1/${kind}/${id}/${verb}`, { reason: 'leaked' });
    const by = async (who: string, path: string) => {
      const headers = { ...person(who), 'content-type': 'application/json' };
      const body = JSON.stringify(WHY);
      const answer = await hub.house.fetch(new Request(`${hub.issuer}/admin/v1/${path}`, { method: 'POST', headers, body }));
      return { status: answer.status, body: answerOf.parse(await answer.json()) };
    };
    const token = (id = 'phoenix') => person.tokenFor(id, SECRET, OPS);
    const agents = async (state: string): Promise<string[]> =>
      z
        .object({ items: z.array(z.object({ id: z.string() })) })
        .parse(await (await hub.admin('GET', `/admin/v1/agents?client=phoenix&state=${state}`)).json())
        .items.map(({ id }) => id);
    const stopped = async (kind: string): Promise<string[]> =>
      z
        .object({ items: z.array(z.object({ id: z.string() })) })
        .parse(await (await hub.admin('GET', `/admin/v1/containments?kind=${kind}`)).json())
        .items.map(({ id }) => id);
    const anew = async () => {
      expect((await hub.admin('DELETE', '/admin/v1/clients/phoenix')).status).toBe(204);
      await hub.apply({ clients: [phoenix] });
    };
    const frozenAgent = async (): Promise<string> => {
      expect(await token()).toBe(200);
      const [id = ''] = await agents('active');
      expect((await deed('agents', id, 'freeze')).status).toBe(200);
      return id;
    };
    const letGoByTwo = async (path: string) => {
      const asked = await by('ann', `${path}/unfreeze`);
      expect(asked).toMatchObject({ status: 202, body: { state: 'frozen', moved: false } });
      expect(await stopped(path.split('/')[0]?.slice(0, -1) ?? '')).toHaveLength(1);
      expect((await by('bob', `unfreezes/${asked.body.unfreeze?.id}/confirm`)).status).toBe(200);
    };

    it('begins frozen where the agent before it takes two people to let go, and goes on once two have said so', async () => {
      await takesTwo(['agent']);
      const before = await frozenAgent();
      await by('ann', `agents/${before}/unfreeze`);
      await anew();
      expect(await token()).not.toBe(200);
      const [now = ''] = await agents('frozen');
      expect(now).not.toBe(before);
      expect(await stopped('agent')).toEqual([now]);
      expect(await (await hub.admin('GET', `/admin/v1/agents/${now}`)).json()).toMatchObject({ state: 'frozen', stateReason: 'leaked' });
      // What was asked of the one before is moot.
      expect(await (await hub.admin('GET', '/admin/v1/unfreezes?state=waiting')).json()).toMatchObject({ items: [] });
      await letGoByTwo(`agents/${now}`);
      expect(await token()).toBe(200);
      expect(await stopped('agent')).toEqual([]);
    });

    it('begins frozen also where the one before was revoked in between', async () => {
      await takesTwo(['agent', 'client']);
      const before = await frozenAgent();
      await deed('agents', before, 'revoke');
      await deed('clients', 'phoenix', 'freeze');
      await deed('clients', 'phoenix', 'revoke');
      await anew();
      expect(await (await hub.admin('GET', '/admin/v1/clients/phoenix')).json()).toMatchObject({ state: 'frozen' });
      expect(await token()).toBe(401);
      await letGoByTwo('clients/phoenix');
      expect(await token()).not.toBe(200);
      await letGoByTwo(`agents/${(await agents('frozen'))[0]}`);
      expect(await token()).toBe(200);
    });

    it('begins free where the one before could be let go by one, was revoked without having been frozen, or was let go while it was gone', async () => {
      await frozenAgent();
      await anew();
      expect(await token()).toBe(200);
      await takesTwo(['agent', 'client']);
      await deed('clients', 'phoenix', 'revoke');
      await anew();
      expect(await token()).toBe(200);
      const before = await frozenAgent();
      await deed('clients', 'phoenix', 'freeze');
      expect((await hub.admin('DELETE', '/admin/v1/clients/phoenix')).status).toBe(204);
      await letGoByTwo(`agents/${before}`);
      await letGoByTwo('clients/phoenix');
      expect([await stopped('agent'), await stopped('client')]).toEqual([[], []]);
      expect((await by('ann', `agents/${before}/unfreeze`)).status).toBe(409);
      await hub.apply({ clients: [phoenix] });
      expect(await token()).toBe(200);
    });

    it('is one agent, frozen, when two nodes make it at once', async () => {
      await takesTwo(['agent']);
      await frozenAgent();
      await anew();
      const other = await hub.secondNode();
      const form = new URLSearchParams({ grant_type: 'client_credentials', resource: OPS }).toString();
      const ask = async (node: typeof hub.house) =>
        (
          await node.fetch(
            new Request(`${hub.issuer}/oauth/token`, {
              method: 'POST',
              headers: {
                authorization: `Basic ${Buffer.from(`phoenix:${SECRET}`).toString('base64')}`,
                'content-type': 'application/x-www-form-urlencoded',
              },
              body: form,
            }),
          )
        ).status;
      const answers = await Promise.all(Array.from({ length: 10 }, (_, nth) => ask(nth % 2 === 0 ? hub.house : other)));
      expect(answers.filter((status) => status === 200)).toEqual([]);
      const frozen = await agents('frozen');
      expect(frozen).toHaveLength(1);
      expect(await stopped('agent')).toEqual(frozen);
    });

    const allowed = async (tx: Tx, agentId: string, userId: string) => {
      const key = { clientId: 'phoenix', userId, tenantId: 'acme', resourceId: 'ops', redirectUri: 'https://app.example/cb' };
      const grant = await saveGrant(tx, { ...key, agentId, scopes: ['read'], persistent: false, now: hub.clock.now() });
      return { id: grant.id, state: grant.state, agentId };
    };
    const grantOf = (userId: string) =>
      db.transaction().execute(async (tx) => {
        const { agent } = await ensureAgent(tx, {
          clientId: 'phoenix',
          principal: { kind: 'user', id: userId },
          tenantId: 'acme',
          now: hub.clock.now(),
        });
        return allowed(tx, agent.id, userId);
      });
    const revokeOwn = (id: string) =>
      hub.house.rooms.contain({ kind: 'grant', id, to: 'revoked', reason: 'stopped by the user', own: true, by: hubAuthor('test') });

    it('is a frozen grant where a person takes back what an administrator froze of theirs and allows it again', async () => {
      const first = await grantOf('ann');
      await deed('grants', first.id, 'freeze');
      expect(await revokeOwn(first.id)).toMatchObject({ ok: true, value: { state: 'revoked' } });
      const second = await grantOf('ann');
      expect(second).toMatchObject({ state: 'frozen' });
      expect(await stopped('grant')).toEqual([second.id]);
      expect((await by('ann', `grants/${second.id}/unfreeze`)).status).toBe(200);
      // What they take back unfrozen they may allow again.
      await revokeOwn(second.id);
      expect(await grantOf('ann')).toMatchObject({ state: 'active' });
    });

    /** Until somebody waits for somebody else's row with a statement that says this. */
    const waits = (said: string) =>
      expect
        .poll(() =>
          rows(
            db,
            sql`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE ${`%${said}%`}`,
          ),
        )
        .not.toEqual([]);

    it('is a frozen grant also where it is allowed again in the very moment in which it is taken back', async () => {
      const first = await grantOf('eve');
      await deed('grants', first.id, 'freeze');
      let second: ReturnType<typeof allowed> | undefined;
      const gate = async () => {
        // Their agent was looked up before.
        second = db.transaction().execute((tx) => allowed(tx, first.agentId, 'eve'));
        await waits('INSERT INTO grants');
        return [];
      };
      const taken = {
        kind: 'grant',
        id: first.id,
        to: 'revoked',
        reason: 'stopped by the user',
        own: true,
        by: hubAuthor('test'),
      } as const;
      expect(await hub.house.rooms.contain({ ...taken, gate })).toMatchObject({ ok: true });
      const made = await second;
      expect(made).toMatchObject({ state: 'frozen' });
      expect(made?.id).not.toBe(first.id);
      expect(await stopped('grant')).toEqual([made?.id]);
    });

    it('is a frozen agent also where it is asked for in the very moment in which the one before is retired', async () => {
      await takesTwo(['agent']);
      const before = await frozenAgent();
      let second: ReturnType<typeof ensureAgent> | undefined;
      await db.transaction().execute(async (tx) => {
        await touched(tx, sql`UPDATE agents SET state = 'revoked', retired_at = now() WHERE id = ${before}`);
        const of = { clientId: 'phoenix', principal: { kind: 'client', id: 'phoenix' }, now: hub.clock.now() } as const;
        second = db.transaction().execute((other) => ensureAgent(other, of));
        await waits('INSERT INTO agents');
      });
      // Whoever asked goes by this answer: they issue the first token.
      expect(await second).toMatchObject({ agent: { state: 'frozen' }, created: true });
      const frozen = await agents('frozen');
      expect(frozen).toHaveLength(1);
      expect(frozen).not.toContain(before);
      expect(await stopped('agent')).toEqual(frozen);
      expect(await token()).not.toBe(200);
    });

    it('leaves nothing in the list of what is stopped when it is removed, and no request waits for it', async () => {
      const { id, agentId } = await grantOf('ann');
      const other = await grantOf('bob');
      for (const [kind, name] of [
        ['grants', id],
        ['agents', agentId],
        ['clients', 'phoenix'],
        ['users', 'eve'],
      ] as const)
        await deed(kind, name, 'freeze');
      await takesTwo(['grant', 'agent', 'user']);
      for (const path of [`grants/${id}`, `agents/${agentId}`, 'users/eve']) expect((await by('ann', `${path}/unfreeze`)).status).toBe(202);
      await hub.admin('DELETE', '/admin/v1/clients/phoenix');
      expect((await hub.admin('DELETE', '/admin/v1/users/eve')).status).toBe(204);
      for (const kind of ['grant', 'agent', 'client', 'user']) expect([kind, await stopped(kind)]).toEqual([kind, []]);
      expect(await (await hub.admin('GET', '/admin/v1/unfreezes?state=waiting')).json()).toMatchObject({ items: [] });
      expect((await findGrant(db, other.id))?.state).toBe('revoked');
    });

    it('leaves none either of grants for a resource that is removed', async () => {
      await hub.apply({ resources: [{ id: 'short', type: 'api', uri: 'http://localhost:9001', scopes: [{ name: 'read' }] }] });
      const now = hub.clock.now();
      const grant = await db.transaction().execute(async (tx) => {
        const { agent } = await ensureAgent(tx, { clientId: 'phoenix', principal: { kind: 'user', id: 'ann' }, tenantId: 'acme', now });
        const key = { clientId: 'phoenix', userId: 'ann', tenantId: 'acme', resourceId: 'short', redirectUri: 'https://app.example/cb' };
        return saveGrant(tx, { ...key, agentId: agent.id, scopes: ['read'], persistent: false, now });
      });
      await deed('grants', grant.id, 'freeze');
      expect(await stopped('grant')).toEqual([grant.id]);
      expect((await hub.admin('DELETE', '/admin/v1/resources/short')).status).toBe(204);
      expect(await stopped('grant')).toEqual([]);
    });
  });
}
