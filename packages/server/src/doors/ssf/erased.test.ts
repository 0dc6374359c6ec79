import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { ssfWorld, type World } from './world.suite.ts';

// More than an entry shows of what the memberships were.
const MANY = Array.from({ length: 40 }, (_, nth) => `customer-${nth}`);

for (const engine of engines()) {
  describe(`people of many tenants on ${engine}`, () => {
    let hub: World;
    beforeAll(async () => {
      hub = await ssfWorld({ engine });
      await hub.apply({
        tenants: MANY.map((id) => ({ id, name: id })),
        users: ['zoe', 'yan'].map((id) => ({
          id,
          email: `${id}@acme.test`,
          tenants: [...MANY, 'acme'].map((tenant) => ({ id: tenant, roles: [] })),
        })),
      });
    });
    afterAll(() => hub.close());
    const made: Awaited<ReturnType<World['pushed']>>[] = [];
    afterEach(async () => {
      for (const { id, token, receiver } of made.splice(0)) {
        await hub.call('DELETE', `/ssf/v1/stream?stream_id=${id}`, { token });
        await receiver.close();
      }
    });
    const pushed = async (client: string) => {
      const stream = await hub.pushed(client);
      made.push(stream);
      return stream;
    };

    it('are told of where they were, when they are erased, and nowhere else', async () => {
      const [acme, globex, wide] = [await pushed('acme-ear'), await pushed('globex-ear'), await pushed('wide')];
      expect((await hub.admin('DELETE', '/admin/v1/users/zoe')).status).toBe(204);
      await hub.deliver();
      const about = { user: { sub: 'zoe' }, tenant: { id: 'acme' } };
      expect(await hub.heard(acme.receiver, 'acme-ear')).toMatchObject([
        { event: 'session-revoked', sub_id: about },
        { event: 'account-purged', sub_id: { sub: 'zoe' } },
      ]);
      expect(await hub.heard(globex.receiver, 'globex-ear')).toEqual([]);
      const all = await hub.heard(wide.receiver, 'wide');
      expect(all.filter(({ sub_id }) => 'tenant' in sub_id)).toHaveLength(41);
      expect(all.filter(({ event }) => event === 'account-purged')).toHaveLength(1);
    });

    it('are told of as gone by the tenant that they left, and not by one that they never were in', async () => {
      const [acme, globex] = [await pushed('acme-ear'), await pushed('globex-ear')];
      const tenants = MANY.map((id) => ({ id, roles: [] }));
      expect((await hub.admin('PUT', '/admin/v1/users/yan', { id: 'yan', email: 'yan@acme.test', tenants })).status).toBe(200);
      await hub.deliver();
      expect(await hub.heard(acme.receiver, 'acme-ear')).toMatchObject([
        { event: 'session-revoked', sub_id: { user: { sub: 'yan' }, tenant: { id: 'acme' } } },
      ]);
      expect(await hub.heard(globex.receiver, 'globex-ear')).toEqual([]);
    });
  });
}
