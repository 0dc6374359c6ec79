import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ADMIN_TOKEN } from '../../../testing/house.ts';
import { openWorld, OPS, SECRET, type World } from '../oauth/token/world.suite.ts';

const basic = (client: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`,
});
const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` };
const service = (id: string, more: object) => ({ id, name: id, kind: 'service', auth: { secrets: [{ value: SECRET }] }, ...more });

const CALENDAR = {
  type: 'oauth',
  authorizationUrl: 'https://calendar.test/authorize',
  tokenUrl: 'https://calendar.test/token',
  clientId: 'hub',
  clientSecret: { value: 'a-secret-at-the-calendar' },
  scopes: ['calendar.readonly', 'calendar.events'],
};

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.apply({
    resources: [
      {
        id: 'ops',
        type: 'mcp',
        uri: OPS,
        scopes: [{ name: 'incidents:read' }, { name: 'incidents:write', risk: 'high' }, { name: 'runbooks:read' }],
        tools: [
          { name: 'list_incidents', scopes: ['incidents:read'] },
          { name: 'close_incident', scopes: ['incidents:read', 'incidents:write'] },
          { name: 'ping', scopes: [] },
        ],
      },
    ],
    clients: [
      service('ops-server', { tags: ['resource-server:ops'] }),
      service('ops-acme', { tags: ['resource-server:ops'], tenants: ['acme'] }),
      service('books-server', { tags: ['resource-server:books'] }),
      service('gateway', { tags: ['connection-server:calendar', 'connection-server:ledger', 'connection-server:none'] }),
    ],
    connections: [
      { ...CALENDAR, id: 'calendar', name: 'Calendar', tags: ['office'] },
      { ...CALENDAR, id: 'ledger', name: 'Ledger', tags: ['money'], tenants: ['globex'] },
    ],
    policies: [
      {
        id: 'calendar',
        effect: 'allow',
        subject: { clients: ['worker'] },
        target: { connections: { types: ['oauth'] } },
        scopes: ['calendar.readonly'],
      },
    ],
  });
});
afterAll(() => world.close());

const answerShape = z.object({
  decision: z.boolean(),
  context: z
    .looseObject({
      decision_id: z.string().optional(),
      error: z.object({ status: z.number(), message: z.string() }).optional(),
      scopes: z.object({ granted: z.array(z.string()), refused: z.array(z.string()) }).optional(),
    })
    .optional(),
});

async function send(path: string, body: unknown, headers: Record<string, string>) {
  return world.house.fetch(
    new Request(`${world.issuer}/decide/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
}

type Props = Record<string, unknown>;
const question = (
  subject: [string, string, Props?],
  action: string,
  resource: [string, string, Props?] = ['resource', 'ops'],
  context?: Props,
) => ({
  subject: { type: subject[0], id: subject[1], ...(subject[2] === undefined ? {} : { properties: subject[2] }) },
  action: { name: action },
  resource: { type: resource[0], id: resource[1], ...(resource[2] === undefined ? {} : { properties: resource[2] }) },
  ...(context === undefined ? {} : { context }),
});

/** One evaluation as `ops-server`, unless another asks. */
async function ask(of: ReturnType<typeof question>, headers: Record<string, string> = basic('ops-server')) {
  const answer = await send('evaluation', of, headers);
  expect(answer.status).toBe(200);
  return answerShape.parse(await answer.json());
}

const worker: [string, string] = ['client', 'worker'];
const READ = 'incidents:read';

describe('an evaluation', () => {
  it('says yes where policy would issue, and keeps its decision on record with who asked and what for', async () => {
    const { result, entries } = await world.during(() => ask(question(worker, READ)));
    expect(result).toMatchObject({ decision: true, context: { scopes: { granted: [READ], refused: [] } } });
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      type: 'policy.decided',
      outcome: 'success',
      tenant: 'acme',
      decision: result.context?.decision_id,
      actor: { client: 'worker' },
      target: { type: 'resource', id: 'ops' },
      data: { asker: 'ops-server', action: READ, subject: { type: 'client', id: 'worker' }, policy: { outcome: 'allow', granted: [READ] } },
    });
    const explained = await world.admin('GET', `/admin/v1/decisions/${result.context?.decision_id ?? ''}/explain`);
    expect(explained.status).toBe(200);
  });

  it('says no where policy would not, and to nobody but an administrator why', async () => {
    const asked = question(worker, 'runbooks:read');
    const { result, entries } = await world.during(() => ask(asked));
    expect(result).toMatchObject({ decision: false, context: { reason_user: { en: 'This is not allowed.' } } });
    expect(JSON.stringify(result)).not.toContain('reason_admin');
    expect(entries[0]).toMatchObject({ outcome: 'refused', reason: 'policy_refused', decision: result.context?.decision_id });
    const told = await ask(asked, bearer);
    expect(told.context?.['reason_admin']).toEqual({
      en: expect.stringContaining('runbooks:read is refused: no enforced allow rule covers it'),
    });
  });

  it('takes a tool for the scopes it needs: as the action, or as the resource', async () => {
    expect(await ask(question(worker, 'close_incident'))).toMatchObject({
      decision: true,
      context: { scopes: { granted: [READ, 'incidents:write'] } },
    });
    expect(await ask(question(['client', 'outsider'], 'close_incident'))).toMatchObject({ decision: false });
    expect(await ask(question(worker, 'tools/call', ['tool', 'list_incidents']))).toMatchObject({ decision: true });
    expect(await ask(question(worker, 'call', ['tool', 'list_incidents', { resource: 'ops' }]))).toMatchObject({ decision: true });
    expect(await ask(question(worker, 'call', ['tool', 'list_incidents', { resource: 'books' }]))).toMatchObject({ decision: false });
  });

  it('lets whoever may have anything at the resource use a tool that needs no scope', async () => {
    expect(await ask(question(worker, 'ping'))).toMatchObject({ decision: true });
    expect(await ask(question(['client', 'outsider'], 'ping'))).toMatchObject({ decision: false });
  });

  it('knows the resource by its identifier too', async () => {
    expect(await ask(question(worker, READ, ['resource', OPS]))).toMatchObject({ decision: true });
  });

  it('of a user names the client, and looks up tenant, roles and permissions', async () => {
    expect(await ask(question(['user', 'ann', { client: 'cli' }], 'incidents:write'))).toMatchObject({ decision: true });
    // Bob lacks the permission of that name, whatever policy says.
    expect(await ask(question(['user', 'bob', { client: 'cli' }], 'incidents:write'))).toMatchObject({ decision: false });
    expect(await ask(question(['user', 'bob', { client: 'cli', tenant: 'acme' }], READ))).toMatchObject({ decision: true });
    expect(await ask(question(['user', 'ann'], READ))).toMatchObject({ decision: false, context: { error: { status: 400 } } });
  });

  it('of a client that serves several tenants is about the one that is named, and none other', async () => {
    expect(await ask(question(['client', 'many', { tenant: 'acme' }], READ))).toMatchObject({ decision: true });
    expect(await ask(question(['client', 'many', { tenant: 'initech' }], READ))).toMatchObject({ decision: false });
    expect(await ask(question(['client', 'many'], READ))).toMatchObject({ decision: false });
    // The tenant does not allow this grant.
    expect(await ask(question(['client', 'many', { tenant: 'strict' }], READ))).toMatchObject({ decision: false });
  });

  it('of an agent is about its client and whom it acts for', async () => {
    const { agentId } = await world.login({ user: 'ann' });
    const { result, entries } = await world.during(() => ask(question(['agent', agentId], 'incidents:write')));
    expect(result.decision).toBe(true);
    expect(entries[0]).toMatchObject({ initiator: 'agent-for-human', actor: { agent: agentId, client: 'cli', user: 'ann' } });
  });

  it('of a client beyond what it may ever have is no, as at the token endpoint', async () => {
    expect(await ask(question(['client', 'loner'], READ))).toMatchObject({ decision: true });
    expect(await ask(question(['client', 'loner'], 'incidents:write'))).toMatchObject({ decision: false });
  });

  it('of a connection is judged by its rules', async () => {
    const calendar: [string, string] = ['connection', 'calendar'];
    expect(await ask(question(worker, 'calendar.readonly', calendar), basic('gateway'))).toMatchObject({ decision: true });
    expect(await ask(question(worker, 'calendar.events', calendar), basic('gateway'))).toMatchObject({ decision: false });
    expect(await ask(question(worker, 'whole', calendar), bearer)).toMatchObject({ decision: false });
  });

  it('of a connection takes its type and tags from the hub, and knows none that is not there, is frozen or is for other tenants', async () => {
    const yes = (id: string, properties: Props = {}) =>
      ask(question(worker, 'calendar.readonly', ['connection', id, properties]), basic('gateway')).then(({ decision }) => decision);
    expect(await yes('calendar', { type: 'api_key', tags: [] })).toBe(true);
    await world.apply({
      policies: [
        {
          id: 'no-office',
          effect: 'deny',
          subject: { any: true },
          target: { connections: { tags: ['office'] } },
          scopes: 'all',
        },
      ],
    });
    expect(await yes('calendar', { tags: [] })).toBe(false);
    expect((await world.admin('DELETE', '/admin/v1/policies/no-office')).status).toBe(204);
    expect([await yes('none', { type: 'oauth' }), await yes('ledger')]).toEqual([false, false]);
    await world.admin('POST', '/admin/v1/connections/calendar/freeze', { reason: 'test' });
    expect(await yes('calendar')).toBe(false);
    await world.admin('POST', '/admin/v1/connections/calendar/unfreeze', { reason: 'test' });
    expect(await yes('calendar')).toBe(true);
  });

  it('holds what policy requires against what is known, and says what is needed', async () => {
    const rule = {
      id: 'write-needs-more',
      effect: 'require',
      subject: { any: true },
      target: { resources: ['ops'] },
      scopes: ['incidents:write'],
      require: { stepUp: { acr: ['2'] } },
    };
    await world.admin('PUT', '/admin/v1/policies/write-needs-more', rule);
    expect(await ask(question(worker, 'incidents:write'))).toMatchObject({
      decision: false,
      context: { needs: [{ needs: 'stepUp', scopes: ['incidents:write'], acr: ['2'] }] },
    });
    expect(await ask(question(worker, READ))).toMatchObject({ decision: true });
    await world.admin('DELETE', '/admin/v1/policies/write-needs-more');
  });

  it('follows a change of policy at once', async () => {
    await world.admin('PUT', '/admin/v1/policies/stop', { effect: 'deny', subject: { any: true }, target: { resources: ['ops'] } });
    expect(await ask(question(worker, READ))).toMatchObject({ decision: false });
    await world.admin('DELETE', '/admin/v1/policies/stop');
    expect(await ask(question(worker, READ))).toMatchObject({ decision: true });
  });
});

describe('an evaluation by the token that was shown', () => {
  const tokenOf = async (form: Record<string, string>): Promise<string> => {
    const { body } = await world.token({ grant_type: 'client_credentials', resource: OPS, ...form }, basic('worker'));
    return body['access_token'] ?? '';
  };
  const by = (token: string, action = READ, subject: [string, string] = ['token', '-'], resource: [string, string] = ['resource', 'ops']) =>
    question(subject, action, resource, { token });

  it('is about whoever the token names: client, agent, user, tenant, login and all', async () => {
    const { code, agentId } = await world.login({ user: 'ann', acr: '2', amr: ['pwd', 'otp'] });
    const { body } = await world.redeem(code);
    const { result, entries } = await world.during(() => ask(by(body['access_token'] ?? '')));
    expect(result.decision).toBe(true);
    expect(entries[0]).toMatchObject({
      actor: { user: 'ann', agent: agentId, client: 'cli' },
      data: { policy: { request: { token: { acr: '2' } } } },
    });
    expect(entries[0]?.txn).toMatch(/^txn_/);
  });

  it('gives no scope that the token does not hold', async () => {
    const token = await tokenOf({ scope: READ });
    expect(await ask(by(token))).toMatchObject({ decision: true });
    expect(await ask(by(token, 'incidents:write'))).toMatchObject({ decision: false });
    expect(await ask(by(token, 'close_incident'))).toMatchObject({ decision: false });
  });

  it('takes none that is forged, over, taken back or for another audience', async () => {
    const token = await tokenOf({ scope: READ });
    expect(await ask(by(`${token.slice(0, -4)}AAAA`))).toMatchObject({ decision: false });
    expect(await ask(by('not-a-token'))).toMatchObject({ decision: false });
    await world.post('/oauth/revoke', { token }, basic('worker'));
    expect(await ask(by(token))).toMatchObject({ decision: false });
    const books = await world.token(
      { grant_type: 'client_credentials', resource: 'https://books.test/api', scope: 'ledger:read' },
      basic('worker'),
    );
    expect(await ask(by(books.body['access_token'] ?? ''))).toMatchObject({ decision: false });
    const late = await tokenOf({ scope: READ });
    world.clock.advance(3_600_000);
    expect(await ask(by(late))).toMatchObject({ decision: false });
  });

  it("takes none that is another's than the subject that stands beside it", async () => {
    const token = await tokenOf({ scope: READ });
    expect(await ask(by(token, READ, ['client', 'worker']))).toMatchObject({ decision: true });
    expect(await ask(by(token, READ, ['client', 'many']))).toMatchObject({ decision: false });
    expect(await ask(by(token, READ, ['user', 'worker']))).toMatchObject({ decision: false });
  });

  it('never shows the token in an entry', async () => {
    const token = await tokenOf({ scope: READ });
    const { entries } = await world.during(() => ask(by(token)));
    expect(JSON.stringify(entries)).not.toContain(token.slice(0, 40));
  });
});

describe('what is frozen or revoked may nothing', () => {
  const stop = async (plural: string, id: string, verb = 'freeze'): Promise<void> => {
    expect((await world.admin('POST', `/admin/v1/${plural}/${id}/${verb}`, { reason: 'test' })).status).toBe(200);
  };

  it.each(['client', 'agent', 'user', 'tenant'])('%s', async (kind) => {
    const { agentId, code } = await world.login({ user: 'ann' });
    const token = (await world.redeem(code)).body['access_token'] ?? '';
    const byAgent = question(['agent', agentId], READ);
    const byToken = question(['token', '-'], READ, ['resource', 'ops'], { token });
    for (const asked of [byAgent, byToken]) expect(await ask(asked)).toMatchObject({ decision: true });
    const [plural, id] = { client: ['clients', 'cli'], agent: ['agents', agentId], user: ['users', 'ann'], tenant: ['tenants', 'acme'] }[
      kind
    ] ?? ['', ''];
    await stop(plural, id);
    for (const asked of [byAgent, byToken]) {
      const { result, entries } = await world.during(() => ask(asked));
      // The same as to somebody who does not exist.
      expect(result).toEqual({ decision: false, context: { reason_user: { en: 'This is not allowed.' } } });
      expect(entries.at(-1)).toMatchObject({ type: 'policy.decided', outcome: 'refused' });
    }
    await stop(plural, id, 'unfreeze');
    expect(await ask(byAgent)).toMatchObject({ decision: true });
  });
});

describe('who may ask', () => {
  const asked = question(worker, READ);

  it('nobody without credentials, and nobody with bad ones', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer nonsense' },
      basic('nobody'),
      { authorization: `Basic ${Buffer.from('ops-server:wrong').toString('base64')}` },
    ]) {
      const answer = await send('evaluation', asked, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Basic');
    }
  });

  it('no client that is the server of nothing', async () => {
    const { result, entries } = await world.during(() => send('evaluation', asked, basic('worker')));
    expect(result.status).toBe(403);
    expect(entries[0]).toMatchObject({ type: 'policy.decided', outcome: 'refused', reason: 'no_server', actor: { client: 'worker' } });
  });

  it("a server about its own resource: another's, one that there is not and one of no known type are answered alike", async () => {
    const answers = await Promise.all([
      ask(question(worker, READ), basic('books-server')),
      ask(question(worker, READ, ['resource', 'never']), basic('books-server')),
      ask(question(worker, 'list_incidents', ['tool', 'list_incidents', { resource: 'ops' }]), basic('books-server')),
      ask(question(worker, 'x', ['connection', 'calendar']), basic('books-server')),
      ask(question(worker, READ, ['document', 'ops']), basic('books-server')),
    ]);
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]).toMatchObject({ decision: false, context: { error: { status: 404 } } });
  });

  it('a server of some tenants about these: agents of others, and nobody, are answered alike', async () => {
    expect(await ask(question(['client', 'many', { tenant: 'acme' }], READ), basic('ops-acme'))).toMatchObject({ decision: true });
    const foreign = await ask(question(['client', 'many', { tenant: 'globex' }], READ), basic('ops-acme'));
    const unknown = await ask(question(['client', 'nobody', { tenant: 'globex' }], READ), basic('ops-acme'));
    expect(foreign).toEqual({ decision: false, context: { reason_user: { en: 'This is not allowed.' } } });
    expect(unknown).toEqual(foreign);
  });

  it('an administrator about everything; one whose token does not hold the scope about nothing', async () => {
    expect(await ask(asked, bearer)).toMatchObject({ decision: true });
    await world.admin('PUT', '/admin/v1/policies/admins', {
      effect: 'allow',
      subject: { clients: ['worker'] },
      target: { resources: ['writ-admin'] },
      scopes: ['admin:policies:read', 'admin:agents:read'],
    });
    for (const [scope, status] of [
      ['admin:policies:read', 200],
      ['admin:agents:read', 403],
    ] as const) {
      const { body } = await world.token(
        { grant_type: 'client_credentials', resource: `${world.issuer}/admin/v1`, scope },
        basic('worker'),
      );
      const answer = await send('evaluation', asked, { authorization: `Bearer ${body['access_token'] ?? ''}` });
      expect(answer.status).toBe(status);
    }
  });

  it('no server that was frozen', async () => {
    await world.admin('POST', '/admin/v1/clients/books-server/freeze', { reason: 'test' });
    expect((await send('evaluation', question(worker, 'ledger:read', ['resource', 'books']), basic('books-server'))).status).toBe(401);
    await world.admin('POST', '/admin/v1/clients/books-server/unfreeze', { reason: 'test' });
  });
});

describe('evaluations', () => {
  const many = async (body: object, headers = basic('ops-server')) => {
    const answer = await send('evaluations', body, headers);
    expect(answer.status).toBe(200);
    return z.object({ evaluations: z.array(answerShape) }).parse(await answer.json()).evaluations;
  };
  const actions = (...names: string[]) => names.map((name) => ({ action: { name } }));
  const { subject, resource } = question(worker, READ);

  it('take what stands at the top for what they leave out, and answer in their order', async () => {
    const evaluations = [...actions(READ, 'runbooks:read'), { action: { name: READ }, subject: { type: 'client', id: 'outsider' } }];
    const { result, entries } = await world.during(() => many({ subject, resource, evaluations }));
    expect(result.map(({ decision }) => decision)).toEqual([true, false, false]);
    expect(entries.map(({ type, outcome }) => [type, outcome])).toEqual([
      ['policy.decided', 'success'],
      ['policy.decided', 'refused'],
      ['policy.decided', 'refused'],
    ]);
  });

  it.each([
    ['execute_all', [true, false, true]],
    ['deny_on_first_deny', [true, false]],
    ['permit_on_first_permit', [true]],
  ])('%s', async (evaluations_semantic, expected) => {
    const evaluations = actions(READ, 'runbooks:read', READ);
    const { result, entries } = await world.during(() => many({ subject, resource, evaluations, options: { evaluations_semantic } }));
    expect(result.map(({ decision }) => decision)).toEqual(expected);
    expect(entries).toHaveLength(expected.length);
  });

  it('answer a malformed one at its place with no', async () => {
    const result = await many({ subject, resource, evaluations: [...actions(READ), {}, { action: { name: '' } }] });
    expect(result.map(({ decision }) => decision)).toEqual([true, false, false]);
    expect(result[1]?.context?.error?.status).toBe(400);
  });

  it('without any are one evaluation', async () => {
    for (const body of [question(worker, READ), { ...question(worker, READ), evaluations: [] }]) {
      const answer = await send('evaluations', body, basic('ops-server'));
      expect(answerShape.parse(await answer.json()).decision).toBe(true);
    }
  });

  it('are a hundred at most, of a semantics there is', async () => {
    const tooMany = { subject, resource, evaluations: actions(...Array.from({ length: 101 }, () => READ)) };
    expect((await send('evaluations', tooMany, basic('ops-server'))).status).toBe(400);
    const unknown = { subject, resource, evaluations: actions(READ), options: { evaluations_semantic: 'guess' } };
    expect((await send('evaluations', unknown, basic('ops-server'))).status).toBe(400);
  });
});

describe('on the wire', () => {
  it('metadata says where to ask', async () => {
    const answer = await world.get('/.well-known/authzen-configuration');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      policy_decision_point: world.issuer,
      access_evaluation_endpoint: `${world.issuer}/decide/v1/evaluation`,
      access_evaluations_endpoint: `${world.issuer}/decide/v1/evaluations`,
    });
  });

  it("the asker's own X-Request-ID comes back, and the hub's where there is none", async () => {
    const theirs = await send('evaluation', question(worker, READ), { ...basic('ops-server'), 'x-request-id': 'bfe9eb29-ab87' });
    expect(theirs.headers.get('x-request-id')).toBe('bfe9eb29-ab87');
    const ours = await send('evaluation', question(worker, READ), basic('ops-server'));
    expect(ours.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['a member twice', '{"subject":{},"subject":{}}'],
    ['no object', '[]'],
    ['no subject', JSON.stringify({ action: { name: 'x' }, resource: { type: 'resource', id: 'ops' } })],
    ['a number for a name', JSON.stringify({ ...question(worker, READ), action: { name: 1 } })],
    ['an address that is none', JSON.stringify(question(worker, READ, ['resource', 'ops'], { ip: 'nowhere' }))],
  ])('%s is 400', async (_, body) => {
    const answer = await send('evaluation', body, basic('ops-server'));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('a form is 400', async () => {
    expect((await send('evaluation', 'a=b', { ...basic('ops-server'), 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(
      400,
    );
  });
});
