import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { hubAuthor } from '../audit/author.ts';
import { ensureAgent, findAgent } from '../agents/store.ts';
import { findUser } from '../users/store.ts';
import type { ContainKind } from './stop.ts';

const HOUR = 3_600_000;
const said = z.looseObject({ moved: z.boolean(), state: z.string() });

for (const engine of engines()) {
  describe(`the clock, where letting go takes two people, on ${engine}`, () => {
    let hub: TestHouse;
    let agent = '';
    beforeAll(async () => {
      hub = await testHouse({ engine });
      await hub.apply({
        tenants: [{ id: 'acme', name: 'Acme' }],
        users: ['ann', 'bob'].map((id) => ({ id, email: `${id}@acme.test`, tenants: [{ id: 'acme' }] })),
        clients: [{ id: 'helper', name: 'Helper', kind: 'app', public: true, redirectUris: ['https://app.test/cb'] }],
      });
      const of = { clientId: 'helper', principal: { kind: 'user', id: 'ann' }, tenantId: 'acme', now: hub.clock.now() } as const;
      agent = (await hub.house.rooms.database.db.transaction().execute((tx) => ensureAgent(tx, of))).agent.id;
    });
    afterAll(() => hub.close());

    const setting = async (secondPerson: ContainKind[]): Promise<void> => {
      expect((await hub.admin('PUT', '/admin/v1/settings/containment', { secondPerson, askedFor: 86_400 })).status).toBe(200);
    };
    const freeze = async (path: string, of: object): Promise<z.infer<typeof said>> =>
      said.parse(await (await hub.admin('POST', `/admin/v1/${path}/freeze`, { reason: 'a look', ...of })).json());
    const userState = async (): Promise<unknown> => (await findUser(hub.house.rooms.database.db, 'bob'))?.state;
    const agentState = async (): Promise<unknown> => (await findAgent(hub.house.rooms.database.db, agent))?.state;
    const stopOf = async (id: string): Promise<unknown> =>
      z
        .object({ items: z.array(z.looseObject({ id: z.string() })) })
        .parse(await (await hub.admin('GET', '/admin/v1/containments')).json())
        .items.find((one) => one.id === id);
    const pass = async (): Promise<void> => {
      hub.clock.advance(HOUR + 1);
      await hub.house.rooms.releases.endDue();
    };

    it('ends nothing that had no end: nobody alone gives it one, whoever stopped it', async () => {
      const byProvider = () =>
        hub.house.rooms.contain({ kind: 'user', id: 'bob', to: 'frozen', reason: 'transmitter idp', by: hubAuthor('test') });
      // As it was when it was frozen, and as it is now: either is enough.
      for (const [then, now] of [
        [['user'], []],
        [[], ['user']],
      ] as const) {
        await setting([...then]);
        expect(await byProvider()).toMatchObject({ ok: true, value: { moved: true } });
        await setting([...now]);
        expect(await freeze('users/bob', { until: hub.clock.now() + 1_000 })).toEqual({ id: 'bob', state: 'frozen', moved: false });
        await pass();
        expect(await userState()).toBe('frozen');
        expect(await freeze('users/bob', {})).toMatchObject({ moved: true });
        await hub.admin('POST', '/admin/v1/users/bob/unfreeze', { reason: 'on with it' });
      }
      await setting([]);
      await byProvider();
      expect(await freeze('users/bob', { until: hub.clock.now() + HOUR })).toMatchObject({ moved: true });
      await pass();
      expect(await userState()).toBe('active');
    });

    it('leaves an agent whose owner is away frozen, on the list, and for two people to let go', async () => {
      await setting(['agent']);
      await freeze(`agents/${agent}`, { until: hub.clock.now() + HOUR });
      await hub.admin('POST', '/admin/v1/users/ann/freeze', {});
      await pass();
      expect(await agentState()).toBe('frozen');
      expect(await stopOf(agent)).toMatchObject({ reason: 'a look', until: null, secondPerson: true });
      await setting([]);
      await hub.admin('POST', '/admin/v1/users/ann/unfreeze', {});
      await pass();
      expect(await agentState()).toBe('frozen');
      expect(await stopOf(agent)).toMatchObject({ secondPerson: true });
    });
  });
}
