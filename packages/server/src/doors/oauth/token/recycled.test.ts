import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN } from '../../../../testing/house.ts';
import { engines } from '../../../../testing/database.ts';
import { basic, claimsOf, openWorld, OPS, SECRET, type World } from './world.suite.ts';

for (const engine of engines())
  describe(`a client that is removed and made again under the same id, on ${engine} (CVE-2026-55670, recycled identifiers)`, () => {
    let world: World;
    beforeAll(async () => {
      world = await openWorld(engine);
    });
    afterAll(() => world.close());
    const again = () =>
      world.apply({
        clients: [{ id: 'worker', name: 'Another', kind: 'service', auth: { secrets: [{ value: SECRET }] }, tenants: ['acme'] }],
      });
    const token = async (node = world.house): Promise<string> => {
      const form = { grant_type: 'client_credentials', resource: OPS, scope: 'incidents:read' };
      return (await world.token(form, basic('worker'), node)).body['access_token'] ?? '';
    };
    const isActive = async (shown: string): Promise<unknown> => {
      const answer = await world.post('/oauth/introspect', { token: shown }, { authorization: `Bearer ${ADMIN_TOKEN}` });
      return Object(await answer.json()).active;
    };

    it('has none of the tokens and agents of the one before, on any node', async () => {
      const other = await world.secondNode();
      const before = await token();
      expect(claimsOf(await token(other))['agent']).toBe(claimsOf(before)['agent']);
      expect(await isActive(before)).toBe(true);
      expect((await world.admin('DELETE', '/admin/v1/clients/worker')).status).toBe(204);
      await again();
      expect(await isActive(before)).toBe(false);
      await other.rooms.feed.poll();
      for (const node of [world.house, other]) {
        const fresh = await token(node);
        expect(claimsOf(fresh)['agent']).toMatch(/^agt_/);
        expect(claimsOf(fresh)['agent']).not.toBe(claimsOf(before)['agent']);
        expect(await isActive(fresh)).toBe(true);
      }
      const old = await world.admin('GET', `/admin/v1/agents/${String(claimsOf(before)['agent'])}`);
      expect(await old.json()).toMatchObject({ state: 'revoked' });
    });
  });
