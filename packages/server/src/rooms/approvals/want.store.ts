import { canonical } from '../../base/canonical.ts';
import type { Database, Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId } from '../../base/ids.ts';
import { holdName } from '../../base/lock.ts';
import type { EventDraft, EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { networkOf } from '../users/attempt.ts';
import type { Approval, ApprovalRequest, Need } from './approval.ts';
import { APPROVAL_POLL_SECONDS, isRegistration } from './approval.ts';
import { approvalExpired, approvalRequested, approvalUsed } from './approval-events.ts';
import {
  countPoll,
  expireApproval,
  holdApproval,
  holdCurrent,
  insertApproval,
  isOfRequest,
  releaseRequest,
  spendApproval,
} from './approval.store.ts';
import { rateLimited } from './events.ts';
import type { Allowances } from './limits.store.ts';

/** A request that needs approval. `named`: the approval that the client believes to be for it. `expiresIn`: seconds. */
export type WantApproval = {
  request: ApprovalRequest;
  needs: readonly Need[];
  scopes: readonly string[];
  expiresIn: number;
  named?: string | undefined;
  txn: string;
  origin: EventOrigin;
  now: number;
};

/**
 * `spent`: it was given, and is now used up by this request. `asked`: it waits for people. `polled`: so it does for a client that knows its id.
 * The others are final.
 */
export type Wanted =
  | { kind: 'spent' | 'asked'; id: string; interval: number }
  | { kind: 'polled' | 'too_fast'; id: string; interval: number }
  | { kind: 'refused' | 'expired'; id: string }
  | { kind: 'used' | 'not_for_this' | 'too_many' };

export type Want = (of: WantApproval, tx?: Tx) => Promise<Wanted>;

export type WantDeps = {
  database: Database;
  audit: Pick<Audit, 'within'>;
  allowances: Allowances;
  /** Tells the approvers, once there is something to see. */
  announce(id: string): void;
};

type Deed = { wanted: Wanted; entries: readonly EventDraft[]; fresh?: boolean };

/**
 * Asks for an approval, or spends the one that was given. One request leads to one approval, by the digest of all that it says: asked again it
 * finds the same, changed in anything it finds another. In the caller's transaction, if it holds one, or in one of its own.
 */
export function createWant(deps: WantDeps): Want {
  const run = async (tx: Tx, of: WantApproval): Promise<Deed> => {
    const requestDigest = digestOf(of);
    // Two of the same request at once: the second sees what the first made or spent.
    await holdName(tx, `approval ${requestDigest}`);
    const deed = of.named === undefined ? await byRequest(tx, deps, of, requestDigest) : await byName(tx, of, of.named, requestDigest);
    await deps.audit.within(tx, deed.entries);
    return deed;
  };
  return async (of, tx) => {
    const deed = tx === undefined ? await deps.database.db.transaction().execute((own) => run(own, of)) : await run(tx, of);
    // What was made in somebody else's transaction is there for others only after its commit: the next poll, or the clock, tells of it.
    if ('id' in deed.wanted && !(tx !== undefined && deed.fresh === true)) deps.announce(deed.wanted.id);
    return deed.wanted;
  };
}

/** All that the approvers see and all that the token will say; whoever asks for anything else needs another approval. The rules are part of it. */
function digestOf({ request, needs, scopes }: WantApproval): string {
  return digest(canonical(JSON.parse(JSON.stringify({ request, needs, scopes }))));
}

async function byName(tx: Tx, of: WantApproval, named: string, requestDigest: string): Promise<Deed> {
  // Another's approval, one for other arguments and one that never was are the same to whoever asks.
  const approval = (await isOfRequest(tx, named, requestDigest)) ? await holdApproval(tx, named) : undefined;
  if (approval === undefined) return { wanted: { kind: 'not_for_this' }, entries: [] };
  const { id } = approval;
  const over = await expired(tx, approval, of);
  if (over !== undefined) return { wanted: { kind: 'expired', id }, entries: [over] };
  switch (approval.state) {
    case 'pending': {
      const { tooFast, interval } = await countPoll(tx, id, of.now);
      return { wanted: { kind: tooFast ? 'too_fast' : 'polled', id, interval }, entries: [] };
    }
    case 'given':
      return spend(tx, approval, of);
    case 'refused':
      return { wanted: { kind: 'refused', id }, entries: [] };
    case 'expired':
      return { wanted: { kind: 'expired', id }, entries: [] };
    case 'used':
      return { wanted: { kind: 'used' }, entries: [] };
  }
}

async function byRequest(tx: Tx, deps: WantDeps, of: WantApproval, requestDigest: string): Promise<Deed> {
  const current = await holdCurrent(tx, requestDigest);
  if (current === undefined) return ask(tx, deps, of, requestDigest, []);
  const over = await expired(tx, current, of);
  if (over !== undefined) return ask(tx, deps, of, requestDigest, [over]);
  const { id, state } = current;
  if (state === 'given') return spend(tx, current, of);
  if (state === 'pending') return { wanted: { kind: 'asked', id, interval: APPROVAL_POLL_SECONDS }, entries: [] };
  // A no stands for as long as the question would have: an agent that asks again at once must not wear people down.
  if (state === 'refused' && of.now < current.expiresAt) return { wanted: { kind: 'refused', id }, entries: [] };
  await releaseRequest(tx, id);
  return ask(tx, deps, of, requestDigest, []);
}

/** The entry for an approval whose time is over, if it just ended here. */
async function expired(tx: Tx, approval: Approval, { now, origin }: WantApproval): Promise<EventDraft | undefined> {
  return (await expireApproval(tx, approval.id, now)) ? approvalExpired(approval, origin) : undefined;
}

async function spend(tx: Tx, approval: Approval, { now, origin }: WantApproval): Promise<Deed> {
  const spent = await spendApproval(tx, approval.id, now);
  if (!spent) return { wanted: { kind: 'used' }, entries: [] };
  return { wanted: { kind: 'spent', id: approval.id, interval: 0 }, entries: [approvalUsed(approval, origin)] };
}

async function ask(tx: Tx, deps: WantDeps, of: WantApproval, requestDigest: string, before: readonly EventDraft[]): Promise<Deed> {
  const { request, needs, scopes, txn, origin, now } = of;
  const { clientId, userId, tenantId } = request;
  if (!(await deps.allowances.mayAsk({ ...asking(of), now, db: tx }))) {
    const entry = rateLimited({ clientId, user: userId, tenant: tenantId, kind: request.flow === undefined ? 'policy' : 'flow', origin });
    return { wanted: { kind: 'too_many' }, entries: [...before, entry] };
  }
  const { ip, userAgent } = origin;
  const approval: Approval = {
    id: newId('apr', now),
    request,
    needs,
    scopes,
    state: 'pending',
    txn,
    from: { ...(ip === undefined ? {} : { ip }), ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 256) }) },
    createdAt: now,
    expiresAt: now + of.expiresIn * 1000,
  };
  await insertApproval(tx, approval, requestDigest);
  const wanted: Wanted = { kind: 'asked', id: approval.id, interval: APPROVAL_POLL_SECONDS };
  return { wanted, entries: [...before, approvalRequested(approval, origin)], fresh: true };
}

/** Whose questions are counted together. Whoever registers has a new id each time, so registrations are counted by where they come from. */
function asking({ request, origin }: WantApproval): { clientId: string; whom: string } {
  const { clientId, agentId, userId } = request;
  if (isRegistration(request)) return { clientId: '', whom: `network ${networkOf(origin.ip ?? '')}` };
  return { clientId, whom: agentId === undefined ? `user ${userId ?? ''}` : `agent ${agentId}` };
}
