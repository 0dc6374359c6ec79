import { digest, sameDigest } from '../../../base/digest.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { EventDraft } from '../../../rooms/audit/event.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import type { Tenant } from '../../../rooms/tenants/tenant.ts';
import { childSecret, revokeFamilies, ROTATE } from '../../../rooms/tokens/family.store.ts';
import { judgePresented, splitRefreshToken, type Family } from '../../../rooms/tokens/family.ts';
import { revokeJti } from '../../../rooms/tokens/revoked.store.ts';
import { standing } from '../../../rooms/tokens/standing.ts';
import { sendSignal, signalSent } from '../../../rooms/signals/store.ts';
import type { User } from '../../../rooms/users/user.ts';
import type { ClientRequest, Grant, Issue, Proof, Refuse, Settle, Verdict } from './grant.ts';
import { lifetimesOf } from './lifetimes.ts';
import { refusal, type Refusal } from './refusal.ts';
import { sameTarget, type TargetDeps } from './target.ts';

export type RefreshTokenDeps = {
  audit: Audit;
  catalogue: TargetDeps & { byId(id: string): Resource | undefined };
  family(id: string): Promise<Family | undefined>;
  user(id: string): User | undefined | Promise<User | undefined>;
  tenant(id: string): Tenant | undefined | Promise<Tenant | undefined>;
  /** Key under which the next secret follows from the presented one. */
  childKey: Buffer;
  /** Counts tokens that came back, by what became of them. */
  reuse(outcome: 'repeated' | 'replayed'): void;
};

const NOT_GOOD = 'The refresh token is unknown, used, revoked or expired.';

/**
 * RFC 6749 §6 with rotation on every use (RFC 9700 §4.14.2). Decided first, rotated after, both before anything is told: the rotation itself
 * asks again, in the primary, whether the secret is current and everything behind it stands.
 */
export function refreshToken(deps: RefreshTokenDeps): Grant {
  return {
    type: 'refresh_token',
    confidentialOnly: false,
    async redeem(request, settle, refuse) {
      const presented = request.form.get('refresh_token');
      if (presented === undefined) return record(deps, request, refuse, refusal('invalid_request', 'refresh_token_missing', 'The parameter refresh_token is missing.'));
      const token = splitRefreshToken(presented);
      if (token === undefined) return record(deps, request, refuse, refusal('invalid_grant', 'malformed', NOT_GOOD));
      // A rotation that another request won is looked at once more: then the token is its family's parent, or replayed.
      const first = await attempt(deps, request, settle, refuse, token);
      return first ?? (await attempt(deps, request, settle, refuse, token)) ?? record(deps, request, refuse, refusal('invalid_grant', 'raced', NOT_GOOD));
    },
  };
}

type Token = { familyId: string; secret: string };

async function record(deps: RefreshTokenDeps, request: ClientRequest, refuse: Refuse, why: Refusal, family?: Family): Promise<Result<Issue, Refusal>> {
  await deps.audit.record(refuse(request, why, family === undefined ? undefined : aboutOf(family)));
  return fail(why);
}

function aboutOf({ agentId, userId, tenantId, facts }: Family) {
  return { agent: agentId, txn: facts.txn, ...(userId === undefined ? {} : { user: userId }), ...(tenantId === undefined ? {} : { tenant: tenantId }) };
}

/** Undefined: somebody else rotated in between. */
async function attempt(deps: RefreshTokenDeps, request: ClientRequest, settle: Settle, refuse: Refuse, token: Token): Promise<Result<Issue, Refusal> | undefined> {
  const family = await deps.family(token.familyId);
  if (family === undefined) return record(deps, request, refuse, refusal('invalid_grant', 'family_unknown', NOT_GOOD));
  const presented = digest(token.secret);
  const judged = judgePresented(family, { digest: presented, clientId: request.client.id, now: request.now, same: sameDigest });
  if (judged.kind === 'refused') return record(deps, request, refuse, refusal('invalid_grant', judged.reason, NOT_GOOD), family);
  if (judged.kind === 'replayed') return endFamily(deps, request, refuse, family);
  const proved = await prove(deps, request, family);
  if (!proved.ok) return record(deps, request, refuse, proved.error, family);
  const verdict = settle(request, proved.value, 'token.refreshed');
  if (!verdict.ok) {
    await deps.audit.record(verdict.entry);
    return fail(verdict.refusal);
  }
  const isRepeat = judged.kind === 'repeated';
  const child = childSecret(deps.childKey, { familyId: family.id, generation: isRepeat ? family.generation - 1 : family.generation, secret: token.secret });
  const issue = { ...verdict.issue, refreshToken: `${family.id}.${child}` };
  return isRepeat ? repeat(deps, family, verdict.entry, issue) : rotate(deps, request, proved.value, family, { presented, child, verdict, issue });
}

/** The answer that was lost, or two requests that crossed: the same child again, and a token of its own. */
async function repeat(deps: RefreshTokenDeps, family: Family, entry: EventDraft, issue: Issue): Promise<Result<Issue, Refusal>> {
  deps.reuse('repeated');
  await deps.audit.record({ ...entry, data: { ...entry.data, family: family.id, generation: family.generation, repeated: true } });
  return ok(issue);
}

type Rotating = { presented: string; child: string; verdict: Verdict; issue: Issue };

async function rotate(deps: RefreshTokenDeps, request: ClientRequest, proof: Proof, family: Family, of: Rotating): Promise<Result<Issue, Refusal> | undefined> {
  const { now } = request;
  const rotation = {
    id: family.id,
    from: of.presented,
    to: digest(of.child),
    jti: of.issue.jti,
    accessExpiresAt: of.issue.expiresAt,
    now,
    idleExpiresAt: now + lifetimesOf(proof.tenant).idleMs,
  };
  const { entry } = of.verdict;
  const data = { ...entry.data, family: family.id, generation: family.generation + 1 };
  const moved = await deps.audit.through(ROTATE, rotation, (won) =>
    won ? { ...entry, data } : { ...entry, type: 'token.refused', outcome: 'refused', reason: 'rotation_lost', data: { ...data, generation: family.generation } },
  );
  return moved ? ok(of.issue) : undefined;
}

async function prove(deps: RefreshTokenDeps, request: ClientRequest, family: Family): Promise<Result<Proof, Refusal>> {
  const { facts } = family;
  const resource = deps.catalogue.byId(facts.resourceId);
  if (resource === undefined) return fail(refusal('invalid_target', 'resource_gone', 'The resource no longer exists.'));
  const target = sameTarget(deps.catalogue, request.targets, resource);
  if (!target.ok) return target;
  const asked = narrowed(facts.scopes, facts.identityScopes, request.scope);
  if (asked === undefined) return fail(refusal('invalid_scope', 'scope_not_granted', 'A refresh cannot ask for more than was granted.'));
  const user = await deps.user(facts.userId);
  const tenant = facts.tenantId === undefined ? undefined : await deps.tenant(facts.tenantId);
  if (user === undefined || (facts.tenantId !== undefined && tenant === undefined)) return fail(refusal('invalid_grant', 'principal_gone', NOT_GOOD));
  return ok({
    judgedAs: 'authorization_code',
    resource,
    matchedByAlias: target.value.matchedByAlias,
    scopes: asked.scopes.filter((name) => resource.scopes.some((scope) => scope.name === name)),
    identityScopes: asked.identity,
    agent: { id: family.agentId, state: family.states.agent },
    user,
    tenant,
    login: { authTime: facts.authTime, acr: facts.acr, amr: facts.amr },
    grantId: facts.grantId,
    txn: facts.txn,
    fallen: standing(family.states),
  });
}

/** Less than was granted is fine, and the next refresh may return to all of it (RFC 6749 §6); more is not. `offline_access` says nothing here. */
function narrowed(granted: readonly string[], identity: readonly string[], wanted: readonly string[] | undefined): { scopes: readonly string[]; identity: readonly string[] } | undefined {
  if (wanted === undefined) return { scopes: granted, identity };
  const asked = wanted.filter((name) => name !== 'offline_access');
  if (asked.some((name) => !granted.includes(name) && !identity.includes(name))) return undefined;
  return asked.length === 0 ? { scopes: granted, identity } : { scopes: granted.filter((name) => asked.includes(name)), identity: identity.filter((name) => asked.includes(name)) };
}

/** A token that was rotated away comes back: somebody kept a copy, and nobody can say who is the thief. The whole family ends (RFC 9700 §4.14.2). */
async function endFamily(deps: RefreshTokenDeps, request: ClientRequest, refuse: Refuse, family: Family): Promise<Result<Issue, Refusal>> {
  deps.reuse('replayed');
  const why = refusal('invalid_grant', 'refresh_token_replayed', NOT_GOOD);
  const base = refuse(request, why, aboutOf(family));
  const entry: EventDraft = { ...base, type: 'token.replayed', data: { ...base.data, family: family.id, currentGeneration: family.generation, cameBack: 'an earlier generation' } };
  await deps.audit.commit(async (tx) => {
    const ended = await revokeFamilies(tx, { id: family.id }, 'refresh token replayed', request.now);
    const told: EventDraft[] = [];
    for (const { lastJti, lastExpiresAt } of ended) {
      if (lastJti === null || lastExpiresAt === null || lastExpiresAt <= request.now) continue;
      await revokeJti(tx, { jti: lastJti, expiresAt: lastExpiresAt, reason: 'refresh token replayed' });
      const signal = await sendSignal(tx, { kind: 'token', subject: lastJti, state: 'revoked', reason: 'refresh token replayed', tenantId: family.tenantId, now: request.now });
      told.push(signalSent(signal, request.origin, { client: request.client.id }));
    }
    return { value: undefined, entries: [entry, ...told], changed: told.length > 0 ? [{ kind: 'signal', key: family.id }] : [] };
  });
  return fail(why);
}
