import { openExchangeWorld, type ExchangeWorld } from '../doors/oauth/token/token-exchange.suite.ts';
import { SECRET } from '../doors/oauth/token/world.suite.ts';

/** The same numbers for the same seed (mulberry32). */
export function dice(seed: number): {
  upTo(n: number): number;
  of<T>(all: readonly T[]): T;
  some<T>(all: readonly T[]): T[];
  yes(share: number): boolean;
} {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const upTo = (n: number): number => Math.floor(next() * n);
  return {
    upTo,
    of(all) {
      const one = all[upTo(all.length)];
      if (one === undefined) throw new Error('nothing to choose from');
      return one;
    },
    some: (all) => all.filter(() => next() < 0.5),
    yes: (share) => next() < share,
  };
}

export const PEOPLE = ['ann', 'bob', 'zoe'] as const;
export const RESOURCES = {
  desk: ['desk:read', 'desk:write', 'desk:admin'],
  mail: ['mail:read', 'mail:send'],
  pay: ['pay:see', 'pay:refund'],
} as const;
export const PROGRAMS = ['page', 'helper'] as const;
/** Services, and what they serve. */
export const SERVICES = { robot: undefined, 'desk-server': 'desk', 'mail-server': 'mail' } as const;
export const CONNECTIONS = { calendar: ['events:read', 'events:write'], search: [] } as const;
export const uriOf = (resource: string): string => `https://${resource}.test/api`;
export const REDIRECTS: Readonly<Record<string, string>> = { page: 'http://127.0.0.1/callback', helper: 'https://helper.test/cb' };

/** A world of its own in the place of that of the exchange's tests. */
export async function openGraphWorld(): Promise<ExchangeWorld> {
  const world = await openExchangeWorld();
  for (const room of ['policies', 'clients']) {
    const { items } = await read(await world.admin('GET', `/admin/v1/${room}?limit=200`));
    for (const { id } of items) await world.admin('DELETE', `/admin/v1/${room}/${encodeURIComponent(id)}`);
  }
  await world.apply({
    roles: [{ name: 'cashier', permissions: ['pay:refund'] }],
    users: [
      { id: 'ann', email: 'ann@acme.test', name: 'Ann', tenants: [{ id: 'acme', roles: ['SRE', 'cashier'] }] },
      { id: 'bob', email: 'bob@acme.test', name: 'Bob', tenants: [{ id: 'acme' }] },
      { id: 'zoe', email: 'zoe@globex.test', name: 'Zoe', tenants: [{ id: 'globex', roles: ['cashier'] }] },
    ],
    resources: Object.entries(RESOURCES).map(([id, scopes]) => ({
      id,
      type: 'api',
      uri: uriOf(id),
      name: id,
      scopes: scopes.map((name) => (name === 'pay:refund' ? { name, kind: 'permission', risk: 'high' } : { name })),
    })),
    clients: [
      { id: 'page', name: 'Page', public: true, kind: 'cli', redirectUris: [REDIRECTS['page']] },
      {
        id: 'helper',
        name: 'Helper',
        redirectUris: [REDIRECTS['helper']],
        auth: { secrets: [{ value: SECRET }] },
        grants: ['authorization_code', 'refresh_token', 'token_exchange'],
      },
      ...Object.entries(SERVICES).map(([id, served]) => ({
        id,
        name: id,
        kind: 'service',
        auth: { secrets: [{ value: SECRET }] },
        grants: ['client_credentials', 'token_exchange'],
        ...(served === undefined ? { tenants: ['acme'] } : { tags: [`resource-server:${served}`] }),
      })),
    ],
    connections: [
      {
        id: 'calendar',
        name: 'Calendar',
        type: 'oauth',
        authorizationUrl: 'https://provider.test/authorize',
        tokenUrl: 'https://provider.test/token',
        clientId: 'hub',
        scopes: CONNECTIONS.calendar,
      },
      { id: 'search', name: 'Search', type: 'api_key', header: 'x-api-key', baseUrl: 'https://search.test' },
    ],
    credentials: [
      { connection: 'calendar', owner: { user: 'ann' }, accessToken: { value: 'ann-token' }, scopes: ['events:read', 'events:write'] },
      {
        connection: 'calendar',
        owner: { user: 'zoe', tenant: 'globex' },
        label: 'work',
        accessToken: { value: 'zoe-token' },
        scopes: ['events:read'],
      },
      { connection: 'calendar', owner: { tenant: 'acme' }, accessToken: { value: 'acme-token' }, scopes: ['events:read'] },
      { connection: 'search', owner: { tenant: 'acme' }, value: { value: 'acme-key' } },
    ],
  });
  return world;
}

async function read(answer: Response): Promise<{ items: { id: string }[] }> {
  const value: { items: { id: string }[] } = JSON.parse(await answer.text());
  return value;
}

/** Policies by chance: every effect, state, kind of subject and of target. What they require, the requests of the tests fulfil. */
export function randomPolicies(seed: number): object[] {
  const by = dice(seed);
  const clients = [...PROGRAMS, ...Object.keys(SERVICES)];
  return Array.from({ length: 10 + by.upTo(8) }, (_, at) => {
    const onConnection = by.yes(0.3);
    const target = onConnection ? by.of(Object.keys(CONNECTIONS)) : by.of(Object.keys(RESOURCES));
    const every = by.yes(0.25);
    const names: readonly string[] = onConnection
      ? (Object.entries(CONNECTIONS).find(([id]) => id === target)?.[1] ?? [])
      : (Object.entries(RESOURCES).find(([id]) => id === target)?.[1] ?? []);
    const chosen = by.some(names);
    const effect = by.of(['allow', 'allow', 'allow', 'allow', 'deny', 'require'] as const);
    return {
      id: `rule-${String(at).padStart(2, '0')}`,
      effect,
      state: by.of(['enforce', 'enforce', 'enforce', 'enforce', 'shadow', 'off']),
      subject: subjectBy(by, clients),
      target: onConnection ? { connections: every ? 'all' : [target] } : { resources: every ? 'all' : [target] },
      scopes: every || chosen.length === 0 || by.yes(0.4) ? 'all' : chosen,
      ...(by.yes(0.5)
        ? { grants: onConnection ? ['token_exchange'] : [by.of(['authorization_code', 'client_credentials', 'token_exchange'])] }
        : {}),
      ...(effect === 'require'
        ? {
            require: by.of([
              { stepUp: true },
              { maxLifetime: 300 },
              { budget: { calls: 5_000, window: 3_600 } },
              { maxDelegationDepth: 0 },
            ]),
          }
        : {}),
    };
  });
}

function subjectBy(by: ReturnType<typeof dice>, clients: readonly string[]): object {
  if (by.yes(0.35)) return { any: true };
  if (by.yes(0.55)) return { clients: [by.of(clients), by.of(clients)].filter((id, at, all) => all.indexOf(id) === at) };
  return {
    conditions: [
      by.of([
        { key: 'user.roles', operator: 'contains', value: 'cashier' },
        { key: 'tenant.id', operator: 'equals', value: 'acme' },
        { key: 'client.registrationType', operator: 'equals', value: 'manual' },
        { key: 'delegation.depth', operator: 'equals', value: 1 },
        { key: 'agent.state', operator: 'equals', value: 'active' },
        { not: { key: 'user.tenantIds', operator: 'contains', value: 'globex' } },
      ]),
    ],
  };
}
