// The cases the policy language was made for, from outside: what is asked, what comes out, what the explanation says, what stands on record.
// Resources at the token endpoint; connections by simulation of a draft and by AuthZEN, because here nobody has connected an account.
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, basic, encode, FORM } from '../attacks/ask.ts';
import { Visitor } from '../attacks/visitor.ts';
import { startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';

const SECRET = 'a-long-secret-of-them-all';
const PASSWORD = 'correct-horse-9-battery';
const CALLBACK = 'https://agent.example/cb';
const VERIFIER = randomBytes(32).toString('base64url');
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const uri = (id: string): string => `https://${id}.example/api`;

const client = (id: string, more: object = {}): object => ({
  id,
  name: id,
  kind: 'service',
  auth: { secrets: [{ value: SECRET }] },
  grants: ['client_credentials'],
  tenants: ['acme'],
  ...more,
});
const resource = (id: string, scopes: readonly string[], more: object = {}): object => ({
  id,
  type: 'api',
  uri: uri(id),
  scopes: scopes.map((name) => ({ name })),
  ...more,
});
const allow = (
  id: string,
  of: { clients?: string[]; roles?: string; resources: string[]; grants: string[]; scopes: string[] | 'all' },
): object => {
  const { clients, roles, resources, grants, scopes } = of;
  const conditions = [
    ...(clients === undefined ? [] : [{ key: 'client.clientid', operator: 'in', value: clients }]),
    ...(roles === undefined ? [] : [{ key: 'user.roles', operator: 'contains', value: roles }]),
  ];
  const subject = roles === undefined && clients !== undefined ? { clients } : conditions.length === 0 ? { any: true } : { conditions };
  return { id, effect: 'allow', subject, target: { resources }, grants, scopes };
};

const MACHINE = ['client_credentials'];
const PERSON = ['authorization_code'];
const CONFIG = {
  tenants: [{ id: 'acme', name: 'Acme' }],
  roles: [
    { name: 'SRE', permissions: [] },
    { name: 'Viewer', permissions: [] },
  ],
  users: ['ann', 'bob'].map((id) => ({
    id,
    email: `${id}@acme.test`,
    password: { value: PASSWORD },
    tenants: [{ id: 'acme', roles: id === 'ann' ? ['SRE'] : ['Viewer'] }],
  })),
  resources: [
    resource('ops', ['incidents:read', 'incidents:write'], { tools: [{ name: 'close_incident', scopes: ['incidents:write'] }] }),
    resource('ledger', ['ledger:read', 'ledger:write', 'ledger:close']),
    resource('reporting', ['reports:read']),
    resource('analytics', ['analytics:query']),
  ],
  clients: [
    client('recon-worker'),
    client('other-worker'),
    client('ops-agent', { kind: 'agent', redirectUris: [CALLBACK], grants: ['client_credentials', 'authorization_code', 'refresh_token'] }),
    client('reporting-mcp', { tags: ['resource-server:reporting'], grants: ['client_credentials', EXCHANGE] }),
    client('second-mcp', { tags: ['resource-server:reporting'], grants: ['client_credentials', EXCHANGE] }),
    client('calendar-gate', { tags: ['connection-server:calendar'] }),
    client('ops-gate', { tags: ['resource-server:ops'] }),
  ],
  connections: [
    {
      id: 'calendar',
      name: 'Calendar',
      type: 'oauth',
      authorizationUrl: 'https://calendar.test/authorize',
      tokenUrl: 'https://calendar.test/token',
      clientId: 'hub',
      clientSecret: { value: 'the-secret-of-the-hub-at-the-calendar' },
      scopes: ['calendar.readonly', 'calendar.events'],
    },
  ],
  policies: [
    allow('recon-ledger', { clients: ['recon-worker'], resources: ['ledger'], grants: MACHINE, scopes: ['ledger:read', 'ledger:write'] }),
    allow('ops-alone', { clients: ['ops-agent'], resources: ['ops'], grants: MACHINE, scopes: ['incidents:read'] }),
    allow('ops-driven', { clients: ['ops-agent'], resources: ['ops'], grants: PERSON, scopes: ['incidents:read'] }),
    allow('ops-by-sre', { clients: ['ops-agent'], roles: 'SRE', resources: ['ops'], grants: PERSON, scopes: ['incidents:write'] }),
    allow('workers-report', { clients: ['other-worker', 'ops-agent'], resources: ['reporting'], grants: MACHINE, scopes: 'all' }),
    allow('analytics-by-reporting', { clients: ['reporting-mcp'], resources: ['analytics'], grants: ['token_exchange'], scopes: 'all' }),
    {
      id: 'viewers-read',
      effect: 'allow',
      subject: { conditions: [{ key: 'user.roles', operator: 'contains', value: 'Viewer' }] },
      target: { connections: { types: ['oauth'] } },
      scopes: ['calendar.readonly', 'crm.readonly'],
    },
  ],
};

let hub: Hub;
beforeAll(async () => {
  hub = await startHub();
  await hub.apply(CONFIG);
});
afterAll(() => hub?.stop());

type Told = { status: number; body: Record<string, unknown> };
const token = async (as: string, params: Record<string, string>): Promise<Told> => {
  const headers = { ...FORM, ...basic(as, SECRET) };
  const { status, text } = await ask(hub.issuer, '/oauth/token', { method: 'POST', headers, body: encode(params) });
  return { status, body: JSON.parse(text) };
};
const alone = (as: string, id: string, scope?: string): Promise<Told> =>
  token(as, { grant_type: 'client_credentials', resource: uri(id), ...(scope === undefined ? {} : { scope }) });

/** A code of ops-agent that this person allowed, all that the page offers. */
async function driven(user: string, scope: string): Promise<Told> {
  const visitor = new Visitor(hub.issuer, (path, asked) => ask(hub.issuer, path, asked));
  await visitor.signIn('/account', `${user}@acme.test`, PASSWORD);
  const end = await visitor.authorize(
    `/oauth/authorize?${encode({
      response_type: 'code',
      client_id: 'ops-agent',
      redirect_uri: CALLBACK,
      resource: uri('ops'),
      scope,
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
      state: 's',
    })}`,
  );
  const code = new URL(end).searchParams.get('code') ?? '';
  return token('ops-agent', { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER });
}

/** The newest decision about this client, with the explanation of it and the entry that rests on it. */
async function onRecord(of: string): Promise<{ recorded: Record<string, unknown>; sentences: string; entry: unknown }> {
  const [decision] = await hub.items(`decisions?client=${of}&limit=1`);
  const explained: { recorded: Record<string, unknown>; explanation: { scopes: { sentence: string }[] } } = await (
    await hub.admin('GET', `decisions/${String(decision?.['id'])}/explain`)
  ).json();
  const entry: unknown = await (await hub.admin('GET', `events/${String(decision?.['event'])}`)).json();
  return { recorded: explained.recorded, sentences: explained.explanation.scopes.map(({ sentence }) => sentence).join(' '), entry };
}

describe('a reconciliation worker pinned by id to two ledger scopes', () => {
  it('gets these two and nothing else', async () => {
    expect(await alone('recon-worker', 'ledger')).toMatchObject({ status: 200, body: { scope: 'ledger:read ledger:write' } });
    const { recorded, sentences, entry } = await onRecord('recon-worker');
    expect(recorded).toMatchObject({ outcome: 'narrow', rules: ['recon-ledger'], refused: [{ scope: 'ledger:close', by: 'no-allow' }] });
    expect(sentences).toContain('ledger:read is granted by rule recon-ledger.');
    expect(sentences).toContain('no allow rule for resource "ledger" covers this scope');
    expect(entry).toMatchObject({ type: 'token.issued', outcome: 'success', tenant: 'acme', actor: { client: 'recon-worker' } });
  });

  it('is refused the third, with the id of the decision', async () => {
    const told = await alone('recon-worker', 'ledger', 'ledger:close');
    expect(told).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    const { recorded, entry } = await onRecord('recon-worker');
    expect(recorded).toMatchObject({ id: told.body['decision_id'], outcome: 'deny' });
    expect(entry).toMatchObject({ type: 'token.refused', outcome: 'refused', reason: 'policy_refused' });
  });

  it('and no other worker gets there, nor it elsewhere', async () => {
    expect(await alone('other-worker', 'ledger')).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    expect((await onRecord('other-worker')).sentences).toContain('client "other-worker" is not');
    expect(await alone('recon-worker', 'ops')).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
  });
});

describe('an ops agent that reads alone, and writes only when an SRE drives', () => {
  const BOTH = 'incidents:read incidents:write';

  it('alone: reads', async () => {
    expect(await alone('ops-agent', 'ops', BOTH)).toMatchObject({ status: 200, body: { scope: 'incidents:read' } });
    const { recorded, sentences } = await onRecord('ops-agent');
    expect(recorded).toMatchObject({ outcome: 'narrow', user: null });
    expect(sentences).toContain('rule ops-by-sre does not apply, as the rule is for authorization_code, and this is client_credentials');
  });

  it('driven by an SRE: writes too, and after every refresh', async () => {
    const told = await driven('ann', `${BOTH} offline_access`);
    expect(told).toMatchObject({ status: 200, body: { scope: expect.stringContaining(BOTH) } });
    expect((await onRecord('ops-agent')).entry).toMatchObject({
      initiator: 'agent-for-human',
      actor: { user: 'ann', client: 'ops-agent' },
    });
    const again = { grant_type: 'refresh_token', refresh_token: String(told.body['refresh_token']) };
    const refreshed = await token('ops-agent', again);
    expect(refreshed).toMatchObject({ status: 200, body: { scope: expect.stringContaining(BOTH) } });
    // Ann is no SRE any more: from the next refresh on.
    await hub.apply({ users: [{ ...CONFIG.users[0], password: undefined, tenants: [{ id: 'acme', roles: ['Viewer'] }] }] });
    const later = await token('ops-agent', { ...again, refresh_token: String(refreshed.body['refresh_token']) });
    expect(String(later.body['scope'])).toContain('incidents:read');
    expect(String(later.body['scope'])).not.toContain('incidents:write');
    await hub.apply({ users: [{ ...CONFIG.users[0], password: undefined }] });
  });

  it('driven by somebody else: reads', async () => {
    expect(String((await driven('bob', BOTH)).body['scope'])).toBe('incidents:read');
  });

  it('and a gateway that asks per tool call hears the same', async () => {
    const asked = (subject: object): object => ({ subject, action: { name: 'close_incident' }, resource: { type: 'resource', id: 'ops' } });
    const by = async (subject: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', ...basic('ops-gate', SECRET) };
      const answer = await ask(hub.issuer, '/decide/v1/evaluation', { method: 'POST', headers, body: JSON.stringify(asked(subject)) });
      return JSON.parse(answer.text);
    };
    expect(await by({ type: 'client', id: 'ops-agent' })).toMatchObject({ decision: false });
    expect(await by({ type: 'user', id: 'ann', properties: { client: 'ops-agent' } })).toMatchObject({ decision: true });
    expect(await by({ type: 'user', id: 'bob', properties: { client: 'ops-agent' } })).toMatchObject({ decision: false });
  });
});

describe('an analytics resource reachable by exchange from the reporting MCP server alone', () => {
  const exchange = async (as: string): Promise<Told> => {
    const { body } = await alone('other-worker', 'reporting');
    return token(as, {
      grant_type: EXCHANGE,
      subject_token: String(body['access_token']),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: uri('analytics'),
    });
  };

  it('by that server: a token for it, which says who acts', async () => {
    expect(await exchange('reporting-mcp')).toMatchObject({ status: 200, body: { scope: 'analytics:query' } });
    const { recorded, entry } = await onRecord('reporting-mcp');
    expect(recorded).toMatchObject({ outcome: 'allow', rules: ['analytics-by-reporting'] });
    expect(entry).toMatchObject({ type: 'token.exchanged', actor: { chain: ['reporting-mcp', 'other-worker'] } });
  });

  it('by any other server of the same resource: refused', async () => {
    expect(await exchange('second-mcp')).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    expect((await onRecord('second-mcp')).sentences).toContain('analytics:query is refused');
  });

  it('and by nobody directly, that server included', async () => {
    expect(await alone('reporting-mcp', 'analytics')).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    expect((await onRecord('reporting-mcp')).sentences).toContain('the rule is for token_exchange, and this is client_credentials');
  });
});

describe('connections', () => {
  const simulate = async (body: object): Promise<unknown> => (await hub.admin('POST', 'policies/simulate', body)).json();
  const viewer = { client: 'other-worker', user: 'bob', tenant: 'acme' };
  const viewerRule = (id: string, connection: string, scope: string): object => ({
    id,
    effect: 'allow',
    grants: ['token_exchange'],
    subject: { conditions: [{ key: 'user.roles', operator: 'contains', value: 'Viewer' }] },
    target: { connections: [connection] },
    scopes: [scope],
  });
  const put = [viewerRule('v-calendar', 'calendar', 'calendar.readonly'), viewerRule('v-crm', 'crm', 'crm.readonly')];
  const draft = { put, remove: ['viewers-read'] };

  it('a Viewer is limited to reading calendar and CRM', async () => {
    for (const [connection, scope] of [
      ['calendar', 'calendar.readonly'],
      ['crm', 'crm.readonly'],
    ] as const)
      expect(await simulate({ ...viewer, connection, scopes: [scope], draft })).toMatchObject({
        decision: { outcome: 'allow', granted: [scope] },
      });
    expect(await simulate({ ...viewer, connection: 'calendar', scopes: ['calendar.readonly', 'calendar.events'], draft })).toMatchObject({
      decision: { outcome: 'narrow', granted: ['calendar.readonly'], refused: [{ scope: 'calendar.events', by: 'no-allow' }] },
      explanation: {
        scopes: [{ granted: true }, { sentence: 'calendar.events is refused: no allow rule for connection "calendar" covers this scope.' }],
      },
    });
    expect(await simulate({ ...viewer, user: 'ann', connection: 'calendar', scopes: ['calendar.readonly'], draft })).toMatchObject({
      decision: { outcome: 'deny' },
      explanation: { rules: [{ rule: 'v-calendar', obstacle: { at: 'subject' } }] },
    });
  });

  it('the same, sent to consent again when it asks to write', async () => {
    const reconsent = {
      id: 'write-reconsent',
      effect: 'require',
      subject: { any: true },
      target: { connections: ['calendar'] },
      scopes: ['calendar.events'],
      require: { reconsent: true },
    };
    const wider = { ...draft, put: [...put, viewerRule('v-events', 'calendar', 'calendar.events'), reconsent] };
    expect(await simulate({ ...viewer, connection: 'calendar', scopes: ['calendar.events'], draft: wider })).toMatchObject({
      decision: { granted: ['calendar.events'], requirements: [{ rule: 'write-reconsent', require: { reconsent: true } }] },
      explanation: { scopes: [{ sentence: expect.stringContaining('it still needs fresh consent (rule write-reconsent)') }] },
    });
    expect(await simulate({ ...viewer, connection: 'calendar', scopes: ['calendar.readonly'], draft: wider })).toMatchObject({
      decision: { requirements: [] },
    });
  });

  it("a refund scope is reachable by one resource's server only", async () => {
    const charge = (id: string, clients: string[], scopes: string[]): object => ({
      id,
      effect: 'allow',
      grants: ['token_exchange'],
      subject: { clients },
      target: { connections: ['payments'] },
      scopes,
    });
    const payments = {
      put: [charge('read', ['reporting-mcp', 'second-mcp'], ['payments.read']), charge('refund', ['reporting-mcp'], ['payments.refund'])],
      remove: [],
    };
    const asks = (id: string): Promise<unknown> =>
      simulate({ client: id, user: 'ann', connection: 'payments', scopes: ['payments.read', 'payments.refund'], draft: payments });
    expect(await asks('reporting-mcp')).toMatchObject({ decision: { outcome: 'allow' } });
    expect(await asks('second-mcp')).toMatchObject({ decision: { granted: ['payments.read'], refused: [{ scope: 'payments.refund' }] } });
  });

  it('an API key is all or nothing, with a user and without', async () => {
    const key = { id: 'search', type: 'api_key' };
    const whole = (subject: object, scopes: 'all' | string[] = 'all'): object => ({
      put: [
        {
          id: 'key',
          effect: 'allow',
          grants: ['token_exchange', 'client_credentials'],
          subject,
          target: { connections: ['search'] },
          scopes,
        },
      ],
    });
    const anybody = { any: true };
    const viewers = { conditions: [{ key: 'user.roles', operator: 'contains', value: 'Viewer' }] };
    expect(await simulate({ ...viewer, connection: key, draft: whole(anybody) })).toMatchObject({
      decision: { outcome: 'allow', granted: ['whole'] },
    });
    expect(await simulate({ client: 'other-worker', connection: key, draft: whole(anybody) })).toMatchObject({
      decision: { outcome: 'allow' },
    });
    expect(await simulate({ ...viewer, connection: key, draft: whole(viewers) })).toMatchObject({ decision: { outcome: 'allow' } });
    expect(await simulate({ client: 'other-worker', connection: key, draft: whole(viewers) })).toMatchObject({
      decision: { outcome: 'deny' },
      explanation: { missing: ['user.roles'] },
    });
    expect(await simulate({ ...viewer, connection: key, draft: whole(anybody, ['search.some']) })).toMatchObject({
      decision: { outcome: 'deny' },
      explanation: {
        rules: expect.arrayContaining([expect.objectContaining({ rule: 'key', obstacle: expect.objectContaining({ at: 'scopes' }) })]),
      },
    });
  });

  it('AuthZEN judges them by the rules in force, and keeps it on record', async () => {
    const by = async (action: string): Promise<unknown> => {
      const body = {
        subject: { type: 'user', id: 'bob', properties: { client: 'other-worker' } },
        action: { name: action },
        resource: { type: 'connection', id: 'calendar' },
      };
      const headers = { 'content-type': 'application/json', ...basic('calendar-gate', SECRET) };
      const answer = await ask(hub.issuer, '/decide/v1/evaluation', { method: 'POST', headers, body: JSON.stringify(body) });
      return JSON.parse(answer.text);
    };
    expect(await by('calendar.readonly')).toMatchObject({ decision: true });
    expect(await by('calendar.events')).toMatchObject({ decision: false });
    expect((await onRecord('other-worker')).entry).toMatchObject({
      type: 'policy.refused',
      outcome: 'refused',
      target: { type: 'connection', id: 'calendar' },
      data: { asker: 'calendar-gate', action: 'calendar.events' },
    });
  });
});
