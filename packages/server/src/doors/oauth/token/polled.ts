import type { Db, Tx } from '../../../base/db.ts';
import { digest } from '../../../base/digest.ts';
import { newId, newSecret } from '../../../base/ids.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Pending, PendingKind, Polled } from '../../../rooms/approvals/pending.ts';
import { consumePending, pollPending, rememberToken, returnPending } from '../../../rooms/approvals/pending.store.ts';
import type { EventDraft } from '../../../rooms/audit/event.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import type { AuthorizationFacts } from '../../../rooms/tokens/facts.ts';
import { startFamily } from '../../../rooms/tokens/family.store.ts';
import { lifetimesOf } from '../../../rooms/tokens/lifetimes.ts';
import { aboutFacts, allowedBy, type AllowedDeps } from './allowed.ts';
import type { ClientRequest, Grant, Issue, Proof, Refuse, Settle } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';

export type PolledDeps = AllowedDeps & { db: Db; audit: Pick<Audit, 'commit' | 'record'> };

/** `parameter`: what the client polls with. */
export type PolledGrant = { type: string; kind: PendingKind; parameter: 'device_code' | 'auth_req_id'; confidentialOnly: boolean };

type Outcome = { value: Result<Issue, Refusal>; entries: [EventDraft, ...EventDraft[]] };

/**
 * A grant whose user answers elsewhere: RFC 8628 §3.4 and CIBA §10.1 are one thing but for a name. A poll that has to wait is no refusal and
 * writes nothing; once allowed, taking the request, judging it and starting what follows are one transaction.
 */
export function polledGrant(deps: PolledDeps, of: PolledGrant): Grant {
  return {
    type: of.type,
    confidentialOnly: of.confidentialOnly,
    async redeem(request, settle, refuse) {
      const refused = async (why: Refusal): Promise<Result<Issue, Refusal>> => {
        await deps.audit.record(refuse(request, why));
        return fail(why);
      };
      const secret = request.form.get(of.parameter);
      if (secret === undefined) return refused(missing(of.parameter));
      const poll = { kind: of.kind, secretDigest: digest(secret), clientId: request.client.id, now: request.now };
      const { polled, pending } = await pollPending(deps.db, poll);
      if (polled === 'pending') return fail(WAIT);
      if (polled !== 'allowed' || pending === undefined) return refused(polledRefusal(polled));
      return deps.audit.commit<Result<Issue, Refusal>>((tx) => redeemIn(tx, deps, request, pending.id, settle, refuse));
    },
  };
}

function missing(parameter: string): Refusal {
  return refusal('invalid_request', `${parameter}_missing`, `The parameter ${parameter} is missing.`);
}

const NOT_GOOD = 'The code is unknown, used or another client’s.';
const WAIT = refusal('authorization_pending', 'pending', 'The user has not answered yet.');

/** RFC 8628 §3.5, CIBA §11. */
function polledRefusal(polled: Polled): Refusal {
  switch (polled) {
    case 'too_fast':
      return refusal(
        'slow_down',
        'polled_too_fast',
        'You poll too often: wait five seconds longer than before between polls, from now on.',
      );
    case 'denied':
      return refusal('access_denied', 'user_refused', 'The user refused.');
    case 'expired':
      return refusal('expired_token', 'expired', 'Nobody answered in time. Start again.');
    case 'used':
    case 'client_mismatch':
    case 'unknown':
      return refusal('invalid_grant', polled, NOT_GOOD);
    case 'pending':
    case 'allowed':
      return WAIT;
  }
}

async function redeemIn(tx: Tx, deps: PolledDeps, request: ClientRequest, id: string, settle: Settle, refuse: Refuse): Promise<Outcome> {
  const taken = await consumePending(tx, id, request.now);
  if (taken?.facts === undefined) {
    const why = polledRefusal('used');
    return { value: fail(why), entries: [refuse(request, why)] };
  }
  const { facts } = taken;
  const proved = await prove(tx, deps, request, taken, facts);
  if (!proved.ok) return { value: fail(proved.error), entries: [refuse(request, proved.error, aboutFacts(facts))] };
  const settled = settle(request, proved.value, 'token.issued', tx);
  const verdict = settled instanceof Promise ? await settled : settled;
  if (!verdict.ok) {
    if (isNotYet(verdict.refusal)) await returnPending(tx, id, { forPeople: asksPeople(verdict.refusal), now: request.now });
    return { value: fail(verdict.refusal), entries: [verdict.entry] };
  }
  const refreshToken = await followUp(tx, request, taken, verdict.issue, proved.value);
  return { value: ok({ ...verdict.issue, refreshToken }), entries: [verdict.entry] };
}

/** Refusals that the same request may outlive: somebody else is being asked, or the request lacked a proof that it can bring. */
function isNotYet({ error }: Refusal): boolean {
  return PEOPLE.has(error) || PROOF.has(error);
}

/** Only people take longer than the code lives: a client that leaves out its proof again and again must not keep it alive. */
function asksPeople({ error }: Refusal): boolean {
  return PEOPLE.has(error);
}

const PEOPLE: ReadonlySet<Refusal['error']> = new Set(['interaction_required', 'authorization_pending', 'slow_down']);
const PROOF: ReadonlySet<Refusal['error']> = new Set(['use_dpop_nonce', 'invalid_dpop_proof']);

async function prove(
  tx: Tx,
  deps: PolledDeps,
  request: ClientRequest,
  { kind }: Pending,
  facts: AuthorizationFacts,
): Promise<Result<Proof, Refusal>> {
  const allowed = await allowedBy(tx, deps, request, facts, refusal('invalid_grant', 'grant_gone', NOT_GOOD));
  // Such a request is never answered from memory: the user was asked, on a page of its own.
  return allowed.ok ? ok({ ...allowed.value, judgedAs: kind, consentedHere: true }) : allowed;
}

/** The refresh family, where the user let the client go on while they are away. A public client's is bound to the key that it proved (RFC 9449 §5). */
async function followUp(
  tx: Tx,
  { client, confirmation, now }: ClientRequest,
  taken: Pending,
  issue: Issue,
  proof: Proof,
): Promise<string | undefined> {
  const { facts, kind } = taken;
  if (facts === undefined) return undefined;
  if (!facts.persistent || !client.grants.includes('refresh_token')) {
    await rememberToken(tx, taken.id, issue);
    return undefined;
  }
  const { idle, absolute } = lifetimesOf(proof.resource, proof.tenant);
  const id = newId('fam', now);
  const secret = newSecret();
  const jkt = client.public ? confirmation?.jkt : undefined;
  await startFamily(tx, {
    id,
    clientId: client.id,
    facts: {
      ...facts,
      via: kind,
      ...(jkt === undefined ? {} : { jkt }),
    },
    hash: digest(secret),
    token: { jti: issue.jti, expiresAt: issue.expiresAt },
    now,
    idleExpiresAt: now + idle * 1000,
    expiresAt: now + absolute * 1000,
  });
  return `${id}.${secret}`;
}
