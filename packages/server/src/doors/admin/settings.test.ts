import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { ADMIN_TOKEN, testHouse, type TestHouse } from '../../../testing/house.ts';
import { settingsConfig } from './config-settings.ts';

const SECRET = 'the-secret-key-of-the-bucket';
const SETTINGS = {
  agents: { dormantDays: 60, quarantine: false },
  containment: { secondPerson: ['hub', 'tenant'], askedFor: 3_600 },
  drift: { name: 'all', redirectHosts: 'all', keys: 'pinned' },
  grants: { defaultDays: 90, maxDays: 365 },
  registration: { dcr: { mode: 'closed' } },
  retention: { months: 24 },
};
const ANCHOR = { kind: 's3', url: 'https://bucket.example', region: 'eu-west-1', accessKeyId: 'AKIATEST' };

for (const engine of engines()) {
  describe(`settings of the hub as code on ${engine}`, () => {
    let hub: TestHouse;
    beforeAll(async () => {
      hub = await testHouse({ engine });
    });
    afterAll(() => hub.close());

    const ask = async (method: string, path: string, body?: unknown) => {
      const answer = await hub.admin(method, `/admin/v1/${path}`, body);
      return { status: answer.status, body: z.looseObject({}).parse(await answer.json()) };
    };
    const changed = async (): Promise<unknown[]> =>
      z.object({ items: z.array(z.unknown()) }).parse((await ask('GET', 'events?type=admin.changed&limit=200')).body).items;
    const settings = async (): Promise<unknown> => (await ask('GET', 'export')).body['settings'];

    it('hold every setting that there is a route for, by its name', () => {
      const routes = hub.house.routes.flatMap(({ method, path }) => {
        const [, name] = /^\/admin\/v1\/(?:settings\/)?([a-z]+)$/.exec(path) ?? [];
        return method === 'PUT' && name !== undefined ? [name] : [];
      });
      expect(Object.keys(settingsConfig.shape).toSorted()).toEqual(routes.toSorted());
    });

    it('are no part of an export while they are as every hub begins', async () => {
      expect(await settings()).toBeUndefined();
    });

    it('are planned, applied with an entry each, in force with the answer, and the same again changes nothing', async () => {
      const before = (await changed()).length;
      const plan = await ask('POST', 'plan', { settings: SETTINGS });
      expect(plan).toMatchObject({
        status: 200,
        body: { changes: Object.keys(SETTINGS).map((id) => ({ kind: 'setting', id, change: 'change' })) },
      });
      expect(plan.body).toMatchObject({
        changes: [{ fields: [{ field: 'dormantDays', from: 30, to: 60 }, { field: 'quarantine' }] }, {}, {}, {}, {}, {}],
      });
      expect([(await changed()).length, (await ask('GET', 'settings/agents')).body]).toEqual([
        before,
        { dormantDays: 30, quarantine: true },
      ]);
      expect((await ask('POST', 'apply', { settings: SETTINGS })).status).toBe(200);
      expect((await ask('GET', 'settings/agents')).body).toEqual(SETTINGS.agents);
      expect((await ask('GET', 'settings/containment')).body).toEqual(SETTINGS.containment);
      expect((await changed()).length).toBe(before + 6);
      expect((await ask('POST', 'apply', { settings: SETTINGS })).body).toMatchObject({
        changes: Object.keys(SETTINGS).map((id) => ({ id, change: 'none' })),
      });
      expect((await changed()).length).toBe(before + 6);
    });

    it('come back from an export that applies to nothing, also as YAML', async () => {
      const answer = await hub.admin('GET', '/admin/v1/export', undefined, { accept: 'application/yaml' });
      const exported = z.looseObject({ settings: z.looseObject({}) }).parse(parse(await answer.text()));
      expect(exported.settings).toMatchObject(SETTINGS);
      expect((await ask('POST', 'plan', { settings: exported.settings })).body).toMatchObject({
        changes: Object.keys(SETTINGS).map((id) => ({ id, change: 'none' })),
      });
    });

    it('are left alone where a file does not name them, and set back by saying how they were', async () => {
      expect((await ask('POST', 'apply', { settings: { retention: {} } })).status).toBe(200);
      expect((await ask('GET', 'settings/retention')).body).toEqual({});
      expect((await ask('GET', 'settings/agents')).body).toEqual(SETTINGS.agents);
      expect(await settings()).not.toHaveProperty('retention');
    });

    it.each([
      [{ nothing: {} }, 'settings'],
      [{ agents: { dormantDays: 0 } }, 'settings.agents.dormantDays'],
      [{ containment: { secondPerson: ['everybody'], askedFor: 3_600 } }, 'settings.containment.secondPerson[0]'],
      [{ anchor: { ...ANCHOR, secret: { env: 'NO_SUCH_VARIABLE' } } }, 'settings.anchor.secret'],
      [{ anchor: { ...ANCHOR, secret: { env: 'WRIT_KEK' } } }, 'settings.anchor.secret'],
      [{ anchor: ANCHOR }, 'settings.anchor.secret'],
    ])('are refused by their place: %j', async (wanted, field) => {
      const before = (await changed()).length;
      const answer = await ask('POST', 'apply', { tenants: [{ id: 'never', name: 'Never' }], settings: { drift: {}, ...wanted } });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: expect.stringContaining(field) }] } });
      expect((await hub.admin('GET', '/admin/v1/tenants/never')).status).toBe(404);
      expect((await changed()).length).toBe(before);
    });

    it('hold the anchor, whose secret is kept and never told', async () => {
      expect((await ask('POST', 'apply', { settings: { anchor: { ...ANCHOR, secret: { value: SECRET } } } })).body).toMatchObject({
        changes: [{ kind: 'setting', id: 'anchor', change: 'create' }],
      });
      expect((await ask('GET', 'settings/anchor')).body).toMatchObject({ anchor: { url: ANCHOR.url, hasSecret: true } });
      const exported = await settings();
      expect(exported).toMatchObject({ anchor: ANCHOR });
      expect(JSON.stringify([exported, await changed()])).not.toContain(SECRET);
      expect((await ask('POST', 'apply', { settings: exported })).body).toMatchObject({
        changes: expect.not.arrayContaining([expect.objectContaining({ change: 'change' })]),
      });
      // Pointed elsewhere, the secret would go there: it has to be given again.
      const elsewhere = await ask('POST', 'apply', { settings: { anchor: { ...ANCHOR, url: 'https://other.example' } } });
      expect(elsewhere).toMatchObject({ status: 400, body: { errors: [{ field: 'settings.anchor.secret' }] } });
      expect((await ask('PUT', 'settings/anchor', { ...ANCHOR, secret: { env: 'PATH' } })).status).toBe(400);
      expect((await hub.admin('DELETE', '/admin/v1/settings/anchor')).status).toBe(204);
    });

    it('hold on every node, and of two that set one at once the second builds on the first', async () => {
      const other = await hub.secondNode();
      const put = (node: typeof hub.house, dormantDays: number) =>
        node.fetch(
          new Request(`${hub.issuer}/admin/v1/apply`, {
            method: 'POST',
            headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
            body: JSON.stringify({ settings: { agents: { dormantDays } } }),
          }),
        );
      const before = (await changed()).length;
      const answers = await Promise.all([put(hub.house, 11), put(other, 12)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      await hub.settle();
      expect((await changed()).length).toBe(before + 2);
      expect(other.rooms.agentSettings.current()).toEqual(hub.house.rooms.agentSettings.current());
    });
  });
}
