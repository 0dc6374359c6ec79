import type { Decision, PolicyRequest } from '@writ/policy';
import { fail, ok, type Result } from '../../base/result.ts';
import { digest } from '../../base/digest.ts';
import type { EventData, EventDraft } from '../audit/event.ts';
import { policyRequest, type Question } from '../policies/question.ts';
import type { Unmet } from '../policies/requirements.ts';
import { allowsGrant, type Role } from '../tenants/tenant.ts';
import { isMember, membershipIn } from '../users/membership.ts';
import { hasScopes, servesTenant, type Connection } from './connection.ts';
import { ownerWords, type Credential, type Secret } from './credential.ts';
import { issuedEntry, refusedEntry, type HandOutFacts } from './hand-out-entry.ts';
import { meet, openRequirements, type MeetDeps } from './hand-out-require.store.ts';
import {
  connectRefusal,
  CONNECTION_FROZEN,
  CONVEYS_TOO_MUCH,
  CREDENTIAL_GONE,
  CREDENTIAL_LOCKED,
  GRANT_NOT_IN_TENANT,
  NOBODY_TO_ACT_AS,
  OUTLIVES_POLICY,
  policyRefusal,
  scopeRefusal,
  standingRefusal,
  unavailableRefusal,
  UNKNOWN_CONNECTION,
  USER_LEFT_TENANT,
  type HandOutRefusal,
} from './hand-out-refusal.ts';
import { isServiceAccount, type LinkAsk } from './connect.ts';
import { actsAsUser, ownAccountOf } from './service-account.ts';
import type { OpenOwnAccount } from './service-account.store.ts';
import { fitOf, linkFor, scopesToJudge, type Fit, type HandOutAsk } from './hand-out.ts';
import type { Vault } from './vault.store.ts';

/** A credential as it may leave: open, renewed where it was due. */
export type HandedOut = {
  connection: Connection;
  credential: Credential;
  secret: Exclude<Secret, { kind: 'reference' }>;
  /** Empty for one that is handed out whole. */
  scopes: readonly string[];
  /** Milliseconds; of the secret, or earlier by policy. */
  expiresAt?: number | undefined;
};

type Wanted = Parameters<Vault['find']>[0];

/** A look-up that was begun while the caller was still being asked about. It decides nothing: it is used where the same would be looked for. */
export type Ahead = { of: Wanted; found: ReturnType<Vault['find']> };

/** Either with the entry that must be durable before anything is told. */
export type HandOut = (
  ask: HandOutAsk,
  ahead?: Ahead,
) => Promise<Result<{ handed: HandedOut; entry: EventDraft }, { why: HandOutRefusal; entry: EventDraft }>>;

/** `failed`: it is no good any more and somebody has to connect again. `gone`: it was removed meanwhile. `unavailable`: the service may do better later; seconds. */
export type FreshOutcome =
  | { kind: 'fresh'; credential: Credential; secret: HandedOut['secret'] }
  | { kind: 'failed' }
  | { kind: 'gone' }
  | { kind: 'unavailable'; reason: string; retryAfter: number };

export type HandOutDeps = MeetDeps & {
  connection(id: string): Connection | undefined | Promise<Connection | undefined>;
  vault: Pick<Vault, 'find'>;
  /** Opens it, renewed first if it is due or the ask insists. */
  fresh(credential: Credential, of: { connection: Connection; force: boolean }): Promise<FreshOutcome>;
  /** The place of a token for an account of the hub's own, made on the first use. */
  ownAccount: OpenOwnAccount;
  /** Where a person connects what is missing; undefined when nobody could. */
  connectUrl(of: LinkAsk & { connection: Connection }): string | undefined;
  desk: {
    decide(request: PolicyRequest): { id: string; decision: Decision };
    evidence(request: PolicyRequest, decision: Decision): EventData;
  };
  roles(): readonly Role[];
};

type Refused = { why: HandOutRefusal; facts?: HandOutFacts };

/**
 * The one way to a credential, whoever uses it then: standing, policy, what there is, requirements, renewal. The order is on purpose: who may not
 * have it does not learn whether it is there; what is not there costs no approval and no budget; and the secret is opened last.
 */
export function createHandOut(deps: HandOutDeps): HandOut {
  return async (ask, ahead) => {
    const outcome = await handOut(deps, ask, ahead);
    if (outcome.ok) return outcome;
    const { why, facts = {} } = outcome.error;
    const told = facts.decision === undefined ? why : { ...why, decision: facts.decision };
    return fail({ why: told, entry: refusedEntry(ask, told, facts) });
  };
}

/** Begins the look-up of a hand-out that is about to be asked for; undefined where it takes more than one. */
export function lookAhead(
  vault: Pick<Vault, 'find'>,
  connection: Connection,
  of: Omit<Wanted, 'connection' | 'owners'>,
): Ahead | undefined {
  if (isServiceAccount(connection)) return undefined;
  const wanted = { ...of, connection: connection.id, owners: connection.owners };
  const found = vault.find(wanted);
  // Its failure is told to whoever uses it; perhaps nobody does.
  found.catch(() => undefined);
  return { of: wanted, found };
}

function isSame(a: Wanted, b: Wanted): boolean {
  return (
    a.connection === b.connection &&
    a.user === b.user &&
    a.tenant === b.tenant &&
    a.agent === b.agent &&
    a.label === b.label &&
    a.owners === b.owners
  );
}

async function handOut(
  deps: HandOutDeps,
  ask: HandOutAsk,
  ahead: Ahead | undefined,
): Promise<Result<{ handed: HandedOut; entry: EventDraft }, Refused>> {
  const connection = await deps.connection(ask.connection);
  if (connection === undefined || !servesTenant(connection, ask.tenant?.id)) return fail({ why: UNKNOWN_CONNECTION });
  const barred = barredBy(ask, connection);
  if (barred !== undefined) return fail({ why: barred });
  const judged = judge(deps, ask, connection);
  if (!judged.ok) return judged;
  const { id: decision, granted, evidence } = judged.value;
  const found = await search(deps, ask, { connection, granted, ahead });
  if ('why' in found) return fail({ why: found.why, facts: { decision, evidence } });
  const facts: HandOutFacts = { decision, evidence, tried: 'missing' in found ? found.missing : found.tried };
  if ('missing' in found) {
    const none: Fit = { kind: 'connect', reason: 'not_connected', missing: granted };
    return fail({ why: toConnect(deps, ask, { connection, fit: none }), facts });
  }
  return withCredential(deps, ask, { ...judged.value, connection, credential: found.credential, facts });
}

type Search = Awaited<ReturnType<Vault['find']>> | { why: HandOutRefusal };

type Searching = { connection: Connection; granted: readonly string[]; ahead: Ahead | undefined };

async function search(deps: HandOutDeps, ask: HandOutAsk, { connection, granted, ahead }: Searching): Promise<Search> {
  const { user, tenant, agent, label } = ask;
  const of = { connection: connection.id, user: user?.id, tenant: tenant?.id, agent: agent.id, owners: connection.owners };
  if (!isServiceAccount(connection)) {
    const wanted = { ...of, label };
    return ahead !== undefined && isSame(ahead.of, wanted) ? ahead.found : deps.vault.find(wanted);
  }
  // The one that an administrator put or had got stands before those that are got by themselves, also when it is held back.
  const put = actsAsUser(connection) ? { missing: [] } : await deps.vault.find({ ...of, label: label ?? '' });
  if (!('missing' in put) && put.credential.origin !== 'service') return put;
  const missing = 'missing' in put ? put.missing : put.tried;
  const account = ownAccountOf(connection, ask, { granted, digest });
  if (account === 'no_owner') return { missing };
  if (typeof account === 'string') return { why: NOBODY_TO_ACT_AS[account] };
  // Named by a label, a token for other scopes, or for an address that the user had once, would be had by whoever may not have it.
  if (label !== undefined && label !== account.label) return { missing };
  const found = await deps.vault.find({ ...of, label: account.label });
  if (!('missing' in found)) return found;
  const made = await deps.ownAccount(connection, account);
  return made === 'too_many'
    ? { why: unavailableRefusal('too_many_sets_of_scopes', TOO_MANY_RETRY) }
    : { credential: made, tried: [...missing, ownerWords(account.owner)] };
}

/** Seconds. Those that nobody needs go by the day. */
const TOO_MANY_RETRY = 3_600;

/** What no policy can mend. */
function barredBy({ client, agent, user, tenant }: HandOutAsk, connection: Connection): HandOutRefusal | undefined {
  for (const [part, one] of Object.entries({ client, tenant, user, agent }))
    if (one !== undefined && one.state !== 'active') return standingRefusal(partOf(part), one.state);
  if (user !== undefined && tenant !== undefined && !isMember(user, tenant)) return USER_LEFT_TENANT;
  if (tenant !== undefined && !allowsGrant(tenant, 'token_exchange')) return GRANT_NOT_IN_TENANT;
  return connection.state === 'active' ? undefined : CONNECTION_FROZEN;
}

function partOf(name: string): 'client' | 'agent' | 'user' | 'tenant' {
  return name === 'agent' || name === 'user' || name === 'tenant' ? name : 'client';
}

type Judged = {
  id: string;
  decision: Decision;
  evidence: EventData;
  question: Question;
  granted: readonly string[];
  named: boolean;
  whole: boolean;
};

function judge(deps: HandOutDeps, ask: HandOutAsk, connection: Connection): Result<Judged, Refused> {
  const wanted = scopesToJudge(connection, ask.scopes, ask.client.scopes);
  if ('fault' in wanted) return fail({ why: scopeRefusal(wanted.fault) });
  const { client, user, tenant, agent, login, jwtClaims, actors, ip, now } = ask;
  const question: Question = {
    grant: 'token_exchange',
    client,
    connection: { id: connection.id, type: connection.type, tags: connection.tags },
    user,
    membership: membershipIn(user, tenant, deps.roles()),
    tenant,
    agent,
    login,
    ip,
    now,
    jwtClaims,
    actors,
  };
  const request = policyRequest(question, wanted.scopes);
  const { id, decision } = deps.desk.decide(request);
  const evidence = deps.desk.evidence(request, decision);
  const named = ask.scopes !== undefined && ask.scopes.length > 0;
  const whole = wanted.scopes.length === 0;
  if (decision.granted.length === 0 || (named && decision.granted.length < wanted.scopes.length))
    return fail({ why: policyRefusal(decision.reach), facts: { decision: id, evidence } });
  const open = openRequirements(ask, decision);
  if (!open.ok) return fail({ why: open.error.refusal, facts: { decision: id, evidence: withUnmet(evidence, open.error.unmet) } });
  return ok({ id, decision, evidence, question, granted: whole ? [] : decision.granted, named, whole });
}

function withUnmet(evidence: EventData, unmet: readonly Unmet[]): EventData {
  return { ...evidence, unmet: unmet.map(({ needs, rule, scopes }) => ({ needs, rule, scopes })) };
}

type Having = Judged & { connection: Connection; credential: Credential; facts: HandOutFacts };

async function withCredential(
  deps: HandOutDeps,
  ask: HandOutAsk,
  having: Having,
): Promise<Result<{ handed: HandedOut; entry: EventDraft }, Refused>> {
  const { connection, credential, granted, named, whole } = having;
  const held = { connection, granted, named, whole: whole || !hasScopes(connection) };
  const fit = fitOf(credential, held);
  const facts: HandOutFacts = { ...having.facts, credential };
  if (fit.kind === 'locked') return fail({ why: CREDENTIAL_LOCKED, facts });
  if (fit.kind === 'connect') return fail({ why: toConnect(deps, ask, { connection, fit, credential }), facts });
  const { scopes, conveys } = fit;
  const bound = conveyed(deps, ask, having, conveys);
  if (!bound.ok) return fail({ why: bound.error.why, facts: { ...facts, scopes, conveys, ...bound.error.facts } });
  for (const { decision, weighed } of bound.value) {
    const met = await meet(deps, ask, decision, weighed);
    if (!met.ok) {
      const evidence = withUnmet(having.evidence, met.error.unmet);
      return fail({ why: met.error.refusal, facts: { ...facts, scopes, conveys, evidence } });
    }
  }
  const fresh = await deps.fresh(credential, { connection, force: ask.force });
  if (fresh.kind === 'failed')
    return fail({
      why: toConnect(deps, ask, { connection, fit: { kind: 'connect', reason: 'credential_failed', missing: scopes }, credential }),
      facts,
    });
  if (fresh.kind === 'gone') return fail({ why: CREDENTIAL_GONE, facts });
  if (fresh.kind === 'unavailable') return fail({ why: unavailableRefusal(fresh.reason, fresh.retryAfter), facts });
  // The service may have given less when it was renewed.
  const still = fitOf(fresh.credential, { ...held, granted: scopes });
  if (still.kind !== 'fits')
    return fail({ why: still.kind === 'locked' ? CREDENTIAL_LOCKED : toConnect(deps, ask, { connection, fit: still, credential }), facts });
  return finish(
    ask,
    { ...having, credential: fresh.credential },
    { secret: fresh.secret, scopes: still.scopes, conveys, facts, bound: bound.value },
  );
}

type Bound = { decision: Decision; weighed: Parameters<typeof meet>[3] };

/**
 * What is handed out can do all that its service granted, whatever was asked. As for a key (packages/policy/src/decide.ts), rules that restrict one
 * of these scopes restrict the whole: a deny wins, and what they require must be met too. Scopes that no rule speaks about do not hinder: they are in
 * the entry, and an account with fewer of them can be connected. A proxied call names no scopes, so there policy must allow all of them.
 */
function conveyed(deps: HandOutDeps, ask: HandOutAsk, having: Judged, conveys: readonly string[]): Result<readonly Bound[], Refused> {
  const own = openRequirements(ask, having.decision);
  if (!own.ok) return fail({ why: own.error.refusal });
  const first = { decision: having.decision, weighed: own.value };
  if (conveys.length === 0) return ok([first]);
  const request = policyRequest(having.question, conveys);
  const { id, decision } = deps.desk.decide(request);
  const facts = (): HandOutFacts => ({ decision: id, evidence: deps.desk.evidence(request, decision) });
  if (decision.refused.some(({ by }) => by !== 'no-allow' || ask.way === 'proxy')) return fail({ why: CONVEYS_TOO_MUCH, facts: facts() });
  const beyond = openRequirements(ask, decision);
  if (!beyond.ok) return fail({ why: beyond.error.refusal, facts: facts() });
  // What a rule wants for the one it has been asked for the other.
  const known = new Set(having.decision.requirements.map(({ rule }) => rule));
  const fresh = <T extends { readonly rule: string }>(all: readonly T[]): readonly T[] => all.filter(({ rule }) => !known.has(rule));
  const weighed = { ...beyond.value, approvals: fresh(beyond.value.approvals), budgets: fresh(beyond.value.budgets) };
  return ok(decision.requirements.length === 0 ? [first] : [first, { decision, weighed }]);
}

type Finishing = {
  secret: HandedOut['secret'];
  scopes: readonly string[];
  conveys: readonly string[];
  facts: HandOutFacts;
  bound: readonly Bound[];
};

function finish(
  ask: HandOutAsk,
  { connection, credential, id }: Having,
  { secret, scopes, conveys, facts, bound }: Finishing,
): Result<{ handed: HandedOut; entry: EventDraft }, Refused> {
  const longest = lifetimeOf(bound);
  const { expiresAt } = credential;
  // Nobody can make another's token end sooner; in the proxy it never leaves.
  const outlives = longest !== undefined && (expiresAt === undefined || expiresAt > ask.now + longest * 1_000);
  if (ask.way === 'exchange' && outlives) return fail({ why: OUTLIVES_POLICY, facts: { ...facts, credential, scopes } });
  const entry = issuedEntry(ask, { ...facts, credential, scopes, conveys, decision: id });
  return ok({ handed: { connection, credential, secret, scopes, ...(expiresAt === undefined ? {} : { expiresAt }) }, entry });
}

/** The shortest life that a rule asks for; seconds. */
function lifetimeOf(bound: readonly Bound[]): number | undefined {
  const all = bound.flatMap(({ decision }) => decision.requirements.flatMap(({ require: { maxLifetime } }) => maxLifetime ?? []));
  return all.length === 0 ? undefined : Math.min(...all);
}

type Lacking = { connection: Connection; fit: Extract<Fit, { kind: 'connect' }>; credential?: Credential };

function toConnect({ connectUrl }: HandOutDeps, ask: HandOutAsk, { connection, fit, credential }: Lacking): HandOutRefusal {
  const link = linkFor(ask, connection, { missing: fit.missing, ...(credential === undefined ? {} : { credential }) });
  return connectRefusal(fit, connection.id, link === undefined ? undefined : connectUrl({ ...link, connection }));
}
