import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExchangeWorld } from '../doors/oauth/token/token-exchange.suite.ts';
import { basic } from '../doors/oauth/token/world.suite.ts';
import type { Difference } from '../rooms/graph/compare.ts';
import type { Edge, Node } from '../rooms/graph/graph.ts';
import { openGraphWorld, REDIRECTS, uriOf } from './graph.suite.ts';

type Graph = { nodes: Node[]; edges: Edge[]; truncated: boolean; narrow: string | null; next: string | null };
type Without = { sentences: { sentence: string; people: number }[]; differences: Difference[]; truncated: boolean };

let world: ExchangeWorld;
let agent: string;
let grant: string;
beforeAll(async () => {
  world = await openGraphWorld();
  await world.apply({
    policies: [
      allow('page-desk', ['page'], 'desk', ['desk:read', 'desk:write'], ['authorization_code']),
      allow('page-desk-too', ['page'], 'desk', ['desk:read'], ['authorization_code']),
      allow('cashiers', undefined, 'pay', 'all', ['authorization_code']),
      allow('robot-mail', ['robot'], 'mail', ['mail:read'], ['client_credentials']),
      allow('desk-to-mail', ['desk-server'], 'mail', ['mail:send'], ['token_exchange']),
      { id: 'calendars', effect: 'allow', subject: { clients: ['desk-server'] }, target: { connections: ['calendar'] }, scopes: 'all' },
    ],
  });
  const made = await world.login({
    client: 'page',
    user: 'ann',
    resource: 'desk',
    scopes: ['desk:read', 'desk:write'],
    redirectUri: REDIRECTS['page'] ?? '',
  });
  agent = made.agentId;
  grant = made.grantId;
  for (const user of ['ann', 'bob'])
    await world.login({ client: 'page', user, resource: 'pay', scopes: ['pay:see', 'pay:refund'], redirectUri: REDIRECTS['page'] ?? '' });
  await world.login({ client: 'page', user: 'bob', resource: 'desk', scopes: ['desk:read'], redirectUri: REDIRECTS['page'] ?? '' });
});
afterAll(() => world.close());

function allow(
  id: string,
  clients: string[] | undefined,
  resource: string,
  scopes: string[] | 'all',
  grants: string[],
): Record<string, unknown> {
  const subject = clients === undefined ? { any: true } : { clients };
  return { id, effect: 'allow', subject, target: { resources: [resource] }, scopes, grants };
}

async function graph(query: string): Promise<Graph> {
  const answer = await world.admin('GET', `/admin/v1/graph?${query}`);
  expect(answer.status, query).toBe(200);
  const read: Graph = JSON.parse(await answer.text());
  return read;
}

async function without(body: object): Promise<Without> {
  const answer = await world.admin('POST', '/admin/v1/graph/without', { limit: 100, ...body });
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  const read: Without = JSON.parse(text);
  return read;
}

const reaching = ({ edges }: Graph): Edge[] => edges.filter(({ kind }) => kind === 'reaches');
const short = (edges: readonly Edge[]): string[] => edges.map(({ id, scopes = [] }) => `${id} ${scopes.toSorted().join(' ')}`).toSorted();
const words = ({ sentences }: Without): string[] => sentences.map(({ sentence }) => sentence).toSorted();

async function put(policy: { id: string; [member: string]: unknown }, deed: () => Promise<void>): Promise<void> {
  await world.apply({ policies: [policy] });
  try {
    await deed();
  } finally {
    await world.admin('DELETE', `/admin/v1/policies/${policy.id}`);
  }
}

async function held(kind: string, id: string, deed: () => Promise<void>): Promise<void> {
  expect((await world.admin('POST', `/admin/v1/${kind}/${id}/freeze`, { reason: 'test' })).status).toBeLessThan(300);
  try {
    await deed();
  } finally {
    expect((await world.admin('POST', `/admin/v1/${kind}/${id}/unfreeze`, { reason: 'test' })).status).toBeLessThan(300);
  }
}

describe('an edge', () => {
  it('names the consent, the rules and the role that make it, each with what it gives', async () => {
    const { edges, nodes } = await graph(`agent=${agent}`);
    const desk = edges.find(({ to, way }) => to === 'resource:desk' && way === 'authorization_code');
    expect(desk?.by).toEqual([
      { kind: 'consent', id: grant, scopes: ['desk:read', 'desk:write'], sentence: 'Ann allowed Page desk:read, desk:write at desk.' },
      {
        kind: 'policy',
        id: 'page-desk',
        scopes: ['desk:read', 'desk:write'],
        sentence: 'Policy page-desk allows desk:read, desk:write at desk.',
      },
      { kind: 'policy', id: 'page-desk-too', scopes: ['desk:read'], sentence: 'Policy page-desk-too allows desk:read at desk.' },
    ]);
    const pay = edges.find(({ to }) => to === 'resource:pay');
    expect(pay?.by.find(({ kind }) => kind === 'role')).toMatchObject({ id: 'cashier', scopes: ['pay:refund'] });
    expect(pay).toMatchObject({ risk: 'high', tenant: 'acme', for: 'user:ann', client: 'page' });
    expect(nodes.find(({ key }) => key === `agent:${agent}`)).toMatchObject({ name: 'Page for Ann', state: 'active', risk: 'high' });
    expect(nodes.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['user', 'tenant', 'client', 'policy', 'grant', 'role', 'resource']),
    );
  });

  it('is not made by rules in shadow or off, and unmade by one that denies', async () => {
    const before = short(reaching(await graph('user=ann')));
    const more = { ...allow('more', ['page'], 'desk', 'all', ['authorization_code']), id: 'more' };
    for (const state of ['shadow', 'off'])
      await put({ ...more, state }, async () => expect(short(reaching(await graph('user=ann')))).toEqual(before));
    await put({ ...more, effect: 'deny', scopes: ['desk:write'] }, async () => {
      const desk = reaching(await graph('user=ann')).find(({ to, way }) => to === 'resource:desk' && way === 'authorization_code');
      expect(desk?.scopes).toEqual(['desk:read']);
    });
  });

  it.each([
    ['a second factor', { stepUp: true }, 'second_factor'],
    ['an approval', { approval: { from: { roles: ['SRE'] } } }, 'approval'],
    ['a budget', { budget: { calls: 5, window: 3_600 } }, 'budget'],
    ['a proved key', { proofOfPossession: true }, 'proof_of_possession'],
    ['a shorter life', { maxLifetime: 60 }, 'lifetime'],
    ['asking again', { reconsent: true }, 'reconsent'],
  ])('says that %s is required', async (_, require, kind) => {
    const rule = {
      id: 'wants',
      effect: 'require',
      subject: { any: true },
      target: { resources: ['desk'] },
      scopes: ['desk:write'],
      require,
    };
    await put(rule, async () => {
      const desk = reaching(await graph('user=ann')).find(({ to, way }) => to === 'resource:desk' && way === 'authorization_code');
      expect(desk?.conditions).toEqual([expect.objectContaining({ kind, rule: 'wants', scopes: ['desk:write'] })]);
    });
  });

  it('ends where nobody could do what is required: a service has no second factor', async () => {
    const rule = {
      id: 'wants',
      effect: 'require',
      subject: { any: true },
      target: { resources: ['mail'] },
      scopes: 'all',
      require: { stepUp: true },
    };
    const robot = async () => reaching(await graph('client=robot')).filter(({ to }) => to === 'resource:mail');
    expect(await robot()).toHaveLength(1);
    await put(rule, async () => {
      expect(await robot()).toEqual([]);
      expect((await world.token({ grant_type: 'client_credentials', resource: uriOf('mail') }, basic('robot'))).status).toBe(400);
    });
  });

  it('hangs on what is known only when it is used, and says on what', async () => {
    const conditions = [{ key: 'request.ip', operator: 'cidr', value: '10.0.0.0/8' }];
    const inside = { ...allow('inside', [], 'desk', ['desk:admin'], ['authorization_code']), id: 'inside', subject: { conditions } };
    await put(
      {
        id: 'night',
        effect: 'deny',
        subject: { conditions: [{ key: 'request.time', operator: 'between', value: ['22:00', '23:00'] }] },
        target: { resources: ['desk'] },
        scopes: ['desk:write'],
      },
      () =>
        put(inside, async () => {
          await world.login({
            client: 'page',
            user: 'ann',
            resource: 'desk',
            scopes: ['desk:read', 'desk:write', 'desk:admin'],
            redirectUri: REDIRECTS['page'] ?? '',
          });
          const desk = reaching(await graph('user=ann')).find(({ to, way }) => to === 'resource:desk' && way === 'authorization_code');
          expect(desk?.scopes?.toSorted()).toEqual(['desk:admin', 'desk:read', 'desk:write']);
          expect(desk?.conditions).toEqual([
            expect.objectContaining({
              kind: 'depends',
              rule: 'inside',
              scopes: ['desk:admin'],
              sentence: expect.stringContaining('request.ip'),
            }),
            expect.objectContaining({
              kind: 'unless',
              rule: 'night',
              scopes: ['desk:write'],
              sentence: expect.stringContaining('request.time'),
            }),
          ]);
        }),
    );
  });

  it.each([
    ['agents', (): string => agent],
    ['clients', (): string => 'page'],
    ['users', (): string => 'ann'],
    ['tenants', (): string => 'acme'],
    ['grants', (): string => grant],
  ] as const)('stays and says who is frozen, of %s, and the hub refuses it', async (kind, idOf) => {
    const { code } = await world.login({
      client: 'page',
      user: 'ann',
      resource: 'desk',
      scopes: ['desk:read', 'desk:write'],
      redirectUri: REDIRECTS['page'] ?? '',
    });
    await held(kind, idOf(), async () => {
      const desk = reaching(await graph('user=ann')).find(({ to, way }) => to === 'resource:desk' && way === 'authorization_code');
      expect(desk?.refused).toMatchObject({ what: kind.slice(0, -1), id: idOf(), state: 'frozen' });
      expect((await world.redeem(code, { client_id: 'page' })).status).toBeGreaterThanOrEqual(400);
    });
    expect(reaching(await graph('user=ann')).filter(({ refused }) => refused !== undefined)).toEqual([]);
  });

  it('says that a connection is frozen or a credential held back', async () => {
    const calendar = async () =>
      reaching(await graph('connection=calendar')).filter(({ for: whom, way }) => whom === 'user:ann' && way === 'token_exchange');
    const [open] = await calendar();
    expect(open?.refused).toBeUndefined();
    await held('connections', 'calendar', async () =>
      expect((await calendar())[0]?.refused).toMatchObject({ what: 'connection', state: 'frozen' }),
    );
    const credential = open?.credential ?? '';
    await world.admin('POST', `/admin/v1/credentials/${credential}/lock`, { reason: 'test' });
    expect((await calendar())[0]?.refused).toMatchObject({ what: 'credential', id: credential, state: 'locked' });
    await world.admin('POST', `/admin/v1/credentials/${credential}/unlock`, { reason: 'test' });
  });
});

describe('the way there', () => {
  it('goes through an exchange that nobody has made yet, from the client that would make it', async () => {
    const mail = reaching(await graph('user=ann')).find(({ to }) => to === 'resource:mail');
    expect(mail).toMatchObject({
      from: 'client:desk-server',
      for: 'user:ann',
      way: 'token_exchange',
      through: ['page'],
      scopes: ['mail:send'],
    });
  });

  it('is narrowed by naming several, and never crosses a tenant', async () => {
    const ours = reaching(await graph('resource=desk&tenant=acme'));
    expect(ours.length).toBeGreaterThan(0);
    expect(reaching(await graph('resource=desk&tenant=globex'))).toEqual([]);
    expect(reaching(await graph(`agent=${agent}&resource=pay`)).map(({ to }) => to)).toEqual(['resource:pay']);
  });

  it('is told in parts that together are the whole, whatever their size', async () => {
    const whole = await graph('resource=pay&limit=100');
    expect(whole.next).toBeNull();
    const found = new Map<string, Edge>();
    let next: string | null = '';
    let parts = 0;
    while (next !== null && parts < 200) {
      const part: Graph = await graph(`resource=pay&limit=1${next === '' ? '' : `&cursor=${next}`}`);
      for (const edge of reaching(part)) found.set(edge.id, edge);
      next = part.next;
      parts += 1;
      expect(part.truncated).toBe(next !== null);
    }
    expect(parts).toBeGreaterThan(1);
    expect(short([...found.values()])).toEqual(short(reaching(whole)));
  });

  it('is asked for from something that there is', async () => {
    expect((await world.admin('GET', '/admin/v1/graph')).status).toBe(400);
    expect((await world.admin('GET', '/admin/v1/graph?agent=agt_none')).status).toBe(404);
    expect((await world.admin('GET', '/admin/v1/graph?policy=none')).status).toBe(404);
    expect((await world.admin('POST', '/admin/v1/graph/without', {})).status).toBe(400);
    expect((await world.admin('POST', '/admin/v1/graph/without', { policy: 'none' })).status).toBe(404);
    expect((await world.admin('POST', '/admin/v1/graph/without', { draft: { put: [{ id: 'x' }] } })).status).toBe(400);
  });
});

describe('through the hub', () => {
  const search = async (): Promise<Edge | undefined> =>
    reaching(await graph('connection=search')).find(
      ({ client, way, conditions }) => client === 'robot' && way === 'proxy' && conditions.every(({ kind }) => kind === 'subject_token'),
    );
  const forProxy = async (): Promise<number> =>
    (await world.token({ grant_type: 'client_credentials', resource: `${world.issuer}/proxy/search` }, basic('robot'))).status;

  it('calls are an edge where the client gets a token for them, and none where it does not', async () => {
    expect([await search(), await forProxy()]).toEqual([undefined, 400]);
    const rule = {
      id: 'robot-search',
      effect: 'allow',
      subject: { clients: ['robot'] },
      target: { connections: ['search'] },
      scopes: 'all',
    };
    await put(rule, async () => {
      expect(await search()).toMatchObject({
        for: 'tenant:acme',
        scopes: [],
        by: [{ kind: 'policy', id: 'robot-search' }, { kind: 'credential' }],
      });
      expect(await forProxy()).toBe(200);
    });
    await put({ ...rule, grants: ['client_credentials'] }, async () =>
      expect([await search(), await forProxy()]).toEqual([undefined, 400]),
    );
  });

  it('whoever has no token for the proxy calls with another one, and needs the key that it is bound to', async () => {
    await put(
      { id: 'page-search', effect: 'allow', subject: { clients: ['page'] }, target: { connections: ['search'] }, scopes: 'all' },
      async () => {
        const ways = reaching(await graph('user=ann&connection=search')).filter(({ client }) => client === 'page');
        expect(ways).toEqual([expect.objectContaining({ way: 'proxy', from: `agent:${agent}` })]);
        expect(ways[0]?.conditions.map(({ kind }) => kind)).toEqual(['subject_token', 'proof_of_possession']);
      },
    );
  });
});

describe('who may ask', () => {
  it('needs no other right to see the graph, and that to read people for a draft of policies', async () => {
    const rule = {
      id: 'watcher',
      effect: 'allow',
      subject: { clients: ['desk-server'] },
      target: { resources: ['writ-admin'] },
      scopes: ['admin:graph:read'],
    };
    await put(rule, async () => {
      const resource = `${world.issuer}/admin/v1`;
      const { body } = await world.token({ grant_type: 'client_credentials', resource, scope: 'admin:graph:read' }, basic('desk-server'));
      const authorization = `Bearer ${body['access_token'] ?? ''}`;
      const ask = async (method: string, path: string, sent?: object): Promise<number> =>
        (await world.admin(method, `/admin/v1/${path}`, sent, { authorization })).status;
      expect(await ask('GET', 'graph?user=ann')).toBe(200);
      expect(await ask('POST', 'graph/without', { policy: 'cashiers' })).toBe(200);
      expect(await ask('POST', 'graph/without', { draft: { remove: ['cashiers'] } })).toBe(403);
      expect(await ask('GET', 'users')).toBe(403);
    });
  });
});

describe('without something', () => {
  it('tells in a sentence who loses what, and for how many', async () => {
    expect(words(await without({ policy: 'cashiers' }))).toEqual([
      'Page loses pay:see at pay for Bob.',
      'Page loses pay:see, pay:refund at pay for Ann.',
    ]);
    expect(words(await without({ role: 'cashier' }))).toEqual(['Page loses pay:refund at pay for Ann.']);
    expect(words(await without({ policy: 'page-desk-too' }))).toEqual([]);
    expect((await without({ client: 'robot' })).sentences.map(({ sentence }) => sentence)).toEqual([
      'robot loses mail:read at mail for Acme.',
    ]);
  });

  it.each([
    ['policies', 'page-desk', { policy: 'page-desk' }],
    ['policies', 'desk-to-mail', { policy: 'desk-to-mail' }],
    ['policies', 'calendars', { policy: 'calendars' }],
    ['roles', 'cashier', { role: 'cashier' }],
  ])('says of %s %s what then is so', async (room, id, body) => {
    const everybody = async (): Promise<Edge[]> => {
      const found = new Map<string, Edge>();
      for (const query of ['tenant=acme&limit=100', 'user=ann', 'user=bob', 'client=desk-server&limit=100'])
        for (const edge of reaching(await graph(query))) found.set(edge.id, edge);
      return [...found.values()];
    };
    const kept = await (await world.admin('GET', `/admin/v1/${room}/${id}`)).json();
    const before = await everybody();
    const { differences } = await without(body);
    expect(differences.length).toBeGreaterThan(0);
    const told = new Map(before.map((edge) => [edge.id, edge]));
    for (const { edge, is } of differences) {
      if (is === 'gone') told.delete(edge.id);
      else told.set(edge.id, edge);
    }
    expect((await world.admin('DELETE', `/admin/v1/${room}/${id}`)).status).toBeLessThan(300);
    const after = await everybody();
    await world.apply(room === 'roles' ? { roles: [{ name: id, permissions: kept.permissions }] } : { policies: [policyOf(kept)] });
    expect(short([...told.values()])).toEqual(short(after));
  });

  it('shows what a rule that denies keeps shut, and what a draft would open', async () => {
    const no = { id: 'no-writing', effect: 'deny', subject: { any: true }, target: { resources: ['desk'] }, scopes: ['desk:write'] };
    await put(no, async () => {
      expect(words(await without({ policy: 'no-writing' }))).toEqual(['Page gains desk:write at desk for Ann.']);
      const put = [
        {
          ...no,
          id: 'page-mail',
          effect: 'allow',
          subject: { clients: ['robot'] },
          target: { resources: ['mail'] },
          scopes: ['mail:send'],
        },
      ];
      const draft = await without({ draft: { put, remove: ['no-writing'] } });
      expect(words(draft)).toEqual(['Page gains desk:write at desk for Ann.', 'robot gains mail:send at mail for Acme.']);
    });
  });

  it('looks only within what is named', async () => {
    const { differences } = await without({ policy: 'cashiers', within: { kind: 'user', id: 'bob' } });
    expect(differences.map(({ edge }) => edge.for)).toEqual(['user:bob']);
  });

  it('takes a grant and a credential away, and leaves what there is as it is', async () => {
    const before = short(reaching(await graph('user=ann')));
    const gone = await without({ grant });
    expect(gone.differences.map(({ edge, is }) => `${edge.to} ${is}`)).toContain('resource:desk gone');
    const calendar = reaching(await graph('user=ann')).find(({ to }) => to === 'connection:calendar');
    const less = await without({ credential: calendar?.credential });
    expect(less.differences.some(({ edge, is }) => edge.to === 'connection:calendar' && is !== 'more')).toBe(true);
    expect(short(reaching(await graph('user=ann')))).toEqual(before);
  });
});

function policyOf(kept: Record<string, unknown>): Record<string, unknown> {
  const { version: _version, createdAt: _created, updatedAt: _updated, ...rule } = kept;
  return rule;
}
