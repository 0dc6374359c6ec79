import { digest, sameDigest } from '../../../base/digest.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { EventDraft } from '../../../rooms/audit/event.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import type { Tenant } from '../../../rooms/tenants/tenant.ts';
import { childSecret, stepsToCurrent } from '../../../rooms/tokens/family.store.ts';
import { judgePresented, splitRefreshToken, type Family } from '../../../rooms/tokens/family.ts';
import { lifetimesOf } from '../../../rooms/tokens/lifetimes.ts';
import { ROTATE, type Rotated } from '../../../rooms/tokens/rotate.store.ts';
import { standing } from '../../../rooms/tokens/standing.ts';
import type { User } from '../../../rooms/users/user.ts';
import { takeBack } from '../take-back.ts';
import type { ClientRequest, Grant, Issue, Proof, Refuse, Settle, Verdict } from './grant.ts';
import { narrowedDetails } from './details.ts';
import { refusal, type Refusal } from './refusal.ts';
import { sameTarget, stillAllowed, type TargetDeps } from './target.ts';

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
const LOST = refusal('invalid_grant', 'rotation_lost', NOT_GOOD);

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
      if (presented === undefined)
        return record(
          deps,
          request,
          refuse,
          refusal('invalid_request', 'refresh_token_missing', 'The parameter refresh_token is missing.'),
        );
      const token = splitRefreshToken(presented);
      if (token === undefined) return record(deps, request, refuse, refusal('invalid_grant', 'malformed', NOT_GOOD));
      return refresh(deps, request, { settle, refuse }, token);
    },
  };
}

type Token = { familyId: string; secret: string };

async function record(
  deps: RefreshTokenDeps,
  request: ClientRequest,
  refuse: Refuse,
  why: Refusal,
  family?: Family,
): Promise<Result<Issue, Refusal>> {
  await deps.audit.record(refuse(request, why, family === undefined ? undefined : aboutOf(family)));
  return fail(why);
}

function aboutOf({ agentId, userId, tenantId, facts }: Family) {
  return {
    agent: agentId,
    txn: facts.txn,
    ...(userId === undefined ? {} : { user: userId }),
    ...(tenantId === undefined ? {} : { tenant: tenantId }),
  };
}

type Phases = { settle: Settle; refuse: Refuse };

/** `again`: something was taken from the grant between the decision and the gate, so it is decided once more by what the grant says now. */
async function refresh(
  deps: RefreshTokenDeps,
  request: ClientRequest,
  phases: Phases,
  token: Token,
  again = false,
): Promise<Result<Issue, Refusal>> {
  const { settle, refuse } = phases;
  const family = await deps.family(token.familyId);
  if (family === undefined) return record(deps, request, refuse, refusal('invalid_grant', 'family_unknown', NOT_GOOD));
  const presented = digest(token.secret);
  const judged = judgePresented(family, {
    digest: presented,
    clientId: request.client.id,
    now: request.now,
    same: sameDigest,
    stepsToCurrent: () => stepsToCurrent(deps.childKey, family, token.secret),
  });
  if (judged.kind === 'refused') return record(deps, request, refuse, refusal('invalid_grant', judged.reason, NOT_GOOD), family);
  if (judged.kind === 'replayed') return endFamily(deps, request, refuse, family, judged.generation);
  const proved = await prove(deps, request, family);
  if (!proved.ok) return record(deps, request, refuse, proved.error, family);
  const settled = settle(request, proved.value, 'token.refreshed');
  const verdict = settled instanceof Promise ? await settled : settled;
  if (!verdict.ok) {
    await deps.audit.record(verdict.entry);
    return fail(verdict.refusal);
  }
  const rotated = await rotate(deps, request, phases, {
    family,
    presented,
    child: childSecret(deps.childKey, { familyId: family.id, secret: token.secret }),
    proof: proved.value,
    verdict,
  });
  if (rotated !== 'lost') return rotated;
  const isStale = !again && (await deps.family(family.id))?.fence !== family.fence;
  return isStale ? refresh(deps, request, phases, token, true) : fail(LOST);
}

type Rotating = { family: Family; presented: string; child: string; proof: Proof; verdict: Verdict & { ok: true } };

/** The gate, and the entry in the same commit. A repeat is the answer that was lost, or two requests that crossed: the same child again. */
async function rotate(
  deps: RefreshTokenDeps,
  request: ClientRequest,
  { refuse }: Phases,
  of: Rotating,
): Promise<Result<Issue, Refusal> | 'lost'> {
  const { family, child, proof } = of;
  const { issue, entry } = of.verdict;
  const { now } = request;
  const token = { jti: issue.jti, expiresAt: issue.expiresAt };
  const entryFor = (outcome: Rotated): EventDraft => {
    if (outcome.kind === 'lost') return refuse(request, LOST, aboutOf(family));
    const { expiresAt, ...rest } = entry.data ?? {};
    // In the order of the canonical text (settle.ts).
    const data = { expiresAt, family: family.id, generation: outcome.generation, ...rest };
    return { ...entry, data: outcome.kind === 'repeated' ? { ...data, repeated: true } : data };
  };
  const idleExpiresAt = now + lifetimesOf(proof.resource, proof.tenant).idle * 1000;
  const outcome = await deps.audit.through(
    ROTATE,
    { id: family.id, from: of.presented, to: digest(child), token, fence: family.fence, now, idleExpiresAt },
    entryFor,
  );
  if (outcome.kind === 'lost') return 'lost';
  if (outcome.kind === 'repeated') deps.reuse('repeated');
  return ok({ ...issue, refreshToken: `${family.id}.${child}` });
}

async function prove(deps: RefreshTokenDeps, request: ClientRequest, family: Family): Promise<Result<Proof, Refusal>> {
  const { facts } = family;
  const resource = deps.catalogue.byId(facts.resourceId);
  if (resource === undefined) return fail(refusal('invalid_target', 'resource_gone', 'The resource no longer exists.'));
  const target = sameTarget(deps.catalogue, request.targets, resource);
  if (!target.ok) return target;
  const asked = narrowed(facts.scopes, facts.identityScopes, request.scope);
  if (asked === undefined) return fail(refusal('invalid_scope', 'scope_not_granted', 'A refresh cannot ask for more than was granted.'));
  const details = narrowedDetails(request, facts.authorizationDetails, resource);
  if (!details.ok) return details;
  const user = await deps.user(facts.userId);
  const tenant = facts.tenantId === undefined ? undefined : await deps.tenant(facts.tenantId);
  if (user === undefined || (facts.tenantId !== undefined && tenant === undefined))
    return fail(refusal('invalid_grant', 'principal_gone', NOT_GOOD));
  return ok({
    judgedAs: facts.via ?? 'authorization_code',
    resource,
    matchedByAlias: target.value.matchedByAlias,
    scopes: stillAllowed(asked.scopes, { resource, client: request.client, allowed: family.grantScopes }),
    identityOnly: asked.scopes.length === 0,
    identityScopes: asked.identity,
    agent: { id: family.agentId, state: family.states.agent },
    user,
    tenant,
    login: { authTime: facts.authTime, acr: facts.acr, amr: facts.amr },
    grantId: facts.grantId,
    claims: facts.claims,
    consentedAt: family.grantConsentedAt,
    authorizationDetails: details.value,
    txn: facts.txn,
    boundTo: facts.jkt === undefined ? undefined : { jkt: facts.jkt },
    fallen: standing(family.states),
    notAfter: family.grantExpiresAt,
  });
}

/** Less than was granted is fine, and the next refresh may return to all of it (RFC 6749 §6); more is not. `offline_access` says nothing here. */
function narrowed(
  granted: readonly string[],
  identity: readonly string[],
  wanted: readonly string[] | undefined,
): { scopes: readonly string[]; identity: readonly string[] } | undefined {
  if (wanted === undefined) return { scopes: granted, identity };
  const asked = wanted.filter((name) => name !== 'offline_access');
  if (asked.some((name) => !granted.includes(name) && !identity.includes(name))) return undefined;
  return asked.length === 0
    ? { scopes: granted, identity }
    : { scopes: granted.filter((name) => asked.includes(name)), identity: identity.filter((name) => asked.includes(name)) };
}

/** A token that was rotated away comes back: somebody kept a copy, and nobody can say who is the thief. The whole family ends (RFC 9700 §4.14.2). */
async function endFamily(
  deps: RefreshTokenDeps,
  request: ClientRequest,
  refuse: Refuse,
  family: Family,
  generation: number,
): Promise<Result<Issue, Refusal>> {
  deps.reuse('replayed');
  const why = refusal('invalid_grant', 'refresh_token_replayed', NOT_GOOD);
  const base = refuse(request, why, aboutOf(family));
  const entry: EventDraft = {
    ...base,
    type: 'token.replayed',
    data: { ...base.data, family: family.id, generation, currentGeneration: family.generation },
  };
  const { client, origin, now } = request;
  await deps.audit.commit(async (tx) => {
    const told = await takeBack(tx, {
      familyId: family.id,
      reason: 'refresh token replayed',
      tenantId: family.tenantId,
      clientId: client.id,
      origin,
      now,
    });
    return { value: undefined, entries: [entry, ...told.entries], changed: told.changed };
  });
  return fail(why);
}
