import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExchangeWorld } from '../doors/oauth/token/token-exchange.suite.ts';
import { basic, type Answer } from '../doors/oauth/token/world.suite.ts';
import type { Edge } from '../rooms/graph/graph.ts';
import {
  CONNECTIONS,
  dice,
  openGraphWorld,
  PEOPLE,
  PROGRAMS,
  randomPolicies,
  REDIRECTS,
  RESOURCES,
  SERVICES,
  uriOf,
} from './graph.suite.ts';

type Graph = { nodes: { key: string; name: string }[]; edges: Edge[]; truncated: boolean; next: string | null };

let world: ExchangeWorld;
beforeAll(async () => {
  world = await openGraphWorld();
});
afterAll(() => world.close());

async function graph(query: string): Promise<Graph> {
  const answer = await world.admin('GET', `/admin/v1/graph?limit=100&${query}`);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${query}: ${answer.status} ${text}`);
  const read: Graph = JSON.parse(text);
  return read;
}

const tenantOf = (user: string): string => (user === 'zoe' ? 'globex' : 'acme');

/** What an answer gave, sorted; `no`: it was refused. */
function given({ status, body }: Answer): string {
  if (status !== 200) return 'no';
  return (body['scope'] ?? '').split(' ').filter(Boolean).toSorted().join(' ');
}

function said(edge: Edge | undefined): string {
  return edge === undefined ? 'no' : (edge.scopes ?? []).toSorted().join(' ');
}

type From = { client: string; principal: string; token: string; at: string };

/** Holds answers of the hub against what a graph says. */
function judgeOf(edges: readonly Edge[]) {
  const wrong: string[] = [];
  const find = (client: string, principal: string, to: string, way: string, through: readonly string[]): Edge | undefined =>
    edges.find(
      (edge) =>
        edge.client === client &&
        edge.for === principal &&
        edge.to === to &&
        edge.way === way &&
        (edge.through ?? []).join(' ') === through.join(' '),
    );
  return {
    wrong,
    hold([client, principal, to, way, through = []]: [string, string, string, string, (readonly string[])?], answer: Answer): void {
      const edge = find(client, principal, to, way, through);
      if (said(edge) === given(answer)) return;
      wrong.push(
        `${client} for ${principal} at ${to} by ${way} ${through.join()}: the graph says ${said(edge)}, the hub ${JSON.stringify(answer.body)}`,
      );
    },
  };
}

type Judge = ReturnType<typeof judgeOf>;

/** Everything that could be had for a token by exchange, by whoever may present it. */
async function onward({ hold }: Judge, { client, principal, token, at }: From): Promise<void> {
  for (const [server, served] of [...Object.entries(SERVICES), ['helper', undefined] as const]) {
    const own = server === client;
    if (!own && served !== at) continue;
    const through = own ? [] : [client];
    // A token for the same resource holds what that one held; the graph tells of the widest.
    for (const resource of Object.keys(RESOURCES).filter((id) => id !== at))
      hold(
        [server, principal, `resource:${resource}`, 'token_exchange', through],
        await world.exchange(server, token, { resource: uriOf(resource) }),
      );
    for (const id of Object.keys(CONNECTIONS))
      hold(
        [server, principal, `connection:${id}`, 'token_exchange', through],
        await world.exchange(server, token, { resource: `urn:writ:connection:${id}` }),
      );
  }
}

/** Everything that a token endpoint could be asked for people: by consent, and from there on. */
async function confirmPeople(judge: Judge): Promise<void> {
  for (const user of PEOPLE)
    for (const client of PROGRAMS)
      for (const at of Object.keys(RESOURCES)) {
        const principal = `user:${user}`;
        const scopes = grants.get(`${user} ${client} ${at}`);
        if (scopes === undefined) {
          judge.hold([client, principal, `resource:${at}`, 'authorization_code'], NOTHING);
          continue;
        }
        const redirectUri = REDIRECTS[client] ?? '';
        const { code } = await world.login({
          client,
          user,
          tenant: tenantOf(user),
          resource: at,
          scopes,
          redirectUri,
          acr: '2',
          amr: ['pwd', 'otp'],
        });
        const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: 'v'.repeat(43) };
        const answer = client === 'page' ? await world.redeem(code, { client_id: 'page' }) : await world.token(form, basic(client));
        judge.hold([client, principal, `resource:${at}`, 'authorization_code'], answer);
        if (answer.status === 200) await onward(judge, { client, principal, token: answer.body['access_token'] ?? '', at });
      }
}

/** Nobody allowed it, so nobody has a code to ask with. */
const NOTHING: Answer = { status: 400, body: {}, headers: new Headers() };

/** The same for services that act for themselves. */
async function confirmServices(judge: Judge): Promise<void> {
  for (const [client, served] of Object.entries(SERVICES))
    for (const at of Object.keys(RESOURCES)) {
      const principal = served === undefined ? 'tenant:acme' : `client:${client}`;
      const answer = await world.token({ grant_type: 'client_credentials', resource: uriOf(at) }, basic(client));
      judge.hold([client, principal, `resource:${at}`, 'client_credentials'], answer);
      if (answer.status === 200) await onward(judge, { client, principal, token: answer.body['access_token'] ?? '', at });
    }
}

/** What people said yes to, by user, client and resource. */
const grants = new Map<string, readonly string[]>();

/** All that is reached by anybody here. */
async function everything(): Promise<Edge[]> {
  const edges = new Map<string, Edge>();
  const queries = [...PEOPLE.map((user) => `user=${user}`), 'tenant=acme', ...Object.keys(SERVICES).map((client) => `client=${client}`)];
  for (const query of queries) {
    const found = await graph(query);
    expect(found.truncated, query).toBe(false);
    for (const edge of found.edges) if (edge.kind === 'reaches') edges.set(edge.id, edge);
  }
  return [...edges.values()];
}

describe('the access graph', () => {
  it.each([2, 3, 4, 6])(
    'says of fleet %i what the hub does: every edge is confirmed by a request, and what is none is refused',
    async (seed) => {
      const by = dice(seed * 7_919);
      const before = await world.admin('GET', '/admin/v1/policies?limit=200');
      const { items }: { items: { id: string }[] } = JSON.parse(await before.text());
      for (const { id } of items) await world.admin('DELETE', `/admin/v1/policies/${id}`);
      await world.apply({ policies: randomPolicies(seed) });
      for (const user of PEOPLE)
        for (const client of PROGRAMS)
          for (const [resource, scopes] of Object.entries(RESOURCES)) {
            const chosen = by.some(scopes);
            const key = `${user} ${client} ${resource}`;
            // A yes of an earlier fleet stands until it is given anew.
            if (chosen.length === 0 && !grants.has(key)) continue;
            const allowed = chosen.length === 0 ? scopes : chosen;
            grants.set(key, allowed);
            await world.login({ client, user, tenant: tenantOf(user), resource, scopes: allowed, redirectUri: REDIRECTS[client] ?? '' });
          }
      const judge = judgeOf(await everything());
      await confirmPeople(judge);
      await confirmServices(judge);
      expect(judge.wrong).toEqual([]);
    },
  );

  it('tells the same edges from the side of the target, of the rule and of the client', async () => {
    const reaching = await everything();
    expect(reaching.length).toBeGreaterThan(5);
    // Others of this world, whom nobody asked about above, reach some of it too.
    const whom = new Set(reaching.map((edge) => edge.for));
    for (const [kind, ids] of [
      ['resource', Object.keys(RESOURCES)],
      ['connection', Object.keys(CONNECTIONS)],
      ['client', [...PROGRAMS, ...Object.keys(SERVICES)]],
    ] as const)
      for (const id of ids) {
        const told = (await graph(`${kind}=${id}`)).edges.flatMap((edge) =>
          edge.kind === 'reaches' && whom.has(edge.for) ? [edge.id] : [],
        );
        const expected = reaching.filter(
          (edge) =>
            edge.to === `${kind}:${id}` ||
            (kind === 'client' && (edge.client === id || edge.through?.includes(id) === true || edge.for === `client:${id}`)),
        );
        expect(told.toSorted(), `${kind}:${id}`).toEqual(expected.map((edge) => edge.id).toSorted());
      }
  });
});
