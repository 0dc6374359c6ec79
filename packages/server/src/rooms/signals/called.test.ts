import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { ensureAgent } from '../agents/store.ts';
import { createKeylessToken } from './person.suite.ts';

const list = z.object({ items: z.array(z.looseObject({ id: z.string() })) });
type Item = z.infer<typeof list>['items'][number];

for (const engine of engines()) {
  describe(`what is stopped, on ${engine}`, () => {
    let hub: TestHouse;
    let person: ReturnType<typeof createKeylessToken>;
    let agent = '';
    const items = async (path: string, as?: Record<string, string>): Promise<Item[]> => {
      const answer = as === undefined ? await hub.admin('GET', `/admin/v1/${path}`) : await hub.get(`/admin/v1/${path}`, as);
      return list.parse(await answer.json()).items;
    };
    const post = (path: string, as?: Record<string, string>): Promise<Response> =>
      as === undefined
        ? hub.admin('POST', `/admin/v1/${path}`, { reason: 'a test' })
        : hub.house.fetch(
            new Request(`${hub.issuer}/admin/v1/${path}`, {
              method: 'POST',
              headers: { ...as, 'content-type': 'application/json' },
              body: JSON.stringify({ reason: 'a test' }),
            }),
          );

    beforeAll(async () => {
      hub = await testHouse({ engine });
      await hub.apply({
        tenants: [{ id: 'acme', name: 'Acme' }],
        users: [
          { id: 'ann', email: 'ann@acme.test', name: 'Ann Archer', tenants: [{ id: 'acme' }] },
          { id: 'bob', email: 'bob@acme.test' },
          { id: 'carl', email: 'carl@acme.test' },
        ],
        resources: [{ id: 'ops', type: 'api', uri: 'http://localhost:9000/api', scopes: [{ name: 'read' }] }],
        clients: [
          { id: 'helper', name: 'Helper', kind: 'app', public: true, redirectUris: ['https://app.test/cb'] },
          { id: 'robot', name: 'Robot', kind: 'service', auth: { secrets: [{ value: 'a-long-secret-of-the-robot' }] } },
          { id: 'worker', name: 'Worker', kind: 'service', auth: { secrets: [{ value: 'a-long-secret-of-the-worker' }] } },
        ],
        connections: [{ id: 'mail', name: 'Mail', type: 'api_key', baseUrl: 'https://mail.test', header: 'authorization' }],
      });
      // Accounts are as old as the database says.
      hub.clock.advance(60_000);
      person = createKeylessToken(hub);
      const { db } = hub.house.rooms.database;
      const made = await db
        .transaction()
        .execute((tx) =>
          ensureAgent(tx, { clientId: 'helper', principal: { kind: 'user', id: 'ann' }, tenantId: 'acme', now: hub.clock.now() }),
        );
      agent = made.agent.id;
      await sql`INSERT INTO grants (id, client_id, agent_id, user_id, resource_id, scopes, redirect_uri, created_at, updated_at)
        VALUES ('grt_1', 'helper', ${agent}, 'ann', 'ops', '{read}', '', now(), now())`.execute(db);
    });
    afterAll(() => hub.close());

    it('is called by what people know it by, with whom an agent acts for and who stopped it', async () => {
      for (const path of [`agents/${agent}`, 'grants/grt_1', 'clients/helper', 'users/carl', 'tenants/acme', 'connections/mail'])
        expect([path, (await post(`${path}/freeze`, path.startsWith('users') ? person('bob') : undefined)).status]).toEqual([path, 200]);
      await post('hub/freeze');
      const ann = { kind: 'user', id: 'ann', name: 'Ann Archer' };
      const found = await items('containments');
      expect(new Map(found.map(({ kind, name, actsFor }) => [kind, [name, actsFor]]))).toEqual(
        new Map<unknown, unknown>([
          ['agent', ['Helper', ann]],
          ['grant', ['Helper', ann]],
          ['client', ['Helper', null]],
          ['user', ['carl@acme.test', null]],
          ['tenant', ['Acme', null]],
          ['connection', ['Mail', null]],
          ['hub', [null, null]],
        ]),
      );
      expect(found.find(({ kind }) => kind === 'user')?.['by']).toMatchObject({ user: 'bob', name: 'bob@acme.test' });
      expect(await items('containments?kind=tenant&id=acme')).toMatchObject([{ name: 'Acme', by: { client: 'writ:admin-token' } }]);
      await post('hub/unfreeze');
    });

    it('is let go by another than who asked, and the list says to each who may', async () => {
      await hub.admin('PUT', '/admin/v1/settings/containment', { secondPerson: ['client'], askedFor: 86_400 });
      await post('clients/worker/freeze');
      expect((await post('clients/worker/unfreeze', person('ann'))).status).toBe(202);
      const waiting = 'unfreezes?state=waiting';
      const [own] = await items(waiting, person('ann'));
      expect(own).toMatchObject({ name: 'Worker', askedBy: { user: 'ann', name: 'ann@acme.test' }, barred: { type: 'same_person' } });
      const refused = await post(`unfreezes/${own?.id ?? ''}/confirm`, person('ann'));
      const { title, detail } = z.looseObject({ title: z.string(), detail: z.string() }).parse(own?.['barred']);
      expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ title, detail })]);
      expect(await items(waiting, person('bob'))).toMatchObject([{ id: own?.id, barred: null }]);
      expect(await items(waiting)).toMatchObject([{ id: own?.id, barred: null }]);
      expect((await post(`unfreezes/${own?.id ?? ''}/confirm`, person('bob'))).status).toBe(200);
      expect(await items('unfreezes', person('ann'))).toMatchObject([{ id: own?.id, state: 'confirmed', barred: null }]);
    });

    it('is called nothing when it is gone, and an agent not by who came under the id of its client', async () => {
      await hub.admin('DELETE', '/admin/v1/clients/helper');
      await hub.admin('DELETE', '/admin/v1/users/carl');
      await hub.apply({
        clients: [{ id: 'helper', name: 'Somebody else', kind: 'app', public: true, redirectUris: ['https://app.test/cb'] }],
      });
      const found = await items('containments?kind=agent');
      expect(found.map(({ name }) => name)).not.toContain('Somebody else');
      expect((await items('containments?kind=user')).map(({ name }) => name)).not.toContain('carl@acme.test');
    });
  });
}
