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
  const { way, client, resource, tenant, scopes, actors, grant } = token;
  const exchanged = way === 'token_exchange';
  return {
    ...edgeOf(of, token, {
      to: keyOf('resource', resource.id),
      tenant: tenant?.id,
      through: exchanged ? throughOf(actors, client.id) : [],
      // What an exchange gives does not differ by the yes that the first token went back to.
      last: exchanged ? '' : (grant?.id ?? ''),
    }),
    risk: highest(resource.scopes.filter(({ name }) => scopes.includes(name)).map((scope) => scope.risk)),
  };
}

function ofHandOut(of: Household, out: HandedOut): Edge {
  const { client, connection, credential, actors, from } = out;
  const edge = edgeOf(of, out, {
    to: keyOf('connection', connection.id),
    tenant: from.tenant?.id,
    through: throughOf(actors, client.id),
    last: credential?.id ?? '',
  });
  return credential === undefined ? edge : { ...edge, credential: credential.id };
}

type Made = Pick<Token | HandedOut, 'way' | 'client' | 'agent' | 'scopes' | 'causes' | 'conditions' | 'stopped'>;

/** `last`: what else tells this edge from others between the same two. */
function edgeOf(of: Household, made: Made, at: { to: string; tenant: string | undefined; through: string[]; last: string }): Edge {
  const { way, client, scopes, causes, conditions, stopped } = made;
  const { to, tenant, through, last } = at;
  const from = starts(made);
  const principal = principalKey(of.principal);
  return {
    id: [from, principal, to, way, tenant ?? '', through.join(' '), last].join('|'),
    from,
    to,
    kind: 'reaches',
    client: client.id,
    way,
    for: principal,
    scopes,
    by: distinct(causes, ({ kind, id }) => `${kind} ${id}`),
    conditions: once(conditions),
    ...(tenant === undefined ? {} : { tenant }),
    ...(through.length === 0 ? {} : { through }),
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
