import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../testing/house.ts';
import { hubAuthor } from '../rooms/audit/author.ts';
import { searchEvents } from '../rooms/audit/search.store.ts';

const SECRET = 'a-long-secret-of-the-worker';

describe('the metrics of agents', () => {
  let hub: TestHouse;
  beforeAll(async () => {
    hub = await testHouse();
    await hub.apply({
      resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
      clients: [{ id: 'worker', name: 'Worker', kind: 'service', auth: { secrets: [{ value: SECRET }] } }],
      policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' }],
    });
  });
  afterAll(() => hub.close());

  const agents = async (): Promise<string[]> => {
    const text = await (await hub.get('/metrics')).text();
    return text.split('\n').filter((line) => line.startsWith('writ_agents{'));
  };
  const counted = (active: number, frozen: number): string[] => [
    `writ_agents{state="active"} ${active}`,
    `writ_agents{state="frozen"} ${frozen}`,
    'writ_agents{state="revoked"} 0',
  ];

  it('count them by state, from the database at most once in ten seconds', async () => {
    expect(await agents()).toEqual(counted(0, 0));
    const form = { grant_type: 'client_credentials', resource: 'http://localhost:9000/mcp' };
    const authorization = `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}`;
    expect((await hub.post('/oauth/token', form, { authorization })).status).toBe(200);
    expect(await agents()).toEqual(counted(0, 0));
    hub.clock.advance(10_000);
    expect(await agents()).toEqual(counted(1, 0));

    const { database, contain } = hub.house.rooms;
    const [created] = await searchEvents(database.db, { type: 'agent.created', limit: 1 });
    const id = created?.target?.id ?? '';
    expect(await contain({ kind: 'agent', id, to: 'frozen', reason: 'test', by: hubAuthor('test') })).toMatchObject({ ok: true });
    hub.clock.advance(10_000);
    expect(await agents()).toEqual(counted(0, 1));
  });
});
