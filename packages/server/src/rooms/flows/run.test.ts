import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { ADMIN_RESOURCE_ID } from '../resources/built-in.ts';
import { END, SIGN_IN } from './drawing.suite.ts';

let hub: TestHouse;
let service: Server;
let port = 0;
const heard: { path: string; authorization: string | undefined }[] = [];
const SECRET = 'the-secret-that-the-call-sends';
const BROUGHT = 'brought-back-by-the-service';

beforeAll(async () => {
  service = createServer((request, response) => {
    heard.push({ path: request.url ?? '', authorization: request.headers.authorization });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ plan: 'pro', made: { it: BROUGHT }, note: `yours is ${BROUGHT}, sent with ${SECRET}` }));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const address = service.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  hub = await testHouse({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'], attributes: { plan: 'pro' } }],
    roles: [{ name: 'SRE', permissions: ['incidents.write'] }],
    users: [{ id: 'ann', email: 'ann@acme.test', name: 'Ann', tenants: [{ id: 'acme', roles: ['SRE'] }], attributes: { salary: 4200 } }],
    resources: [
      {
        id: 'ops',
        type: 'mcp',
        uri: 'http://localhost:9000/mcp',
        scopes: [
          { name: 'read', title: 'Read incidents' },
          { name: 'write', risk: 'high' },
        ],
      },
    ],
    clients: [
      { id: 'cli', name: 'CLI', kind: 'cli', public: true, grants: ['authorization_code'], redirectUris: ['http://127.0.0.1/callback'] },
      {
        id: 'drawer',
        name: 'Drawer',
        kind: 'service',
        grants: ['client_credentials'],
        auth: { method: 'client_secret_basic', secrets: [{ value: 'a-long-secret-of-the-drawer' }] },
      },
    ],
    flowSecrets: [{ id: 'plans', hosts: [`127.0.0.1:${port}`], value: { value: SECRET } }],
    policies: [
      { id: 'reads', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: ['read'] },
      {
        id: 'drawers',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: ['drawer'] },
        target: { resources: [ADMIN_RESOURCE_ID] },
        scopes: ['admin:flows:read'],
      },
    ],
  });
  await hub.admin('PUT', '/admin/v1/flows/risky', RISKY);
  await hub.admin('PUT', '/admin/v1/flows/planned', planned());
});
afterAll(async () => {
  await new Promise((resolve) => service.close(resolve));
  await hub.close();
});

const RISKY = {
  nodes: [
    ...SIGN_IN,
    { id: 'tenant', kind: 'selectTenant' },
    { id: 'risk', kind: 'condition', branches: [{ name: 'high', when: 'request.risk == "high"' }] },
    { id: 'second', kind: 'stepUp', methods: ['totp'] },
    ...END,
  ],
  edges: [
    { from: 'identify', to: 'signIn' },
    { from: 'signIn', to: 'tenant' },
    { from: 'tenant', to: 'risk' },
    { from: 'risk', branch: 'high', to: 'second' },
    { from: 'risk', branch: 'otherwise', to: 'consent' },
    { from: 'second', to: 'consent' },
    { from: 'consent', to: 'done' },
  ],
};

/** A call that brings a plan and a secret; what it says goes into the token. */
function planned(
  outputs: object = { tier: { type: 'text', from: 'response.body.plan' }, key: { type: 'secret', from: 'response.body.made.it' } },
) {
  return {
    nodes: [
      ...SIGN_IN,
      {
        id: 'plan',
        kind: 'http',
        method: 'GET',
        url: `http://127.0.0.1:${port}/plans/{{user.id}}`,
        auth: { kind: 'bearer', secret: 'plans' },
        timeout: 2000,
        outputs,
      },
      { id: 'set', kind: 'setClaims', claims: { tier: 'steps.plan.tier' } },
      ...END,
      { id: 'no', kind: 'deny', message: 'Not now.' },
    ],
    edges: [
      { from: 'identify', to: 'signIn' },
      { from: 'signIn', to: 'plan' },
      { from: 'plan', to: 'set' },
      { from: 'plan', branch: 'failed', to: 'no' },
      { from: 'set', to: 'consent' },
      { from: 'consent', to: 'done' },
    ],
  };
}

const ranShape = z.looseObject({
  steps: z.array(
    z.looseObject({
      event: z.looseObject({ kind: z.string() }),
      from: z.string(),
      node: z.string(),
      before: z.looseObject({}),
      after: z.looseObject({}),
      passed: z.array(z.looseObject({ node: z.string(), branch: z.string(), context: z.looseObject({}) })),
      effect: z.looseObject({ kind: z.string() }),
      secrets: z.array(z.string()),
    }),
  ),
  effect: z.looseObject({ kind: z.string() }).nullable(),
  state: z.string(),
  waits: z.string(),
  digest: z.string(),
  stray: z.number().nullable(),
  unused: z.number(),
  unknown: z.array(z.string()),
});
const ask = (id: string, body: object, headers: Record<string, string> = {}) =>
  hub.admin('POST', `/admin/v1/flows/${id}/run`, body, headers);
const run = async (id: string, body: object) => {
  const answer = await ask(id, body);
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return { ...ranShape.parse(JSON.parse(text)), text };
};
const ANN = { client: 'cli', resource: 'ops', scopes: ['read'], user: 'ann' };
const kinds = ({ steps }: z.output<typeof ranShape>) => steps.map(({ event, from }) => `${from}:${event.kind}`);

describe('a flow that runs here', () => {
  it('shows the first page, and goes on from the state that comes back, step by step', async () => {
    const first = await run('risky', { facts: ANN });
    expect([first.waits, first.effect]).toMatchObject(['person', { kind: 'show', page: { kind: 'authenticate', methods: ['password'] } }]);
    const second = await run('risky', { state: first.state, answers: [{ kind: 'signedIn', by: ['password'] }] });
    expect(kinds(second)).toEqual(['caller:signedIn', 'world:tenantsFound', 'world:consentJudged']);
    expect(second.effect).toMatchObject({ kind: 'show', page: { kind: 'consent' } });
    const third = await run('risky', { state: second.state, answers: [{ kind: 'allowed', scopes: ['read'] }] });
    expect([third.waits, third.effect]).toMatchObject([
      'nobody',
      { kind: 'finish', end: { tenantId: 'acme', approval: { scopes: ['read'] } } },
    ]);
  });

  it('shows the names as expressions see them, before and after every node', async () => {
    const { steps } = await run('risky', { facts: ANN, answers: [{ kind: 'signedIn' }] });
    const found = steps.find(({ event }) => event.kind === 'tenantsFound');
    expect(found?.before).toMatchObject({
      user: { id: 'ann', email: 'ann@acme.test', roles: [] },
      client: { id: 'cli' },
      resource: { id: 'ops' },
    });
    expect(found?.before['tenant']).toBeUndefined();
    expect(found?.passed.map(({ node, branch }) => `${node}.${branch}`)).toEqual(['tenant.next', 'risk.otherwise']);
    expect(found?.passed[0]?.context).toMatchObject({
      tenant: { id: 'acme', attributes: { plan: 'pro' } },
      steps: { tenant: { tenant: 'acme' } },
    });
    expect(found?.after).toMatchObject({ user: { roles: ['SRE'], permissions: ['incidents.write'] } });
  });

  it('goes as the facts say: a high risk asks for a second factor, and a proof that has one is enough', async () => {
    const facts = { ...ANN, scopes: ['read', 'write'] };
    const asked = await run('risky', { facts, answers: [{ kind: 'signedIn' }] });
    expect(asked.effect).toMatchObject({ kind: 'show', page: { kind: 'authenticate', factor: 'second' } });
    const given = await run('risky', { facts, answers: [{ kind: 'signedIn', by: ['password', 'totp'] }] });
    expect(given.effect).toMatchObject({ kind: 'show', page: { kind: 'consent' } });
    const held = await run('risky', { facts: { ...facts, session: { by: ['passkey'], secondsAgo: 60 } } });
    expect(held.effect).toMatchObject({ kind: 'show', page: { kind: 'consent' } });
  });

  it('shows what the consent page would offer by the policies in force', async () => {
    const { steps } = await run('risky', { facts: { ...ANN, scopes: ['read', 'write'], session: { by: ['passkey'] } } });
    expect(steps.at(-1)?.['offers']).toMatchObject([
      { name: 'read', title: 'Read incidents', offered: true },
      { name: 'write', risk: 'high', offered: false, because: 'policy' },
    ]);
    const ended = await run('risky', { facts: { ...ANN, scopes: ['write'], session: { by: ['passkey'] } } });
    expect(ended.effect).toMatchObject({ kind: 'show', page: { kind: 'denied' } });
    const more = await run('risky', {
      facts: { ...ANN, scopes: ['read', 'write'], session: { by: ['passkey'] } },
      answers: [{ kind: 'allowed', scopes: ['read', 'write'] }],
    });
    expect(more.effect).toMatchObject({ kind: 'finish', end: { approval: { scopes: ['read'] } } });
  });

  it('asks for the stronger sign-in that policy wants where the flow has a way there and the person has a factor, and skips the page for clients of our own', async () => {
    await hub.apply({
      policies: [
        { id: 'writes', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: ['write'] },
        {
          id: 'stronger',
          effect: 'require',
          subject: { any: true },
          target: { resources: ['ops'] },
          scopes: ['write'],
          require: { stepUp: true },
        },
      ],
    });
    const facts = { ...ANN, scopes: ['read', 'write'], session: {} };
    const weak = await run('authorize', { facts });
    expect(weak.steps.at(-1)?.['offers']).toMatchObject([{ offered: true }, { offered: false, because: 'policy_requires_stepUp' }]);
    const strong = await run('authorize', { facts: { ...facts, factors: ['totp'] } });
    expect(strong.effect).toMatchObject({ kind: 'show', page: { kind: 'authenticate' } });
    const own = await run('authorize', { facts: { ...facts, client: { id: 'cli', firstParty: true } } });
    expect(own.effect).toMatchObject({ kind: 'finish', end: { approval: { scopes: ['read'], how: 'first_party' } } });
    await hub.admin('DELETE', '/admin/v1/policies/writes');
    await hub.admin('DELETE', '/admin/v1/policies/stronger');
  });

  it('knows whom a tenant lets in by its own sign-in only, and whom it spares', async () => {
    const idp = { id: 'idp', type: 'oidc', issuer: 'https://idp.test', clientId: 'hub', clientSecret: { value: 's' }, tenant: 'acme' };
    const signedIn = async (): Promise<unknown> => {
      const { steps } = await run('risky', { facts: ANN, answers: [{ kind: 'signedIn' }] });
      return steps.find(({ event }) => event.kind === 'tenantsFound')?.passed[0]?.context['tenant'];
    };
    await hub.apply({ identityProviders: [{ ...idp, enforced: true }] });
    expect(await signedIn()).toMatchObject({ id: 'acme', sso: true });
    await hub.apply({ identityProviders: [{ ...idp, enforced: true, exclusions: { users: ['ann'] } }] });
    expect(await signedIn()).toMatchObject({ id: 'acme', sso: false });
    await hub.admin('DELETE', '/admin/v1/identity-providers/idp');
  });

  it('takes people and clients that there are not, as they are described, and names those it does not know', async () => {
    const made = {
      client: { id: 'x', tags: ['internal'] },
      user: { id: 'zoe', attributes: { plan: 'free' } },
      tenants: [{ id: 'globex', roles: ['boss'] }],
    };
    const described = await run('risky', { facts: { ...made, scopes: ['a'], session: {} } });
    expect(described.unknown).toEqual([]);
    expect(described.steps.at(-1)?.after).toMatchObject({
      user: { id: 'zoe', roles: ['boss'], attributes: { plan: 'free' } },
      client: { tags: ['internal'] },
    });
    expect((await run('risky', { facts: { client: 'nobody', user: 'no-one', resource: 'nothing' } })).unknown).toEqual([
      'client nobody',
      'resource nothing',
      'user no-one',
    ]);
  });

  it('runs what was not saved, and a version beside the draft', async () => {
    const flow = {
      id: 'unsaved',
      purpose: 'sign_in',
      nodes: [
        { id: 'signIn', kind: 'authenticate', methods: ['passkey'] },
        { id: 'done', kind: 'complete' },
      ],
      edges: [{ from: 'signIn', to: 'done' }],
    };
    expect((await run('unsaved', { flow, facts: { user: 'ann', session: {} } })).effect).toMatchObject({ kind: 'finish' });
    await hub.admin('POST', '/admin/v1/flows/risky/publish', {});
    await hub.admin('PUT', '/admin/v1/flows/risky', { ...RISKY, name: 'Later' });
    const [draft, version] = [await run('risky', { facts: ANN }), await run('risky', { facts: ANN, version: 1 })];
    expect(draft.digest).not.toBe(version.digest);
    expect((await ask('risky', { version: 9 })).status).toBe(404);
    expect((await run('authorize', { facts: ANN, version: 0 })).waits).toBe('person');
  });

  it('says which answer did not fit, and keeps what came before it', async () => {
    const ran = await run('risky', {
      facts: ANN,
      answers: [{ kind: 'signedIn' }, { kind: 'emailGiven', email: 'x@y.test' }, { kind: 'allowed' }],
    });
    expect([ran.stray, ran.unused, ran.effect]).toMatchObject([1, 1, { kind: 'show', page: { kind: 'consent' } }]);
    expect((await run('risky', { state: ran.state, answers: [{ kind: 'allowed' }] })).waits).toBe('nobody');
  });

  it('takes a state of this hub and of this flow only', async () => {
    const { state } = await run('risky', { facts: ANN });
    expect((await ask('planned', { state })).status).toBe(409);
    for (const bad of [
      '',
      'x',
      `${state.slice(0, 60)}${state[60] === 'A' ? 'B' : 'A'}${state.slice(61)}`,
      state.slice(0, -9),
      Buffer.from('{}').toString('base64url'),
    ])
      expect((await ask('risky', { state: bad })).status).toBe(400);
    await hub.admin('PUT', '/admin/v1/flows/risky', { ...RISKY, name: 'Later still' });
    expect((await (await ask('risky', { state })).json()).type).toBe('urn:writ:problem:flow_changed');
  });

  it('refuses what cannot be read, by its place', async () => {
    const field = async (body: object) => (await (await ask('risky', body)).json()).field;
    expect(await field({ flow: { id: 'x', nodes: [{ id: 'a', kind: 'no' }] } })).toBe('flow.nodes[0].kind');
    expect(await field({ facts: { colour: 'red' } })).toBe('facts.colour');
    expect(await field({ answers: [{ kind: 'teleported' }] })).toBe('answers[0].kind');
    expect((await ask('nothing', {})).status).toBe(404);
  });

  it('does not run where it would run in a circle without waiting for a person', async () => {
    const call = { id: 'call', kind: 'http', url: 'https://a.test/', timeout: 500 };
    const edges = ['next', 'failed'].map((branch) => ({ from: 'call', branch, to: 'set' }));
    const flow = {
      id: 'x',
      purpose: 'registration',
      nodes: [{ id: 'set', kind: 'setClaims', claims: { n: '1' } }, call],
      edges: [{ from: 'set', to: 'call' }, ...edges],
    };
    const answer = await ask('x', { flow, facts: { calls: { call: { status: 200 } } } });
    expect([answer.status, (await answer.json()).detail]).toEqual([400, expect.stringContaining('run in a circle')]);
  });

  it('writes nothing but that it was asked', async () => {
    const before = await (await hub.admin('GET', '/admin/v1/flows/planned')).text();
    await run('planned', {
      facts: { ...ANN, session: {}, calls: { plan: { status: 200, body: { plan: 'pro', made: { it: 'k' } } } } },
      answers: [{ kind: 'allowed' }],
    });
    expect(await (await hub.admin('GET', '/admin/v1/flows/planned')).text()).toBe(before);
    const { items } = await (await hub.admin('GET', '/admin/v1/events?limit=3')).json();
    expect(items[1]).toMatchObject({
      type: 'admin.read',
      target: { type: 'flows', id: 'planned' },
      data: { route: 'POST /admin/v1/flows/:id/run' },
    });
  });
});

describe('calls in a flow that runs here', () => {
  const facts = { ...ANN, session: {} };

  it('wait for the answer that the caller makes up, and nothing is sent', async () => {
    const before = heard.length;
    const waiting = await run('planned', { facts });
    expect([waiting.waits, waiting.effect]).toMatchObject([
      'world',
      { kind: 'callHttp', call: { method: 'GET', auth: { kind: 'bearer', secret: 'plans' } } },
    ]);
    const body = { plan: 'gold', made: { it: 'made-up-secret' } };
    const ran = await run('planned', { state: waiting.state, answers: [{ kind: 'answered', status: 200, body }, { kind: 'allowed' }] });
    expect(ran.effect).toMatchObject({ kind: 'finish', end: { claims: { tier: 'gold' } } });
    expect(ran.steps[0]?.secrets).toEqual(['plan.key']);
    expect(ran.text).not.toContain('made-up-secret');
    const failed = await run('planned', { facts: { ...facts, calls: { plan: { failed: 'timeout' } } } });
    expect(failed.effect).toMatchObject({ kind: 'show', page: { kind: 'denied', message: 'Not now.' } });
    expect(heard).toHaveLength(before);
  });

  it('are made where it is asked for, by the connector of journeys, and no secret is shown', async () => {
    const answer = await hub.admin('POST', '/admin/v1/flows/planned/run/live', { facts });
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    expect(heard.at(-1)).toEqual({ path: '/plans/ann', authorization: `Bearer ${SECRET}` });
    const ran = ranShape.parse(JSON.parse(text));
    const step = ran.steps.find(({ from }) => from === 'service');
    expect(step?.['traffic']).toMatchObject({ request: { method: 'GET' }, response: { status: 200, body: { plan: 'pro' } } });
    expect(step?.after).toMatchObject({ steps: { plan: { tier: 'pro', status: 200 } }, claims: { tier: 'pro' } });
    for (const secret of [SECRET, BROUGHT]) expect(text).not.toContain(secret);
    const { items } = await (await hub.admin('GET', '/admin/v1/events?type=admin.changed&limit=1')).json();
    expect(items[0]).toMatchObject({
      target: { type: 'flow', id: 'planned' },
      data: { deed: 'called', method: 'GET', host: `127.0.0.1:${port}` },
    });
  });

  it('show nothing of an answer whose secret was not where the flow looked for it', async () => {
    const flow = {
      id: 'elsewhere',
      ...planned({ tier: { type: 'text', from: 'response.body.plan' }, key: { type: 'secret', from: 'response.body.nowhere' } }),
    };
    const text = await (await hub.admin('POST', '/admin/v1/flows/elsewhere/run/live', { flow, facts })).text();
    expect(ranShape.parse(JSON.parse(text)).effect).toMatchObject({ page: { kind: 'denied' } });
    for (const secret of [SECRET, BROUGHT]) expect(text).not.toContain(secret);
  });
});

describe('who may run a flow', () => {
  const tokenFor = async (): Promise<string> => {
    const answer = await hub.post(
      '/oauth/token',
      { grant_type: 'client_credentials', resource: `${hub.issuer}/admin/v1`, scope: 'admin:flows:read' },
      { authorization: `Basic ${Buffer.from('drawer:a-long-secret-of-the-drawer').toString('base64')}` },
    );
    return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
  };

  it('is whoever may read flows; who may not read people sees nobody but whom they describe, and sends nothing', async () => {
    const authorization = `Bearer ${await tokenFor()}`;
    const answer = await ask('risky', { facts: { ...ANN, session: {} } }, { authorization });
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    // The sealed state is left out: in so much chance every short word turns up some day.
    const seen = text.replace(/"state":"[\w-]+"/, '');
    expect(seen.length).toBeLessThan(text.length);
    for (const known of ['ann@acme.test', '4200', 'SRE']) expect(seen).not.toContain(known);
    const { state } = await run('risky', { facts: { ...ANN, session: {} } });
    expect((await ask('risky', { state }, { authorization })).status).toBe(400);
    const live = await hub.admin('POST', '/admin/v1/flows/planned/run/live', { facts: { ...ANN, session: {} } }, { authorization });
    expect(live.status).toBe(403);
    for (const [method, path] of [
      ['PUT', 'flows/risky'],
      ['DELETE', 'flows/risky'],
      ['POST', 'flows/risky/publish'],
      ['POST', 'flows/risky/rollback'],
      ['POST', 'flows/risky/assign'],
      ['POST', 'flows/risky/unassign'],
    ] as const)
      expect([path, (await hub.admin(method, `/admin/v1/${path}`, {}, { authorization })).status]).toEqual([path, 403]);
  });
});

describe('the guide', () => {
  const guide = readFileSync(new URL('../../../../../docs/guides/flows.md', import.meta.url), 'utf8');
  const pieces = [...guide.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']): Record<string, unknown> => parse(text));

  it('has a config that applies, and a run that goes through', async () => {
    const config = pieces.find((one) => 'flows' in one);
    await hub.apply({
      resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'incidents:write', risk: 'high' }] }],
      policies: [{ id: 'reads', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' }],
    });
    await hub.apply({ ...config, clients: [{ id: 'web', name: 'Web', public: true, redirectUris: ['https://app.example/cb'] }] });
    await hub.admin('PUT', '/admin/v1/flows/guided', RISKY);
    const ran = await run('guided', pieces.find((one) => 'answers' in one) ?? {});
    expect(kinds(ran).filter((kind) => kind.startsWith('caller'))).toEqual(['caller:tenantChosen', 'caller:signedIn', 'caller:allowed']);
    expect(ran.effect).toMatchObject({ kind: 'finish', end: { tenantId: 'acme', approval: { scopes: ['incidents:write'] } } });
  });
});
