import { TOKEN_TYPES } from '@writ/protocol';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openExchangeWorld, type ExchangeWorld } from './token-exchange.suite.ts';
import { SECRET, type Answer } from './world.suite.ts';

/** Every secret of these tests holds it: wherever it turns up beside the answer, something leaks. */
const CANARY = 'canary-7d1f0c';
const URN = (id: string): string => `urn:writ:connection:${id}`;

const allow = (id: string, client: string, connection: string, scopes: string[] | 'all', more: object = {}) => ({
  id,
  effect: 'allow',
  grants: ['token_exchange'],
  subject: { clients: [client] },
  target: { connections: [connection] },
  scopes,
  ...more,
});

const oauth = (id: string, more: object = {}) => ({
  id,
  type: 'oauth',
  authorizationUrl: 'https://provider.test/authorize',
  tokenUrl: 'https://provider.test/token',
  clientId: 'hub',
  scopes: ['events:read', 'events:write'],
  ...more,
});

let world: ExchangeWorld;
beforeAll(async () => {
  world = await openExchangeWorld();
  await world.apply({
    connections: [
      oauth('calendar'),
      oauth('acme-only', { tenants: ['acme'] }),
      { id: 'search', type: 'api_key', header: 'x-api-key', baseUrl: 'https://search.test' },
      { id: 'wiki', type: 'basic', baseUrl: 'https://wiki.test' },
      { id: 'bank', type: 'certificate', baseUrl: 'https://bank.test' },
    ],
    credentials: [
      { connection: 'calendar', owner: { user: 'ann' }, accessToken: { value: `ann-${CANARY}` }, scopes: ['events:read'] },
      {
        connection: 'calendar',
        owner: { user: 'ann', tenant: 'acme' },
        label: 'work',
        accessToken: { value: `ann-acme-${CANARY}` },
        scopes: ['events:read', 'events:write'],
      },
      { connection: 'calendar', owner: { tenant: 'acme' }, accessToken: { value: `acme-${CANARY}` }, scopes: ['events:read'] },
      { connection: 'search', owner: { tenant: 'acme' }, value: { value: `key-${CANARY}` } },
    ],
    policies: [
      allow('calendar', 'ops-server', 'calendar', 'all'),
      allow('calendar-read', 'acme-server', 'calendar', ['events:read']),
      allow('search', 'ops-server', 'search', 'all'),
      allow('acme-only', 'ops-server', 'acme-only', 'all'),
      allow('worker-search', 'exchanging-worker', 'search', 'all'),
      allow('worker-calendar', 'exchanging-worker', 'calendar', 'all'),
      allow('capped-calendar', 'capped-worker', 'calendar', 'all'),
    ],
    clients: [
      {
        id: 'exchanging-worker',
        name: 'Worker',
        kind: 'service',
        grants: ['client_credentials', 'token_exchange'],
        auth: { secrets: [{ value: SECRET }] },
        tenants: ['acme'],
      },
      {
        id: 'capped-worker',
        name: 'Capped worker',
        kind: 'service',
        grants: ['client_credentials', 'token_exchange'],
        auth: { secrets: [{ value: SECRET }] },
        tenants: ['acme'],
        scopes: ['incidents:read'],
      },
    ],
  });
  await world.apply({
    policies: [
      {
        id: 'exchanging-worker',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: ['exchanging-worker', 'capped-worker'] },
        target: { resources: ['ops'] },
        scopes: ['incidents:read'],
      },
    ],
  });
});
afterAll(() => world.close());

async function handOut(client: string, connection: string, more: Record<string, string | undefined> = {}): Promise<Answer> {
  const { access } = await world.userToken();
  return world.exchange(client, access, { resource: URN(connection), ...more });
}

describe('a hand-out', () => {
  it("gives the user's own token of the service, with its scopes, and is an entry with chain, decision and order of owners", async () => {
    const { access } = await world.userToken();
    const { result, entries } = await world.during(() =>
      world.exchange('ops-server', access, { resource: URN('calendar'), scope: 'events:read' }),
    );
    expect(result).toMatchObject({
      status: 200,
      body: { access_token: `ann-acme-${CANARY}`, token_type: 'Bearer', issued_token_type: TOKEN_TYPES.access_token, scope: 'events:read' },
    });
    expect(result.headers.get('cache-control')).toBe('no-store');
    const issued = entries.filter(({ type }) => type === 'credential.issued');
    expect(issued).toHaveLength(1);
    expect(issued[0]).toMatchObject({
      tenant: 'acme',
      initiator: 'agent-for-human',
      actor: { user: 'ann', client: 'ops-server', chain: ['ops-server', 'cli'] },
      target: { type: 'connection', id: 'calendar' },
      outcome: 'success',
      decision: expect.stringMatching(/^dec_/),
      data: {
        tried: ['user ann in tenant acme'],
        owner: 'user ann in tenant acme',
        scopes: ['events:read'],
        conveys: ['events:write'],
        way: 'exchange',
      },
    });
    const explained = await world.admin('GET', `/admin/v1/decisions/${issued[0]?.decision ?? ''}/explain`);
    expect(explained.status).toBe(200);
  });

  it('is for the account of the label that is named, and for no other', async () => {
    expect((await handOut('ops-server', 'calendar', { scope: 'events:read', account: 'work' })).body['access_token']).toBe(
      `ann-acme-${CANARY}`,
    );
    expect(await handOut('ops-server', 'calendar', { scope: 'events:read', account: 'home' })).toMatchObject({
      status: 400,
      body: {
        error: 'connection_required',
        connection: 'calendar',
        scope: 'events:read',
        connect_url: expect.stringMatching(/^http:\/\/localhost:8787\/connect\//),
      },
    });
  });

  it('at tenant level goes to a client with a token of its own', async () => {
    const own = await world.serviceToken('exchanging-worker');
    const { result, entries } = await world.during(() =>
      world.exchange('exchanging-worker', own, { resource: URN('calendar'), scope: 'events:read' }),
    );
    expect(result).toMatchObject({ status: 200, body: { access_token: `acme-${CANARY}` } });
    expect(entries.find(({ type }) => type === 'credential.issued')).toMatchObject({
      initiator: 'agent',
      data: { tried: [expect.stringMatching(/^agent /), 'tenant acme'], owner: 'tenant acme' },
    });
  });

  it('of a key says that it is none of the tokens, and in which header it goes', async () => {
    const answer = await handOut('ops-server', 'search');
    expect(answer).toMatchObject({
      status: 200,
      body: {
        access_token: `key-${CANARY}`,
        token_type: 'N_A',
        issued_token_type: TOKEN_TYPES.credential,
        scope: '',
        credential: { type: 'api_key', value: `key-${CANARY}`, header: 'x-api-key', prefix: '' },
      },
    });
    expect(answer.body).not.toHaveProperty('expires_in');
  });

  it.each(['', 'access_token', 'credential'] as const)('may ask for the type %s', async (type) => {
    const requested = type === '' ? undefined : TOKEN_TYPES[type];
    expect((await handOut('ops-server', 'search', { requested_token_type: requested })).status).toBe(200);
  });

  it('knows the connection by its id as audience', async () => {
    expect((await handOut('ops-server', 'search', { resource: undefined, audience: 'search' })).status).toBe(200);
  });
});

describe('nothing is handed out', () => {
  it('to a client that may ask for none of the scopes, whether it names them or not', async () => {
    const own = await world.serviceToken('capped-worker');
    for (const scope of [undefined, 'events:read'])
      expect(await world.exchange('capped-worker', own, { resource: URN('calendar'), scope })).toMatchObject({
        status: 400,
        body: { error: 'invalid_scope' },
      });
  });

  const cases: [string, string, string, Record<string, string>, { status: number; error: string; reason: string }][] = [
    [
      'of a connection that is not there',
      'ops-server',
      'nowhere',
      {},
      { status: 400, error: 'invalid_target', reason: 'unknown_connection' },
    ],
    ['where no rule reaches', 'books-server', 'search', {}, { status: 400, error: 'invalid_request', reason: 'subject_of_another_client' }],
    [
      'to a client that no rule names',
      'globex-server',
      'search',
      {},
      { status: 400, error: 'invalid_request', reason: 'subject_cross_tenant' },
    ],
    ['where policy has no word for it', 'capped-server', 'search', {}, { status: 403, error: 'access_denied', reason: 'policy_no_reach' }],
    [
      'with a scope that policy keeps',
      'acme-server',
      'calendar',
      { scope: 'events:write' },
      { status: 403, error: 'access_denied', reason: 'policy_refused' },
    ],
    [
      'with one scope too many',
      'acme-server',
      'calendar',
      { scope: 'events:read events:write' },
      { status: 403, error: 'access_denied', reason: 'policy_refused' },
    ],
    [
      'with a scope that the connection does not have',
      'ops-server',
      'calendar',
      { scope: 'mail:read' },
      { status: 400, error: 'invalid_scope', reason: 'scope_unknown' },
    ],
    [
      'of a key by scope',
      'ops-server',
      'search',
      { scope: 'events:read' },
      { status: 400, error: 'invalid_scope', reason: 'scope_of_a_whole' },
    ],
    [
      'that nobody has connected',
      'ops-server',
      'acme-only',
      { scope: 'events:read' },
      { status: 400, error: 'connection_required', reason: 'not_connected' },
    ],
    [
      'by a force that is neither true nor false',
      'ops-server',
      'calendar',
      { force_refresh: '1' },
      { status: 400, error: 'invalid_request', reason: 'force_refresh' },
    ],
    [
      'of a type that the hub does not give',
      'ops-server',
      'calendar',
      { requested_token_type: TOKEN_TYPES.id_token },
      { status: 400, error: 'invalid_request', reason: 'requested_token_type' },
    ],
    [
      'in another tenant than that of the token',
      'ops-server',
      'calendar',
      { tenant: 'globex' },
      { status: 400, error: 'invalid_request', reason: 'tenant_changed' },
    ],
  ];
  it.each(cases)('%s', async (_, client, connection, more, expected) => {
    const { access } = await world.userToken();
    const { result, entries } = await world.during(() => world.exchange(client, access, { resource: URN(connection), ...more }));
    expect({ status: result.status, error: result.body['error'] }).toEqual({ status: expected.status, error: expected.error });
    expect(result.body).not.toHaveProperty('access_token');
    expect(entries.filter(({ type }) => type === 'credential.issued')).toEqual([]);
    const refused = entries.filter(({ type }) => type === 'credential.refused' || type === 'token.refused');
    expect(refused.map(({ reason }) => reason)).toEqual([expected.reason]);
    if (expected.status === 403) expect(result.body['decision_id']).toBe(refused[0]?.decision);
  });

  it('of a connection that another tenant has, in the same words as of one that is not there', async () => {
    await world.apply({
      connections: [oauth('globex-only', { tenants: ['globex'] })],
      policies: [allow('globex-only', 'ops-server', 'globex-only', 'all')],
    });
    const [foreign, missing] = [await handOut('ops-server', 'globex-only'), await handOut('ops-server', 'nowhere')];
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...missing.body, request_id: '' });
  });

  it("of another user's account: bob is asked to connect his own", async () => {
    const { access } = await world.userToken({ user: 'bob', tenant: null });
    const answer = await world.exchange('ops-server', access, { resource: URN('calendar'), scope: 'events:read' });
    expect(answer).toMatchObject({ status: 400, body: { error: 'connection_required', connection: 'calendar' } });
  });

  it('when what it conveys beyond what was asked is denied', async () => {
    const deny = allow('no-writing', 'ops-server', 'calendar', ['events:write'], { effect: 'deny' });
    await world.apply({ policies: [deny] });
    const answer = await handOut('ops-server', 'calendar', { scope: 'events:read' });
    await world.admin('DELETE', '/admin/v1/policies/no-writing');
    expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  });

  it.each([
    ['connection', 'connections/calendar/freeze', 'connections/calendar/unfreeze', { status: 403, body: { error: 'access_denied' } }],
    ['user', 'users/ann/freeze', 'users/ann/unfreeze', { status: 400, body: { error: 'invalid_request' } }],
    ['tenant', 'tenants/acme/freeze', 'tenants/acme/unfreeze', { status: 400, body: { error: 'invalid_request' } }],
    ['client', 'clients/ops-server/freeze', 'clients/ops-server/unfreeze', { status: 401, body: { error: 'invalid_client' } }],
  ])('while the %s is frozen', async (_, freeze, thaw, expected) => {
    const { access } = await world.userToken();
    const ask = () => world.exchange('ops-server', access, { resource: URN('calendar'), scope: 'events:read' });
    expect((await ask()).status).toBe(200);
    expect((await world.admin('POST', `/admin/v1/${freeze}`, { reason: 'test' })).status).toBeLessThan(300);
    const frozen = await ask();
    expect((await world.admin('POST', `/admin/v1/${thaw}`, { reason: 'test' })).status).toBeLessThan(300);
    expect(frozen).toMatchObject(expected);
  });

  it('while its own agent is frozen', async () => {
    const { result, entries } = await world.during(() => handOut('ops-server', 'calendar', { scope: 'events:read' }));
    expect(result.status).toBe(200);
    const agent = entries.find(({ type }) => type === 'credential.issued')?.actor.agent ?? '';
    await world.admin('POST', `/admin/v1/agents/${agent}/freeze`, { reason: 'test' });
    const frozen = await handOut('ops-server', 'calendar', { scope: 'events:read' });
    await world.admin('POST', `/admin/v1/agents/${agent}/unfreeze`, { reason: 'test' });
    expect(frozen).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('of an account that an administrator locked', async () => {
    const { db } = world.house.rooms.database;
    await sql`UPDATE credentials SET state = 'locked' WHERE connection_id = 'search'`.execute(db);
    const answer = await handOut('ops-server', 'search');
    await sql`UPDATE credentials SET state = 'active' WHERE connection_id = 'search'`.execute(db);
    expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  });

  it('of a token that was revoked, and of what follows from it', async () => {
    const { access } = await world.userToken();
    await world.post('/oauth/revoke', { token: access, client_id: 'cli' });
    expect((await world.exchange('ops-server', access, { resource: URN('calendar') })).status).toBe(400);
  });
});

describe('what policy requires of a hand-out', () => {
  const requiring = async (require: object, ask: () => Promise<Answer>): Promise<Answer[]> => {
    const rule = { id: 'must', effect: 'require', subject: { any: true }, target: { connections: ['search'] }, scopes: 'all', require };
    await world.apply({ policies: [rule] });
    const answers = [await ask(), await ask()];
    await world.admin('DELETE', '/admin/v1/policies/must');
    return answers;
  };
  const ask = () => handOut('ops-server', 'search');

  it('counts calls and exchanges, and says when to come back', async () => {
    for (const budget of [{ calls: 1 }, { exchanges: 1 }]) {
      world.clock.advance(3_600_000);
      const [first, second] = await requiring({ budget: { ...budget, window: 600 } }, ask);
      expect(first?.status).toBe(200);
      expect(second).toMatchObject({ status: 403, body: { error: 'access_denied', retry_after: expect.any(Number) } });
    }
  });

  it('spends no budget on what is not connected', async () => {
    const rule = {
      id: 'once',
      effect: 'require',
      subject: { any: true },
      target: { connections: ['acme-only'] },
      scopes: 'all',
      require: { budget: { calls: 1, window: 600 } },
    };
    await world.apply({ policies: [rule] });
    const answers = [await handOut('ops-server', 'acme-only'), await handOut('ops-server', 'acme-only')];
    await world.admin('DELETE', '/admin/v1/policies/once');
    expect(answers.map(({ body }) => body['error'])).toEqual(['connection_required', 'connection_required']);
  });

  it('is a key that must be proved, a login that must be stronger, or people who must be asked', async () => {
    const [unproved] = await requiring({ proofOfPossession: true }, ask);
    expect(unproved).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const [weak] = await requiring({ stepUp: true }, ask);
    expect(weak).toMatchObject({ status: 400, body: { error: 'insufficient_user_authentication' } });
    const [asked] = await requiring({ approval: { from: { users: ['bob'] }, count: 1, expiresIn: 600 } }, ask);
    expect(asked).toMatchObject({ status: 400, body: { error: 'interaction_required', approval_id: expect.any(String), interval: 5 } });
  });

  it('keeps a key that outlives what a rule allows inside the hub', async () => {
    const [answer] = await requiring({ maxLifetime: 300 }, ask);
    expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  });
});

it('leaves no trace of a secret in any entry or row', async () => {
  const { db } = world.house.rooms.database;
  const tables = await sql<{
    name: string;
  }>`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`.execute(db);
  for (const { name } of tables.rows) {
    const found = await sql<{
      n: number;
    }>`SELECT count(*)::int AS n FROM ${sql.table(name)} t WHERE to_jsonb(t)::text LIKE ${`%${CANARY}%`}`.execute(db);
    expect([name, found.rows[0]?.n]).toEqual([name, 0]);
  }
});
