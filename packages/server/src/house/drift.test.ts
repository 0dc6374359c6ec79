import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../testing/house.ts';
import { ensureAgent } from '../rooms/agents/store.ts';
import { createClientDirectory, type ClientDirectory } from '../rooms/clients/directory.store.ts';
import { createDriftWatch } from '../rooms/clients/drift.store.ts';
import { createWorld, jsonAnswer } from '../rooms/clients/world.suite.ts';
import { createDriftStop } from '../rooms/signals/drift-stop.store.ts';

const DAY = 86_400_000;
const SECRET = 'a-long-secret-of-the-robot';

let hub: TestHouse;
let directory: ClientDirectory;
/** What the rest of the internet answers. */
const world = createWorld();

beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    users: [{ id: 'ann', email: 'ann@acme.test' }],
    resources: [
      {
        id: 'ops',
        type: 'mcp',
        uri: 'http://localhost:9000/mcp',
        scopes: [{ name: 'read' }, { name: 'write' }],
        tools: [{ name: 'list', scopes: ['read'] }],
      },
    ],
    clients: [ROBOT],
    policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: ['ops', 'writ-admin'] }, scopes: 'all' }],
  });
  const { rooms } = hub.house;
  const { stop } = createDriftStop(hub.clock, () => false);
  const drift = createDriftWatch({ driftSettings: rooms.driftSettings, settings: rooms.settings, stop });
  // As the house makes it, but for whom it asks.
  directory = createClientDirectory({ ...rooms, clock: hub.clock, outbound: world, issuer: hub.issuer, allowLoopback: false, drift });
});
afterAll(() => hub.close());

const ROBOT = {
  id: 'robot',
  name: 'Robot',
  grants: ['client_credentials', 'authorization_code'],
  redirectUris: ['https://robot.test/cb'],
  auth: { secrets: [{ value: SECRET }] },
};
const publish = (host: string, more: object = {}): string => {
  const url = `https://${host}/client.json`;
  const said = { client_id: url, client_name: 'Helper', redirect_uris: ['https://good.test/cb'], ...more };
  world.answers.set(url, () => jsonAnswer(said));
  return url;
};
const meet = (client: string) => directory.find(client);
const actFor = (client: string) =>
  hub.house.rooms.database.db
    .transaction()
    .execute((tx) =>
      ensureAgent(tx, { clientId: client, principal: { kind: 'user', id: 'ann' }, tenantId: undefined, now: hub.clock.now() }),
    );
const later = async (client: string) => {
  hub.clock.advance(3 * DAY);
  await meet(client);
};
const drift = z.looseObject({
  id: z.string(),
  what: z.string(),
  sentence: z.string(),
  state: z.string(),
  froze: z.boolean(),
  times: z.number(),
  before: z.array(z.string()),
  after: z.array(z.string()),
});
const driftsOf = async (query: string) =>
  z.object({ items: z.array(drift) }).parse(await (await hub.admin('GET', `/admin/v1/drifts?${query}`)).json()).items;
const clientState = async (id: string) =>
  z.looseObject({ state: z.string() }).parse(await (await hub.admin('GET', `/admin/v1/clients/${encodeURIComponent(id)}`)).json()).state;
const stopOf = async (id: string) =>
  z
    .object({ items: z.array(z.unknown()) })
    .parse(await (await hub.admin('GET', `/admin/v1/containments?kind=client&id=${encodeURIComponent(id)}`)).json()).items;

describe('a client that is a document', () => {
  it('is nobody’s concern while nobody allowed it anything', async () => {
    const url = publish('quiet.example');
    await meet(url);
    publish('quiet.example', { client_name: 'Another' });
    await later(url);
    expect(await driftsOf(`client=${encodeURIComponent(url)}`)).toEqual([]);
  });

  it('that says something else is listed with what it was, in a sentence, and stops nobody that nobody vouched for', async () => {
    const url = publish('moved.example');
    await meet(url);
    await actFor(url);
    publish('moved.example', { client_name: '<b>Evil</b>', redirect_uris: ['https://good.test/cb', 'https://evil.test/cb'] });
    await later(url);
    const found = await driftsOf(`client=${encodeURIComponent(url)}`);
    expect(found.map(({ what, sentence }) => [what, sentence]).toSorted()).toEqual([
      ['name', 'It called itself “Helper” and now “<b>Evil</b>”.'],
      ['redirect_hosts', 'The hosts it sends codes to changed; new: “evil.test”.'],
    ]);
    expect(found.map(({ froze }) => froze)).toEqual([false, false]);
    expect(await clientState(url)).toBe('active');
  });

  it('that changes again is one line with the first and the newest, and that goes back is over', async () => {
    const url = publish('back.example');
    await meet(url);
    await actFor(url);
    for (const name of ['Two', 'Three']) {
      publish('back.example', { client_name: name });
      await later(url);
    }
    const of = `client=${encodeURIComponent(url)}`;
    expect(await driftsOf(of)).toMatchObject([{ before: ['Helper'], after: ['Three'], times: 2 }]);
    publish('back.example');
    await later(url);
    expect(await driftsOf(of)).toEqual([]);
    expect(await driftsOf(`${of}&state=returned`)).toHaveLength(1);
  });

  it('whose host an administrator vouched for is stopped when its codes go elsewhere, until somebody accepts it, once', async () => {
    const url = publish('pinned.example');
    await meet(url);
    await actFor(url);
    await hub.admin('PUT', '/admin/v1/registration', { cimd: { verifiedHosts: ['pinned.example'] } });
    publish('pinned.example', { redirect_uris: ['https://evil.test/cb'] });
    await later(url);
    expect(await clientState(url)).toBe('frozen');
    expect(await meet(url)).toMatchObject({ ok: true, value: { state: 'frozen' } });
    const [found] = await driftsOf(`client=${encodeURIComponent(url)}`);
    expect(found).toMatchObject({ what: 'redirect_hosts', froze: true, state: 'open' });
    expect(await stopOf(url)).toMatchObject([{ state: 'frozen', reason: 'it changed and nobody has looked at it yet', by: {} }]);
    const accept = () => hub.admin('POST', `/admin/v1/drifts/${found?.id ?? ''}/accept`, { note: 'they moved' });
    const answers = await Promise.all([accept(), accept(), accept()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    expect(await clientState(url)).toBe('active');
    expect(await stopOf(url)).toEqual([]);
    await hub.admin('PUT', '/admin/v1/registration', {});
  });

  it('that changes once more while somebody looks at it is not let go by their yes to what they saw', async () => {
    const url = publish('twice.trusted.example');
    await hub.admin('PUT', '/admin/v1/registration', { cimd: { verifiedHosts: ['*.trusted.example'] } });
    await meet(url);
    await actFor(url);
    publish('twice.trusted.example', { redirect_uris: ['https://ours.test/cb'] });
    await later(url);
    const [seen] = await driftsOf(`client=${encodeURIComponent(url)}`);
    publish('twice.trusted.example', { redirect_uris: ['https://evil.test/cb'] });
    await later(url);
    const accept = (times: number | undefined) => hub.admin('POST', `/admin/v1/drifts/${seen?.id ?? ''}/accept`, { times });
    const answer = await accept(seen?.times);
    expect([answer.status, await answer.json()]).toMatchObject([409, { type: expect.stringContaining('changed_again') }]);
    expect(await clientState(url)).toBe('frozen');
    const [now] = await driftsOf(`client=${encodeURIComponent(url)}`);
    expect(now).toMatchObject({ state: 'open', after: ['evil.test'] });
    expect((await accept(now?.times)).status).toBe(200);
    expect(await clientState(url)).toBe('active');
    expect((await accept(now?.times)).status).toBe(409);
    await hub.admin('PUT', '/admin/v1/registration', {});
  });

  it('that an administrator stopped is not let go by accepting a change', async () => {
    await hub.admin('PUT', '/admin/v1/settings/drift', { name: 'all' });
    const url = publish('stopped.example');
    await meet(url);
    await actFor(url);
    await hub.admin('POST', `/admin/v1/clients/${encodeURIComponent(url)}/freeze`, { reason: 'looked odd' });
    publish('stopped.example', { client_name: 'Nicer' });
    await later(url);
    const [found] = await driftsOf(`client=${encodeURIComponent(url)}`);
    expect((await hub.admin('POST', `/admin/v1/drifts/${found?.id ?? ''}/accept`, {})).status).toBe(200);
    expect(await clientState(url)).toBe('frozen');
    await hub.admin('PUT', '/admin/v1/settings/drift', {});
  });
});

describe('others', () => {
  it('a resource whose tools changed is listed, and applying the same again is nothing', async () => {
    const ops = (tools: object[]) => ({
      resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }, { name: 'write' }], tools }],
    });
    const tools = [
      { name: 'list', scopes: ['read'] },
      { name: 'wipe', scopes: ['write'] },
    ];
    await hub.apply(ops(tools));
    await hub.apply(ops(tools));
    expect(await driftsOf('resource=ops')).toMatchObject([
      { what: 'tools', times: 1, sentence: 'The list of its tools changed; new: “wipe (write)”.' },
    ]);
  });

  it('a client accepts no change of its own', async () => {
    await actFor('robot');
    await hub.apply({ clients: [{ ...ROBOT, redirectUris: ['https://elsewhere.test/cb'] }] });
    const [found] = await driftsOf('client=robot');
    const answer = await hub.post(
      '/oauth/token',
      { grant_type: 'client_credentials', resource: `${hub.issuer}/admin/v1`, scope: 'admin:clients:write' },
      { authorization: `Basic ${Buffer.from(`robot:${SECRET}`).toString('base64')}` },
    );
    const { access_token: token } = z.object({ access_token: z.string() }).parse(await answer.json());
    const accept = (bearer?: string) =>
      hub.admin(
        'POST',
        `/admin/v1/drifts/${found?.id ?? ''}/accept`,
        {},
        bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      );
    expect((await accept(token)).status).toBe(403);
    expect(await driftsOf('client=robot')).toMatchObject([{ state: 'open' }]);
    expect((await accept()).status).toBe(200);
    expect((await hub.admin('POST', '/admin/v1/drifts/drf_nobody/accept', {})).status).toBe(404);
  });
});
