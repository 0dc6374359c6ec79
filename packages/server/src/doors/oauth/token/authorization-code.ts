import { hash } from 'node:crypto';
import type { Tx } from '../../../base/db.ts';
import { digest } from '../../../base/digest.ts';
import { newId, newSecret } from '../../../base/ids.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { EventDraft } from '../../../rooms/audit/event.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import { consumeCode, rememberIssue, type SpentCode } from '../../../rooms/tokens/code.store.ts';
import type { CodeFacts } from '../../../rooms/tokens/facts.ts';
import { startFamily } from '../../../rooms/tokens/family.store.ts';
import { lifetimesOf } from '../../../rooms/tokens/lifetimes.ts';
import { codeFault, type CodeClaim } from '../../../rooms/tokens/redeem.ts';
import { takeBack } from '../take-back.ts';
import { aboutFacts, allowedBy, type AllowedDeps } from './allowed.ts';
import type { ClientRequest, Grant, Issue, Proof, Refuse, Settle } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';

export type AuthorizationCodeDeps = AllowedDeps & { audit: Pick<Audit, 'commit'> };

type Outcome = { value: Result<Issue, Refusal>; entries: [EventDraft, ...EventDraft[]]; changed?: { kind: string; key: string }[] };

/** RFC 6749 §4.1.3 with PKCE for everybody (RFC 9700 §2.1.1). Taking the code, judging it and starting what follows are one transaction. */
export function authorizationCode(deps: AuthorizationCodeDeps): Grant {
  return {
    type: 'authorization_code',
    confidentialOnly: false,
    redeem(request, settle, refuse) {
      return deps.audit.commit<Result<Issue, Refusal>>((tx) => redeemIn(tx, deps, request, settle, refuse));
    },
  };
}

async function redeemIn(tx: Tx, deps: AuthorizationCodeDeps, request: ClientRequest, settle: Settle, refuse: Refuse): Promise<Outcome> {
  const code = request.form.get('code');
  if (code === undefined) return refusedWith(request, refuse, refusal('invalid_request', 'code_missing', 'The parameter code is missing.'));
  const taken = await consumeCode(tx, code, request.now);
  if (taken.kind === 'unknown') return refusedWith(request, refuse, notGood('code_unknown'));
  if (taken.kind === 'spent') return replayed(tx, request, refuse, taken.code);
  const { facts } = taken.code;
  const about = aboutFacts(facts);
  const fault = codeFault(taken.code, claimOf(request), request.now);
  if (fault !== undefined) return refusedWith(request, refuse, faultRefusal(fault), about);
  const proved = await prove(tx, deps, request, facts);
  if (!proved.ok) return refusedWith(request, refuse, proved.error, about);
  const settled = settle(request, proved.value, 'token.issued', tx);
  const verdict = settled instanceof Promise ? await settled : settled;
  if (!verdict.ok) return { value: fail(verdict.refusal), entries: [verdict.entry] };
  const refreshToken = await followUp(tx, request, code, facts, verdict.issue, proved.value);
  return { value: ok({ ...verdict.issue, refreshToken }), entries: [verdict.entry] };
}

function refusedWith(request: ClientRequest, refuse: Refuse, why: Refusal, about?: Parameters<Refuse>[2]): Outcome {
  return { value: fail(why), entries: [refuse(request, why, about)] };
}

function notGood(reason: string, description = 'The code is unknown, used or expired.'): Refusal {
  return refusal('invalid_grant', reason, description);
}

/** Says which parameter is wrong where the client developer must know, and nothing that helps whoever found a code. */
function faultRefusal(fault: string): Refusal {
  if (fault === 'redirect_uri_missing')
    return refusal('invalid_grant', fault, 'redirect_uri is missing; it must be the one of the authorization request.');
  if (fault === 'redirect_uri_mismatch')
    return refusal('invalid_grant', fault, 'redirect_uri is not the one of the authorization request.');
  if (fault === 'verifier_missing' || fault === 'verifier_mismatch')
    return refusal('invalid_grant', fault, 'code_verifier is missing or does not fit.');
  if (fault === 'key_mismatch') return refusal('invalid_grant', fault, 'The code is bound to another key than the DPoP proof has.');
  return notGood(fault);
}

function claimOf(request: ClientRequest): CodeClaim {
  return {
    clientId: request.client.id,
    redirectUri: request.form.get('redirect_uri'),
    challenge: challengeOf(request),
    jkt: request.confirmation?.jkt,
  };
}

/** RFC 7636 §4.6; a verifier outside its alphabet or length never fits. */
function challengeOf({ form }: ClientRequest): string | undefined {
  const verifier = form.get('code_verifier');
  return verifier !== undefined && /^[A-Za-z0-9._~-]{43,128}$/.test(verifier) ? hash('sha256', verifier, 'base64url') : undefined;
}

async function prove(tx: Tx, deps: AuthorizationCodeDeps, request: ClientRequest, facts: CodeFacts): Promise<Result<Proof, Refusal>> {
  const allowed = await allowedBy(tx, deps, request, facts, notGood('grant_gone'));
  if (!allowed.ok) return allowed;
  return ok({
    ...allowed.value,
    judgedAs: 'authorization_code',
    login: { ...allowed.value.login, nonce: facts.nonce },
    consentedHere: facts.asked,
    boundTo: facts.jkt === undefined ? undefined : { jkt: facts.jkt },
  });
}

/** The refresh family, where one was approved, and the note with the code of what it became. */
async function followUp(
  tx: Tx,
  request: ClientRequest,
  code: string,
  facts: CodeFacts,
  issue: Issue,
  proof: Proof,
): Promise<string | undefined> {
  const { redirectUri: _redirectUri, codeChallenge: _codeChallenge, nonce: _nonce, asked: _asked, ...lasting } = facts;
  const jkt = familyKey(request, facts);
  const wantsRefresh = facts.persistent && request.client.grants.includes('refresh_token');
  const familyId = wantsRefresh ? newId('fam', request.now) : undefined;
  const secret = newSecret();
  if (familyId !== undefined) {
    const { idle, absolute } = lifetimesOf(proof.resource, proof.tenant);
    await startFamily(tx, {
      id: familyId,
      clientId: request.client.id,
      facts: jkt === undefined ? lasting : { ...lasting, jkt },
      hash: digest(secret),
      token: { jti: issue.jti, expiresAt: issue.expiresAt },
      now: request.now,
      idleExpiresAt: request.now + idle * 1000,
      expiresAt: request.now + absolute * 1000,
    });
  }
  await rememberIssue(tx, code, { familyId, jti: issue.jti, expiresAt: issue.expiresAt });
  return familyId === undefined ? undefined : `${familyId}.${secret}`;
}

/**
 * RFC 9449 §5: a public client's refresh tokens are bound to the key that it proved, for nothing else keeps a thief from using them. Those of
 * a client that authenticates are bound when it asked for it, by naming the key in the authorization request.
 */
function familyKey({ client, confirmation }: ClientRequest, facts: CodeFacts): string | undefined {
  return facts.jkt ?? (client.public ? confirmation?.jkt : undefined);
}

const unprovedReplay = (fault: string): string =>
  fault === 'client_mismatch' ? 'code_replayed_by_other_client' : `code_replayed_${fault}`;

/** Somebody brings a code that was used: whatever the first use obtained is taken back (RFC 6749 §4.1.2), also at resource servers. */
async function replayed(tx: Tx, request: ClientRequest, refuse: Refuse, spent: SpentCode): Promise<Outcome> {
  const { facts } = spent;
  const about = aboutFacts(facts);
  // Whoever merely saw the code (another client, or nobody who knows its verifier) must not be able to end what its owner holds.
  const unproved = codeFault({ ...spent, expiresAt: Number.POSITIVE_INFINITY }, claimOf(request), request.now);
  const why = unproved === undefined ? notGood('code_replayed') : { ...faultRefusal(unproved), reason: unprovedReplay(unproved) };
  const entry: EventDraft = { ...refuse(request, why, about), type: 'token.replayed' };
  if (unproved !== undefined) return { value: fail(why), entries: [entry] };
  const { familyId, accessJti, accessExpiresAt } = spent;
  const tokens = accessJti === null || accessExpiresAt === null ? [] : [{ jti: accessJti, expiresAt: accessExpiresAt }];
  const { client, origin, now } = request;
  const told = await takeBack(tx, {
    familyId: familyId ?? undefined,
    tokens,
    reason: 'code replayed',
    tenantId: facts.tenantId,
    clientId: client.id,
    origin,
    now,
  });
  return { value: fail(why), entries: [entry, ...told.entries], changed: told.changed };
}
