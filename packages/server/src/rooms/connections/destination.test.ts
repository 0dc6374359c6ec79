import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';

const CALENDAR = {
  id: 'calendar',
  type: 'oauth',
  authorizationUrl: 'https://cal.test/authorize',
  tokenUrl: 'https://cal.test/token',
  clientId: 'writ',
  baseUrl: 'https://api.cal.test',
};
const SEARCH = { id: 'search', type: 'api_key', header: 'x-api-key', allowedHosts: ['api.search.test'] };
const TOOLS = { id: 'tools', type: 'mcp', url: 'https://mcp.test/mcp', clientId: 'writ' };
const withSecret = <T extends object>(connection: T) => ({ ...connection, clientSecret: { value: 'another' } });
const EVIL = 'https://evil.test';

/** Whoever may write connections and not read one secret would read all of them at an address of their own. */
describe('secrets that one service was given go to no other because somebody edits the connection', () => {
  let house: TestHouse;
  const put = async (connection: { id: string }): Promise<{ status: number; text: string }> => {
    const answer = await house.admin('PUT', `/admin/v1/connections/${connection.id}`, connection);
    return { status: answer.status, text: await answer.text() };
  };
  beforeAll(async () => {
    house = await testHouse();
    await house.apply({
      tenants: [{ id: 'acme', name: 'Acme' }],
      connections: [
        CALENDAR,
        SEARCH,
        TOOLS,
        { ...CALENDAR, id: 'ours', clientSecret: { value: 'canary-ours' } },
        { ...CALENDAR, id: 'third', clientSecret: { value: 'canary-third' } },
        { ...TOOLS, id: 'our-tools', clientSecret: { value: 'canary-tools' } },
      ],
      credentials: [
        {
          connection: 'calendar',
          owner: { tenant: 'acme' },
          accessToken: { value: 'canary-access' },
          refreshToken: { value: 'canary-refresh' },
        },
        { connection: 'search', owner: { tenant: 'acme' }, value: { value: 'canary-key' } },
        { connection: 'tools', owner: { tenant: 'acme' }, accessToken: { value: 'canary-tools-access' } },
      ],
    });
  });
  afterAll(() => house.close());

  test.each([
    ['the token endpoint, which gets refresh tokens', { ...CALENDAR, tokenUrl: `${EVIL}/token` }, 'tokenUrl'],
    ['a revocation endpoint elsewhere', { ...CALENDAR, revocationUrl: `${EVIL}/revoke` }, 'revocationUrl'],
    ['the address that is called', { ...CALENDAR, baseUrl: EVIL }, 'baseUrl'],
    ['the address that is called, taken away to be another later', { ...CALENDAR, baseUrl: undefined }, 'baseUrl'],
    ['the one host that is called', { ...SEARCH, allowedHosts: ['evil.test'] }, 'baseUrl'],
    ['a base beside the one host', { ...SEARCH, baseUrl: EVIL }, 'baseUrl'],
    ['another port of the same host', { ...CALENDAR, baseUrl: 'https://api.cal.test:8443' }, 'baseUrl'],
    ['the MCP server', { ...TOOLS, url: `${EVIL}/mcp` }, 'baseUrl'],
  ])('with credentials: %s', async (_, connection, field) => {
    const answer = await put(connection);
    expect(answer.status, answer.text).toBe(400);
    expect(answer.text).toContain(`"${field}"`);
  });

  test.each([
    ['the token endpoint', { ...CALENDAR, id: 'ours', tokenUrl: `${EVIL}/token` }],
    ['the revocation endpoint', { ...CALENDAR, id: 'ours', revocationUrl: `${EVIL}/revoke` }],
    ['the MCP server, which says where to go', { ...TOOLS, id: 'our-tools', url: `${EVIL}/mcp` }],
    ['another type beside the same token endpoint', { ...CALENDAR, id: 'third', type: 'mcp', url: `${EVIL}/mcp` }],
  ])('our own client secret has to be given again with %s', async (_, connection) => {
    const answer = await put(connection);
    expect(answer.status, answer.text).toBe(400);
    expect(answer.text).toContain('"clientSecret"');
    expect((await put(withSecret(connection))).status).toBe(200);
  });

  test('what stays with the same service may change: paths, names, scopes, a revocation endpoint of its own', async () => {
    const changed = {
      ...CALENDAR,
      name: 'Calendar',
      scopes: ['read'],
      tokenUrl: 'https://cal.test/v2/token',
      revocationUrl: 'https://cal.test/revoke',
      baseUrl: 'https://api.cal.test/v2',
    };
    const based = { ...SEARCH, baseUrl: 'https://api.search.test/v1' };
    expect((await put(changed)).status).toBe(200);
    expect((await put(based)).status).toBe(200);
  });
});
