import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as decisions from './decide.suite.ts';
import { basic, bearer, openDecisions, question, READ, worker, type Props } from './decide.suite.ts';
import { OPS, type World } from '../oauth/token/world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openDecisions();
});
afterAll(() => world.close());

const send = (path: string, body: unknown, headers: Record<string, string>) => decisions.send(world, path, body, headers);
const ask = (of: ReturnType<typeof question>, headers?: Record<string, string>) => decisions.ask(world, of, headers);

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
    const places = new Map([
      ['client', 'clients/cli'],
      ['agent', `agents/${agentId}`],
      ['user', 'users/ann'],
      ['tenant', 'tenants/acme'],
    ]);
    const [plural = '', id = ''] = (places.get(kind) ?? '').split('/');
    await stop(plural, id);
    for (const asked of [byAgent, byToken]) {
      const { result, entries } = await world.during(() => ask(asked));
      // The same as to somebody who does not exist.
      expect(result).toEqual({ decision: false, context: { reason_user: { en: 'This is not allowed.' } } });
      expect(entries.at(-1)).toMatchObject({ type: 'policy.refused', outcome: 'refused' });
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
    expect(entries[0]).toMatchObject({ type: 'policy.refused', outcome: 'refused', reason: 'no_server', actor: { client: 'worker' } });
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
