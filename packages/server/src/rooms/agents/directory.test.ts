import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { touched } from '../../base/db.ts';
import { hostOf, placeIn, wordsOf } from './directory.ts';
import { agentView, facetsView } from './view.ts';
import { weighAgents } from './weigh.store.ts';

const DAY = 86_400_000;
const FLEET = 120;
const page = z.object({ items: z.array(agentView), next: z.string().nullable() });

it('reads words out of what a person types, whatever stands between them', () => {
  expect(wordsOf('  Ann.Archer@ACME.test ')).toEqual(['ann', 'archer', 'acme', 'test']);
  expect(wordsOf("Łódź' OR 1=1 & !x:*")).toEqual(['łódź', 'or', '1', '1', 'x']);
  expect(wordsOf('!!!')).toEqual([]);
});

it('takes a place in an order for what it is, and nothing else', () => {
  expect(placeIn('1700000000000000 agt_1')).toEqual({ key: '1700000000000000', id: 'agt_1' });
  for (const other of ['', 'agt_1', '-1 agt_1', '1e3 agt_1', ' agt_1']) expect(placeIn(other)).toBeUndefined();
});

it('names a client by the host that it is published at, or that its codes go to', () => {
  expect(hostOf('https://claude.ai/oauth/x', ['https://other.test/cb'])).toBe('claude.ai');
  expect(hostOf('dcr_1', ['com.app:/cb', 'https://app.test/cb'])).toBe('app.test');
  expect(hostOf('worker')).toBeUndefined();
});

for (const engine of engines()) {
  describe(`the directory on ${engine}`, () => {
    let hub: TestHouse;
    const run = (query: ReturnType<typeof sql>) => touched(hub.house.rooms.database.db, query);
    const list = async (query: string) => {
      const answer = await hub.admin('GET', `/admin/v1/agents?${query}`);
      if (answer.status !== 200) throw new Error(`${query} answered ${answer.status}: ${await answer.text()}`);
      return page.parse(await answer.json());
    };
    const ids = async (query: string) => (await list(`limit=200&${query}`)).items.map(({ id }) => id);
    const facets = async (query = '') => facetsView.parse(await (await hub.admin('GET', `/admin/v1/agents/facets?${query}`)).json());
    const grant = (agent: string, scopes: string[]) =>
      run(sql`INSERT INTO grants (id, client_id, agent_id, user_id, tenant_id, resource_id, scopes, redirect_uri, created_at, updated_at)
        SELECT 'grt_' || id, client_id, id, principal_id, tenant_id, 'crm', ${scopes}, 'https://app.test/cb', now(), now() FROM agents WHERE id = ${agent}`);
    const at = (id: string) => hub.admin('GET', `/admin/v1/agents/${id}`);

    beforeAll(async () => {
      hub = await testHouse({ engine });
      const people = Array.from({ length: 12 }, (_, n) => ({
        id: `u${n}`,
        email: `u${n}@acme.test`,
        name: `Person ${n}`,
        tenants: [{ id: 'acme' }],
      }));
      await hub.apply({
        tenants: [
          { id: 'acme', name: 'Acme' },
          { id: 'globex', name: 'Globex' },
        ],
        users: [...people, { id: 'mallory', email: 'm@globex.test', name: 'Mallory O’Hara', tenants: [{ id: 'globex' }] }],
        resources: [
          {
            id: 'crm',
            type: 'api',
            uri: 'https://crm.test/api',
            scopes: [
              { name: 'read', title: 'Read contacts', risk: 'low' },
              { name: 'edit', risk: 'elevated' },
              { name: 'purge', risk: 'high' },
            ],
          },
        ],
        clients: [
          { id: 'helper', name: 'Helpful Assistant', kind: 'app', public: true, redirectUris: ['https://app.test/cb'] },
          {
            id: 'cron',
            name: 'Nightly cron',
            kind: 'service',
            owner: 'u1',
            tenants: ['acme'],
            auth: { secrets: [{ value: 'a-long-secret-of-the-cron' }] },
          },
        ],
      });
      await run(sql`INSERT INTO clients (id, name, registration_type, status, public, grants, auth_method, redirect_uris)
        VALUES ('https://shadow.example/client.json', 'Totally Official', 'cimd', 'unverified', true, '{authorization_code}', 'none', '{https://shadow.example/cb}')`);
      // An orderly fleet: verified, owned, used today, allowed to read.
      await run(sql`INSERT INTO agents (id, client_id, principal_kind, principal_id, tenant_id, created_at, owner_id, verified)
        SELECT 'agt_' || lpad(n::text, 4, '0'), CASE WHEN n < 12 THEN 'helper' ELSE 'gone-' || n END, 'user', 'u' || n % 12, 'acme', now() - interval '90 days', 'u' || n % 12, true
        FROM generate_series(0, ${FLEET - 1}::int) AS n`);
      await run(sql`UPDATE agent_use SET calls = substr(agent_id, 5)::int / 10, last_used_at = now() - interval '1 hour', first_used_at = now() - interval '80 days',
        idle_since = now() - interval '1 hour'`);
      await run(sql`INSERT INTO grants (id, client_id, agent_id, user_id, tenant_id, resource_id, scopes, redirect_uri, created_at, updated_at)
        SELECT 'grt_' || id, client_id, id, principal_id, tenant_id, 'crm', '{read}', 'https://app.test/cb', now(), now() FROM agents`);
      // And three that are not: one nobody vouches for that may purge, one that slept for months and may purge, one that only ever knocks in vain.
      await run(sql`INSERT INTO agents (id, client_id, principal_kind, principal_id, tenant_id, created_at, owner_id) VALUES
        ('agt_shadow', 'https://shadow.example/client.json', 'user', 'mallory', 'globex', now(), NULL),
        ('agt_sleeper', 'helper', 'user', 'mallory', 'globex', now() - interval '200 days', 'mallory'),
        ('agt_knocker', 'cron', 'client', 'cron', 'acme', now() - interval '3 days', 'u1')`);
      await run(sql`UPDATE agents SET verified = true WHERE id IN ('agt_sleeper', 'agt_knocker')`);
      await run(
        sql`UPDATE agent_use SET calls = 5, last_used_at = now() - interval '1 minute', idle_since = now() WHERE agent_id = 'agt_shadow'`,
      );
      await run(
        sql`UPDATE agent_use SET calls = 900, last_used_at = now() - interval '150 days', idle_since = now() - interval '150 days' WHERE agent_id = 'agt_sleeper'`,
      );
      await run(sql`UPDATE agent_use SET denials = 77 WHERE agent_id = 'agt_knocker'`);
      await grant('agt_shadow', ['read', 'purge']);
      await grant('agt_sleeper', ['purge']);
    });
    afterAll(() => hub.close());

    it.each([
      ['verified=false&risk=high', ['agt_shadow']],
      ['owner=none', ['agt_shadow']],
      ['dormant=true&risk=high', ['agt_sleeper']],
      ['used=never&sort=-denials', ['agt_knocker']],
      ['tenant=globex&sort=-created', ['agt_sleeper', 'agt_shadow']],
      ['client=cron', ['agt_knocker']],
      ['user=mallory&owner=mallory', ['agt_sleeper']],
      ['q=shadow.ex', ['agt_shadow']],
      ['q=official%20total', ['agt_shadow']],
      ['q=hara', ['agt_shadow', 'agt_sleeper']],
      ['q=nightly', ['agt_knocker']],
      ['q=%21%21', []],
      ['q=nobody', []],
      ['risk=elevated', []],
      ['state=frozen', []],
      ['drift=true', []],
    ])('three rogue agents among many surface: %s', async (query, wanted) => {
      expect(await ids(query)).toEqual(wanted);
    });

    it('counts what there is, of everything and of a filter', async () => {
      expect(await facets()).toEqual({
        total: FLEET + 3,
        more: false,
        state: { active: FLEET + 3, frozen: 0, revoked: 0 },
        risk: { low: FLEET, elevated: 0, high: 2, none: 1 },
        verified: { true: FLEET + 2, false: 1 },
        owner: { none: 1 },
        dormant: 1,
        neverUsed: 1,
        drift: 0,
      });
      expect(await facets('tenant=globex')).toMatchObject({ total: 2, risk: { high: 2 }, dormant: 1, owner: { none: 1 } });
    });

    it.each(['created', '-created', 'last_used', '-last_used', 'calls', '-calls', 'denials', '-denials'])(
      'pages by %s neither skip nor repeat, while others come and go',
      async (sort) => {
        const before = new Set(await ids(`sort=${sort}`));
        const seen: string[] = [];
        let cursor = '';
        for (let n = 0; ; n += 1) {
          const { items, next } = await list(`sort=${sort}&limit=7${cursor}`);
          seen.push(...items.map(({ id }) => id));
          await run(
            sql`INSERT INTO agents (id, client_id, principal_kind, principal_id, created_at) VALUES (${`agt_0${n}x${sort}`}, ${`new${sort}`}, 'user', ${`${n}`}, now())`,
          );
          if (next === null) break;
          cursor = `&cursor=${next}`;
        }
        await run(sql`DELETE FROM agents WHERE client_id = ${`new${sort}`}`);
        await run(sql`DELETE FROM agent_use u WHERE NOT EXISTS (SELECT 1 FROM agents a WHERE a.id = u.agent_id)`);
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter((id) => before.has(id))).toHaveLength(before.size);
      },
    );

    it('takes a cursor only for the order that it came from', async () => {
      const { next } = await list('sort=calls&limit=5');
      expect((await hub.admin('GET', `/admin/v1/agents?sort=-calls&limit=5&cursor=${next}`)).status).toBe(400);
    });

    it.each(['sort=name', 'risk=medium', 'dormant=yes', 'used=often', 'owner=', `q=${'x'.repeat(201)}`, 'nobody=1'])(
      'refuses %s',
      async (query) => {
        expect((await hub.admin('GET', `/admin/v1/agents?${query}`)).status).toBe(400);
      },
    );

    it('tells of one agent what it may do, by whose word, and what it was refused', async () => {
      await run(sql`INSERT INTO agent_scope_use VALUES ('agt_shadow', 'crm', 'read', 4, now()), ('agt_shadow', 'crm', 'edit', 1, now() - interval '20 days'),
        ('agt_shadow', 'ledger', 'post', 1, now() - interval '20 days'),
        ('agt_shadow', 'urn:writ:connection:mail', 'send', 2, now())`);
      await hub.house.rooms.audit.record({
        type: 'token.refused',
        initiator: 'agent-for-human',
        actor: { user: 'mallory', agent: 'agt_shadow', client: 'https://shadow.example/client.json' },
        outcome: 'refused',
        reason: 'policy_refused',
        decision: 'dec_1',
        origin: { request: 'req_1' },
      });
      const found = z
        .looseObject({ access: z.array(z.looseObject({})), evidence: z.unknown() })
        .parse(await (await at('agt_shadow')).json());
      expect(found.access).toMatchObject([
        { resource: 'crm', scope: 'purge', risk: 'high', via: 'consent', grant: 'grt_agt_shadow', count: 0, lastUsedAt: null },
        { resource: 'crm', scope: 'read', risk: 'low', title: 'Read contacts', via: 'consent', count: 4 },
        { resource: 'ledger', scope: 'post', via: 'policy', grant: null, count: 1 },
      ]);
      // `edit` was used, and the grant does not hold it any more.
      expect(found.access).toHaveLength(3);
      expect(found).toMatchObject({
        clientName: 'Totally Official',
        clientHost: 'shadow.example',
        registration: 'cimd',
        principalName: 'Mallory O’Hara',
        risk: 'high',
        connections: [],
        budget: [],
        evidence: { registration: 'cimd', verified: false, verifiedBy: null, document: null },
        refusals: [{ reason: 'policy_refused', count: 1, decision: 'dec_1' }],
      });
      expect((await at('agt_nobody')).status).toBe(404);
      await run(sql`DELETE FROM agent_scope_use WHERE agent_id = 'agt_shadow'`);
    });

    it('follows in the same commit what a client is said to be, and who answers for it', async () => {
      await hub.admin('PATCH', `/admin/v1/clients/${encodeURIComponent('https://shadow.example/client.json')}`, { status: 'verified' });
      expect(await ids('verified=false')).toEqual([]);
      await hub.admin('PATCH', `/admin/v1/clients/${encodeURIComponent('https://shadow.example/client.json')}`, { status: 'unverified' });
      expect(await ids('verified=false')).toEqual(['agt_shadow']);
      await run(sql`UPDATE clients SET owner = 'u2' WHERE id = 'cron'`);
      expect(await ids('owner=u2&q=nightly')).toEqual(['agt_knocker']);
      await run(sql`UPDATE clients SET owner = 'u1' WHERE id = 'cron'`);
    });

    it('follows grants at once, and scopes that are said to be riskier by a job', async () => {
      await hub.admin('POST', '/admin/v1/grants/grt_agt_sleeper/revoke', {});
      expect(await ids('risk=high')).toEqual(['agt_shadow']);
      const crm = z
        .looseObject({ scopes: z.array(z.looseObject({ name: z.string() })) })
        .parse(await (await hub.admin('GET', '/admin/v1/resources/crm')).json());
      const riskier = crm.scopes.map((scope) => (scope.name === 'read' ? { ...scope, risk: 'elevated' } : scope));
      await run(sql`UPDATE resources SET scopes = ${JSON.stringify(riskier)} WHERE id = 'crm'`);
      expect(await weighAgents(hub.house.rooms.database.db, 10)).toBe(true);
      expect((await facets()).risk).toMatchObject({ low: 0, elevated: FLEET, high: 1 });
      await run(sql`UPDATE resources SET scopes = ${JSON.stringify(crm.scopes)} WHERE id = 'crm'`);
      expect(await weighAgents(hub.house.rooms.database.db, 10)).toBe(true);
      expect((await facets()).risk).toMatchObject({ low: FLEET, elevated: 0 });
    });

    it('knows of open drifts of the client, in the sentence that says what changed', async () => {
      await run(sql`INSERT INTO drifts (id, client_id, what, before, after, sentence, first_at, at)
        VALUES ('drf_1', 'cron', 'name', '{}', '{}', 'It calls itself otherwise.', now(), now())`);
      const { items } = await list('drift=true');
      expect(items).toMatchObject([{ id: 'agt_knocker', drift: ['It calls itself otherwise.'] }]);
      expect((await facets()).drift).toBe(1);
      expect(await ids('drift=false&client=cron')).toEqual([]);
      await run(sql`UPDATE drifts SET state = 'accepted'`);
      expect(await ids('drift=true')).toEqual([]);
    });

    it('calls dormant what the setting says, and nothing that is stopped', async () => {
      expect(await ids('dormant=true')).toEqual(['agt_sleeper']);
      expect((await hub.admin('PUT', '/admin/v1/settings/agents', { dormantDays: 160, quarantine: true })).status).toBe(200);
      expect(await ids('dormant=true')).toEqual([]);
      await hub.admin('PUT', '/admin/v1/settings/agents', { dormantDays: 30, quarantine: true });
      await hub.admin('POST', '/admin/v1/agents/agt_sleeper/freeze', { reason: 'asleep' });
      expect(await ids('dormant=true')).toEqual([]);
      expect(await ids('reason=asleep')).toEqual(['agt_sleeper']);
      await hub.admin('POST', '/admin/v1/agents/agt_sleeper/unfreeze', {});
      hub.clock.advance(31 * DAY);
      expect((await facets('owner=none')).dormant).toBe(1);
      hub.clock.advance(-31 * DAY);
    });
  });
}
