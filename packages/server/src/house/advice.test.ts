import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../testing/house.ts';
import { ensureAgent } from '../rooms/agents/store.ts';
import { saveGrant } from '../rooms/consent/store.ts';

const DAY = 86_400_000;
const FLEET = 30;
let hub: TestHouse;
const agents: string[] = [];
const grants: string[] = [];

beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    users: Array.from({ length: FLEET }, (_, n) => ({ id: `user${n}`, email: `user${n}@acme.test` })),
    resources: [
      {
        id: 'crm',
        type: 'api',
        uri: 'https://crm.test',
        name: 'CRM',
        scopes: [{ name: 'read' }, { name: 'write', risk: 'high', title: 'Write' }],
      },
    ],
    clients: [{ id: 'bot', name: 'Bot', public: true, redirectUris: ['https://bot.test/cb'] }],
  });
  const now = hub.clock.now() - 40 * DAY;
  const { db } = hub.house.rooms.database;
  for (let n = 0; n < FLEET; n += 1) {
    await db.transaction().execute(async (tx) => {
      const userId = `user${n}`;
      const { agent } = await ensureAgent(tx, { clientId: 'bot', principal: { kind: 'user', id: userId }, tenantId: undefined, now });
      const of = { clientId: 'bot', userId, resourceId: 'crm', redirectUri: 'https://bot.test/cb', agentId: agent.id };
      const grant = await saveGrant(tx, { ...of, scopes: ['read', 'write'], persistent: true, now });
      agents.push(agent.id);
      grants.push(grant.id);
    });
  }
  const recent = new Date(hub.clock.now() - DAY);
  await sql`INSERT INTO agent_use (agent_id, calls, last_used_at, idle_since) SELECT id, 1, ${recent}, ${recent} FROM unnest(${agents.slice(0, 20)}::text[]) AS id
    ON CONFLICT (agent_id) DO UPDATE SET calls = 1, last_used_at = excluded.last_used_at, idle_since = excluded.idle_since`.execute(db);
  await sql`INSERT INTO agent_scope_use (agent_id, resource_id, scope, count, last_used_at) SELECT id, 'crm', scope, 3, ${recent}
    FROM unnest(${agents.slice(0, 20)}::text[]) AS id, unnest(ARRAY['read', 'write']) AS scope`.execute(db);
  await sql`DELETE FROM agent_scope_use WHERE agent_id = ${agents[3] ?? ''} AND scope = 'write'`.execute(db);
});
afterAll(() => hub.close());

const item = z.looseObject({
  id: z.string(),
  kind: z.string(),
  sentence: z.string(),
  agent: z.string().nullable(),
  grant: z.string().nullable(),
  deed: z.object({ method: z.string(), path: z.string(), body: z.unknown() }),
});
const answer = z.object({ items: z.array(item), next: z.string().nullish() });
type Page = z.infer<typeof answer>;
const read = async (path: string): Promise<Page> => answer.parse(await (await hub.admin('GET', path)).json());

describe('advice by the admin API', () => {
  it('finds the one scope that nobody used, and its deed settles it', async () => {
    const path = `/admin/v1/agents/${agents[3] ?? ''}/advice`;
    const [found] = (await read(path)).items;
    expect(found).toMatchObject({ kind: 'unused_scopes', grant: grants[3], sentence: expect.stringContaining('never used it') });
    const done = await hub.admin(found?.deed.method ?? '', found?.deed.path ?? '', found?.deed.body);
    expect(done.status).toBe(200);
    expect((await read(path)).items).toEqual([]);
    await hub.admin('POST', `/admin/v1/grants/${grants[3] ?? ''}/undo`, {});
  });

  it('lists all of the hub page by page, none twice and none left out', async () => {
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page: Page = await read(`/admin/v1/advice?limit=4${next === undefined ? '' : `&cursor=${next}`}`);
      seen.push(...page.items.map(({ id }) => id));
      next = page.next ?? undefined;
    } while (next !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    const never = agents.slice(20).map((id) => `never_used:${id}:${id}`);
    expect(seen.filter((id) => id.startsWith('never_used')).toSorted()).toEqual(never.toSorted());
    expect(seen.filter((id) => id.startsWith('unused_scopes'))).toEqual([`unused_scopes:${agents[3] ?? ''}:${grants[3] ?? ''}`]);
  });

  it('lists one kind alone, and refuses one that there is not', async () => {
    const { items } = await read('/admin/v1/advice?kind=never_used&limit=200');
    expect([items.length, new Set(items.map(({ kind }) => kind)).size]).toEqual([10, 1]);
    expect((await hub.admin('GET', '/admin/v1/advice?kind=gossip')).status).toBe(400);
    expect((await hub.admin('GET', '/admin/v1/agents/agt_nobody/advice')).status).toBe(404);
  });
});
