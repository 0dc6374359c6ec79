import { hasScopes, servesTenant, type Connection } from '../connections/connection.ts';
import { isServiceAccount } from '../connections/connect.ts';
import { ownersFor, ownerWords, type Credential } from '../connections/credential.ts';
import { fitOf, scopesToJudge } from '../connections/hand-out.ts';
import { actsAsUser, ownAccountOf } from '../connections/service-account.ts';
import { policyRequest, type Question } from '../policies/question.ts';
import { allowsGrant } from '../tenants/tenant.ts';
import { isMember, membershipIn } from '../users/membership.ts';
import { declaredBy } from '../tenants/role.ts';
import type { Client } from '../clients/client.ts';
import type { Agent } from '../agents/agent.ts';
import { allowCauses, roleCauses } from './causes.ts';
import { meetable, openConditions, type Means } from './conditions.ts';
import type { HubFacts, Household } from './facts.ts';
import type { Cause, Condition, Stopped } from './graph.ts';
import type { Judge } from './judge.ts';
import { stop } from './stopped.ts';
import { afterExchange, exchangersOf, type Token } from './tokens.ts';

/** A credential that somebody could have handed out, or used for a call. */
export type HandedOut = {
  way: 'token_exchange' | 'proxy';
  client: Client;
  agent: Agent | undefined;
  connection: Connection;
  /** Absent: a token for an account of the hub's own, got when it is needed. */
  credential: Credential | undefined;
  scopes: readonly string[];
  causes: readonly Cause[];
  conditions: readonly Condition[];
  stopped: Stopped | undefined;
  actors: Token['actors'];
  from: Token;
};

type Hands = Pick<HandedOut, 'way' | 'client' | 'agent' | 'actors' | 'from'> & {
  conditions: readonly Condition[];
  stopped: Stopped | undefined;
};

/** Every credential of these connections that a household's tokens lead to, by the steps of rooms/connections/hand-out.store.ts. */
export function* handOuts(
  hub: HubFacts,
  judge: Judge,
  of: Household,
  { tokens, wants }: { tokens: readonly Token[]; wants(connection: Connection): boolean },
): Generator<HandedOut> {
  const connections = hub.connections.filter(wants);
  if (connections.length === 0) return;
  for (const from of tokens) {
    for (const hands of handsFor(hub, of, from)) {
      for (const connection of connections) {
        if (hands.way === 'proxy' && isElsewhere(from, connection)) continue;
        yield* handed(hub, judge, of, { hands, connection });
      }
    }
  }
}

function* handsFor(hub: HubFacts, of: Household, from: Token): Generator<Hands> {
  for (const { client, actors } of exchangersOf(hub, from)) {
    const after = afterExchange(of, from, client);
    if (after !== undefined) yield { way: 'token_exchange', client, actors, from, ...after };
  }
  const { client, agent, stopped } = from;
  yield {
    way: 'proxy',
    client,
    agent,
    from,
    stopped,
    actors: from.actors.length > 0 ? from.actors : [{ sub: client.id }],
    conditions: throughProxy(from),
  };
}

/** A token for the proxy of another connection opens this one only with its key, as any other token does; one way to it is enough. */
function isElsewhere({ resource }: Token, connection: Connection): boolean {
  return resource.proxied !== undefined && resource.proxied.connection?.id !== connection.id;
}

/** A token for the proxy will do; any other one must be bound to a key that the call proves (doors/proxy/caller.ts, `audienceFault`). */
function throughProxy({ resource }: Token): Condition[] {
  const presented: Condition = { kind: 'subject_token', sentence: `It calls with its token for ${resource.name}.` };
  if (resource.proxied !== undefined) return [presented];
  return [presented, { kind: 'proof_of_possession', sentence: 'The token has to be bound to a key that the call proves (DPoP).' }];
}

type Place = { hands: Hands; connection: Connection };

function* handed(hub: HubFacts, judge: Judge, of: Household, { hands, connection }: Place): Generator<HandedOut> {
  const { tenant } = hands.from;
  if (!servesTenant(connection, tenant?.id)) return;
  if (of.user !== undefined && tenant !== undefined && !isMember(of.user, tenant)) return;
  if (tenant !== undefined && !allowsGrant(tenant, 'token_exchange')) return;
  const there = credentialsFor(of, hands, connection);
  for (const credential of there) {
    const got = judged(hub, judge, of, { hands, connection, credential });
    if (got !== undefined) yield got;
  }
  if (there.length > 0 || !isServiceAccount(connection)) return;
  const got = ownAccount(hub, judge, of, { hands, connection });
  if (got !== undefined) yield got;
}

/**
 * The credentials that can be meant: the one that is found without a label, and for each label that of the first owner who has it. Of an account of
 * the hub's own only one that somebody put; the others are for one set of scopes each.
 */
function credentialsFor(of: Household, { agent, from }: Hands, connection: Connection): Credential[] {
  const own = isServiceAccount(connection);
  if (own && actsAsUser(connection)) return [];
  const theirs = of.credentials.filter((one) => one.connection === connection.id && one.state !== 'revoked');
  const owners = ownersFor({ user: of.user?.id, tenant: from.tenant?.id, agent: agent?.id }, connection.owners).map(ownerWords);
  const inOrder = owners.map((owner) => theirs.filter((one) => ownerWords(one.owner) === owner).toSorted(newestThatWorks));
  if (own)
    return inOrder
      .flat()
      .filter(({ origin, label }) => origin !== 'service' && label === '')
      .slice(0, 1);
  const [meant] = inOrder.find((some) => some.length > 0) ?? [];
  const found = new Map(meant === undefined ? [] : [[meant.label, meant]]);
  for (const credential of inOrder.flat())
    if (credential.label !== '' && !found.has(credential.label)) found.set(credential.label, credential);
  return [...found.values()];
}

function newestThatWorks(a: Credential, b: Credential): number {
  return Number(a.state !== 'active') - Number(b.state !== 'active') || b.connectedAt - a.connectedAt || (a.id < b.id ? -1 : 1);
}

type Having = Place & { credential: Credential | undefined };

function judged(hub: HubFacts, judge: Judge, of: Household, having: Place & { credential: Credential }): HandedOut | undefined {
  const { connection, credential, hands } = having;
  if (credential.state !== 'active' && credential.state !== 'locked' && credential.state !== 'failed') return undefined;
  const stopped = stopOf(hands, connection, credential);
  if (!hasScopes(connection)) return decided(hub, judge, of, { ...having, stopped, wanted: [], extra: [] });
  const cap = hands.client.scopes;
  const open = scopesToJudge(connection, undefined, cap);
  const own = 'fault' in open ? [] : open.scopes;
  const names =
    own.length > 0
      ? own.filter((name) => credential.granted.includes(name))
      : credential.granted.filter((name) => cap?.includes(name) !== false);
  if (names.length === 0 && (own.length > 0 || 'fault' in open)) return undefined;
  // Judged as active: what is locked or failed is said beside the edge.
  const fit = fitOf({ ...credential, state: 'active' }, { connection, granted: names, named: names.length > 0, whole: names.length === 0 });
  if (fit.kind !== 'fits') return undefined;
  return decided(hub, judge, of, { ...having, stopped, wanted: fit.scopes, extra: fit.conveys });
}

function ownAccount(hub: HubFacts, judge: Judge, of: Household, place: Place): HandedOut | undefined {
  const { hands, connection } = place;
  const open = scopesToJudge(connection, undefined, hands.client.scopes);
  if ('fault' in open) return undefined;
  const agent = { id: hands.agent?.id ?? '', state: 'active' as const };
  const account = ownAccountOf(
    connection,
    { user: of.user, tenant: hands.from.tenant, agent },
    { granted: open.scopes, digest: (text) => text },
  );
  if (typeof account === 'string') return undefined;
  return decided(hub, judge, of, {
    ...place,
    credential: undefined,
    stopped: stopOf(hands, connection, undefined),
    wanted: open.scopes,
    extra: [],
  });
}

function stopOf({ stopped }: Hands, { id, name = id, state }: Connection, credential: Credential | undefined): Stopped | undefined {
  if (stopped !== undefined) return stopped;
  if (state !== 'active') return stop('connection', id, state, `The connection ${name} is ${state}.`);
  if (credential === undefined || credential.state === 'active') return undefined;
  const sentence =
    credential.state === 'locked' ? 'An administrator holds the credential back.' : 'Its service does not take the credential any more.';
  return stop('credential', credential.id, credential.state, sentence);
}

type Wanted = Having & { stopped: Stopped | undefined; wanted: readonly string[]; extra: readonly string[] };

/** What is handed out can do all that its service granted, so rules that restrict one of these scopes restrict the whole (`conveyed` there). */
function decided(
  hub: HubFacts,
  judge: Judge,
  of: Household,
  { hands, connection, credential, stopped, wanted, extra }: Wanted,
): HandedOut | undefined {
  const { client, from, way } = hands;
  const { user } = of;
  const { tenant } = from;
  const membership = membershipIn(user, tenant, hub.roles);
  const question: Question = {
    grant: 'token_exchange',
    client,
    connection: { id: connection.id, type: connection.type, tags: connection.tags },
    user,
    membership,
    tenant,
    agent: { id: hands.agent?.id ?? 'agt_new', state: 'active' },
    now: hub.now,
    actors: hands.actors,
  };
  const unknown = { ...from.unknown, claims: true };
  const means: Means = { hasUser: user !== undefined, canConsent: false, now: hub.now };
  const first = judge.ask(policyRequest(question, wanted), unknown);
  const { granted } = first.decision;
  if (granted.length === 0) return undefined;
  const met = meetable(first.decision, means);
  if (met.scopes.length < granted.length) return undefined;
  const beyond = [...wanted.filter((name) => !granted.includes(name)), ...extra];
  const second = beyond.length === 0 ? undefined : judge.ask(policyRequest(question, beyond), unknown);
  if (second?.decision.refused.some(({ by }) => by !== 'no-allow' || way === 'proxy') === true) return undefined;
  const also = second === undefined ? undefined : meetable(second.decision, means);
  if (second !== undefined && (also?.scopes.length ?? 0) < second.decision.granted.length) return undefined;
  if (way === 'token_exchange' && outlives(credential, met.conditions, also?.conditions)) return undefined;
  const name = connection.name ?? connection.id;
  const allows = allowCauses(judge, first.decision, granted, name);
  const waiting = new Set(first.open.map(({ rule }) => rule.id));
  const certain = new Set(allows.filter(({ id }) => !waiting.has(id)).flatMap((cause) => cause.scopes ?? []));
  const speaking = first.decision.rules.flatMap((id) => judge.rule(id) ?? []);
  const roles = roleCauses({ user, tenant, membership, roles: hub.roles, declared: declaredBy(hub.roles) }, undefined, granted, speaking);
  const opens: Cause[] =
    credential === undefined ? [] : [{ kind: 'credential', id: credential.id, sentence: credentialWords(credential, name) }];
  return {
    way,
    client,
    connection,
    credential,
    stopped,
    from,
    actors: hands.actors,
    agent: hands.agent,
    scopes: granted[0] === 'whole' ? [] : granted,
    causes: [...allows, ...roles, ...opens],
    conditions: [
      ...hands.conditions,
      ...met.conditions,
      ...(also?.conditions ?? []),
      ...openConditions(first.open, granted, (scope) => certain.has(scope)),
      ...(second === undefined
        ? []
        : openConditions(
            second.open.filter(({ rule }) => rule.effect !== 'allow'),
            beyond,
            () => false,
          )),
    ],
  };
}

function credentialWords({ owner, label }: Credential, connection: string): string {
  const whose = ownerWords(owner);
  return label === '' ? `The account of ${whose} at ${connection}.` : `The account ${label} of ${whose} at ${connection}.`;
}

/** Nobody can make another's secret end sooner: one that never ends is not handed out where a rule bounds it. One that is renewed may be short enough. */
function outlives(credential: Credential | undefined, ...all: readonly (readonly Condition[] | undefined)[]): boolean {
  const isBounded = all.some((conditions) => conditions?.some(({ kind }) => kind === 'lifetime'));
  return isBounded && credential !== undefined && credential.expiresAt === undefined;
}
