import type { Connection } from '../connections/connection.ts';
import type { Resource } from '../resources/resource.ts';
import type { HubFacts, Household } from './facts.ts';
import { handOuts, type HandedOut } from './hand-out.ts';
import { highest, keyOf, principalKey, type Cause, type Condition, type Edge } from './graph.ts';
import type { Judge } from './judge.ts';
import { tokensFor, type Token } from './tokens.ts';

/** What of a graph is asked for: `wants` says which targets are worth looking at. */
export type Scope = { resource(of: Resource): boolean; connection(of: Connection): boolean };

export type Closure = { edges: readonly Edge[]; cut: boolean };

const MOST_TOKENS = 2_000;
const MOST_EDGES = 3_000;

/** Every way in which somebody is acted for, each with what makes it and what still must hold. Bounded; `cut` says that there is more. */
export function closureOf(hub: HubFacts, judge: Judge, of: Household, scope: Scope): Closure {
  const wants = (resource: Resource): boolean =>
    resource.proxied === undefined
      ? scope.resource(resource)
      : hub.connections.some((one) => one.id === resource.proxied?.connection?.id && scope.connection(one));
  const held = tokensFor(hub, judge, of, { wants, most: MOST_TOKENS });
  const edges = new Map<string, Edge>();
  const put = (edge: Edge): void => {
    const known = edges.get(edge.id);
    edges.set(edge.id, known === undefined ? edge : easier(known, edge));
  };
  for (const token of held.tokens) if (token.resource.proxied === undefined && wants(token.resource)) put(ofToken(of, token));
  for (const out of handOuts(hub, judge, of, { tokens: held.tokens, wants: scope.connection })) {
    if (edges.size >= MOST_EDGES) return { edges: [...edges.values()], cut: true };
    put(ofHandOut(of, out));
  }
  return { edges: [...edges.values()], cut: held.cut };
}

/** Two ways that look the same from outside: the one that stands, that gives more, that asks less. */
function easier(a: Edge, b: Edge): Edge {
  if ((a.refused === undefined) !== (b.refused === undefined)) return a.refused === undefined ? a : b;
  const more = (b.scopes?.length ?? 0) - (a.scopes?.length ?? 0);
  return more > 0 || (more === 0 && b.conditions.length < a.conditions.length) ? b : a;
}

/** Clients through whose hands it went before, first first. */
function throughOf(actors: Token['actors'], self: string): string[] {
  return actors
    .map(({ sub }) => sub)
    .filter((sub, at) => at > 0 || sub !== self)
    .toReversed();
}

function ofToken(of: Household, token: Token): Edge {
  const { way, client, resource, tenant, scopes, actors, grant, causes, conditions, stopped } = token;
  const from = starts(token);
  const to = keyOf('resource', resource.id);
  const through = way === 'token_exchange' ? throughOf(actors, client.id) : [];
  const consent = way === 'token_exchange' ? '' : (grant?.id ?? '');
  const risk = highest(resource.scopes.filter(({ name }) => scopes.includes(name)).map((scope) => scope.risk));
  return {
    id: [from, principalKey(of.principal), to, way, tenant?.id ?? '', through.join(' '), consent].join('|'),
    from,
    to,
    kind: 'reaches' as const,
    client: client.id,
    way,
    for: principalKey(of.principal),
    scopes,
    risk,
    by: distinct(causes, ({ kind, id }) => `${kind} ${id}`),
    conditions: once(conditions),
    ...(tenant === undefined ? {} : { tenant: tenant.id }),
    ...(through.length === 0 ? {} : { through }),
    ...(stopped === undefined ? {} : { refused: stopped }),
  };
}

function ofHandOut(of: Household, out: HandedOut): Edge {
  const { way, client, connection, credential, scopes, causes, conditions, stopped, actors, from: token } = out;
  const from = starts(out);
  const to = keyOf('connection', connection.id);
  const through = throughOf(actors, client.id);
  const { tenant } = token;
  return {
    id: [from, principalKey(of.principal), to, way, tenant?.id ?? '', through.join(' '), credential?.id ?? ''].join('|'),
    from,
    to,
    kind: 'reaches' as const,
    client: client.id,
    way,
    for: principalKey(of.principal),
    scopes,
    by: distinct(causes, ({ kind, id }) => `${kind} ${id}`),
    conditions: once(conditions),
    ...(tenant === undefined ? {} : { tenant: tenant.id }),
    ...(through.length === 0 ? {} : { through }),
    ...(credential === undefined ? {} : { credential: credential.id }),
    ...(stopped === undefined ? {} : { refused: stopped }),
  };
}

/** The agent, or the client where the first token would make it. */
function starts({ agent, client }: Pick<Token, 'agent' | 'client'>): string {
  return agent === undefined ? keyOf('client', client.id) : keyOf('agent', agent.id);
}

function once(conditions: readonly Condition[]): Condition[] {
  return distinct(conditions, ({ kind, rule, sentence }) => `${kind} ${rule ?? ''} ${sentence}`);
}

function distinct<T extends Cause | Condition>(all: readonly T[], keyOfOne: (one: T) => string): T[] {
  return [...new Map(all.toReversed().map((one) => [keyOfOne(one), one])).values()].toReversed();
}
