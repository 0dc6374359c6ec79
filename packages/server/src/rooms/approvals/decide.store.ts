import type { Clock } from '../../base/clock.ts';
import type { Database, Db, Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { Client } from '../clients/client.ts';
import { findUser } from '../users/store.ts';
import type { User } from '../users/user.ts';
import { FLOW_USABLE_MS, isComplete, rulesOf, USABLE_MS, type Approval, type Vote } from './approval.ts';
import { approvalGiven, approvalRefused, decisionRefused } from './approval-events.ts';
import { findApproval, giveApproval, holdApproval, insertVote, openApprovals, refuseApproval, votesOn } from './approval.store.ts';

/** `unknown`: there is none, or it is none of theirs. `over`: decided, used or too old. `voted`: they have decided before. */
export type DecideFault = 'unknown' | 'over' | 'voted' | 'not_an_approver';

/** An approval as one of its deciders sees it. */
export type Seen = { approval: Approval; votes: readonly Vote[]; voted: boolean };

export type Decision = { id: string; verdict: Vote['verdict']; reason?: string | undefined; by: Author };

/** `bound`: the one tenant that this person's sign-in is good for (rooms/users, I15): what belongs to another, or to the whole hub, is not theirs to decide by it. */
type Person = { userId: string; bound?: string | undefined };

export type Deciding = {
  /** What waits for this person, the newest first. */
  waitingFor(user: User, bound?: string): Promise<Approval[]>;
  /** Undefined for everybody whose decision would not count. */
  see(id: string, user: User, bound?: string): Promise<Seen | undefined>;
  /** A person decides: one vote, and a no is final. */
  decide(of: Decision & Person): Promise<Result<Approval, DecideFault>>;
  /** An administrator stops it, whoever may approve: refusing takes nothing that anybody has. */
  stop(of: Omit<Decision, 'verdict'>): Promise<Result<Approval, DecideFault>>;
};

export type DecidingDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
};

type Outcome = { value: Result<Approval, DecideFault>; entries: [EventDraft, ...EventDraft[]]; changed?: { kind: string; key: string }[] };

export function createDeciding(deps: DecidingDeps): Deciding {
  const { database, audit, clock } = deps;
  const owner = async (clientId: string): Promise<string | undefined> => {
    const found = await deps.clients.find(clientId);
    return found.ok ? found.value.owner : undefined;
  };
  const mayDecide = async (approval: Approval, user: User, bound: string | undefined): Promise<boolean> =>
    isWithin(approval, bound) && rulesOf(approval, user, await owner(approval.request.clientId)).length > 0;
  return {
    async waitingFor(user, bound) {
      const open = await openApprovals(
        database.db,
        user.tenants.map(({ id }) => id),
        clock.now(),
      );
      const mine: Approval[] = [];
      for (const approval of open) {
        if ((await mayDecide(approval, user, bound)) && !(await hasVoted(database.db, approval.id, user.id))) mine.push(approval);
      }
      return mine.slice(0, 50);
    },
    async see(id, user, bound) {
      const approval = await findApproval(database.db, id);
      if (approval === undefined || !(await mayDecide(approval, user, bound))) return undefined;
      const votes = await votesOn(database.db, id);
      return { approval, votes, voted: votes.some(({ userId }) => userId === user.id) };
    },
    async decide(of) {
      const first = await findApproval(database.db, of.id);
      const ownerId = first === undefined ? undefined : await owner(first.request.clientId);
      return audit.commit<Result<Approval, DecideFault>>((tx) => decideIn(tx, of, ownerId, clock.now()));
    },
    stop: (of) => audit.commit<Result<Approval, DecideFault>>((tx) => stopIn(tx, of, clock.now())),
  };
}

async function hasVoted(db: Db, id: string, userId: string): Promise<boolean> {
  return (await votesOn(db, id)).some((vote) => vote.userId === userId);
}

function isWithin({ request }: Approval, bound: string | undefined): boolean {
  return bound === undefined || bound === request.tenantId;
}

/** A yes by a token of the very client that asks, or handed it on, is the agent's and no person's, whoever the token speaks for. */
function isAgentsOwn({ request }: Approval, { actor: { client } }: Author): boolean {
  return client !== undefined && (client === request.clientId || request.actors.includes(client));
}

/** Under the lock of the approval: of two who say the last yes at once, of a yes and a no, and of both and the clock, one is first. */
async function decideIn(tx: Tx, of: Decision & Person, owner: string | undefined, now: number): Promise<Outcome> {
  const { id, verdict, reason, by } = of;
  const approval = await holdApproval(tx, id);
  // Looked up inside: somebody who was stopped or lost the role a moment ago decides nothing.
  const user = await findUser(tx, of.userId);
  const refused = (fault: DecideFault): Outcome => ({
    value: fail(fault),
    entries: [decisionRefused({ id, approval, by, reason: `approval_${fault}` })],
  });
  if (approval === undefined || user?.state !== 'active') return refused('unknown');
  const counts = isWithin(approval, of.bound) && !isAgentsOwn(approval, by);
  const rules = counts ? rulesOf(approval, user, owner) : [];
  if (rules.length === 0) return refused('not_an_approver');
  if (approval.state !== 'pending' || now >= approval.expiresAt) return refused('over');
  const vote: Vote = { userId: user.id, verdict, rules, at: now, ...(reason === undefined ? {} : { reason }) };
  if (!(await insertVote(tx, id, vote))) return refused('voted');
  if (verdict === 'refuse') {
    if (!(await refuseApproval(tx, id, reason, now))) return refused('over');
    return done(tx, id, [approvalRefused(approval, by, reason)]);
  }
  const complete = isComplete(approval, await votesOn(tx, id));
  if (complete && !(await giveApproval(tx, id, approval.request.flow === undefined ? USABLE_MS : FLOW_USABLE_MS, now)))
    return refused('over');
  return done(tx, id, [approvalGiven(approval, by, { complete, reason })]);
}

async function stopIn(tx: Tx, { id, reason, by }: Omit<Decision, 'verdict'>, now: number): Promise<Outcome> {
  const approval = await holdApproval(tx, id);
  const stopped = approval !== undefined && (await refuseApproval(tx, id, reason, now));
  if (approval === undefined || !stopped) {
    const fault = approval === undefined ? 'unknown' : 'over';
    return { value: fail(fault), entries: [decisionRefused({ id, approval, by, reason: `approval_${fault}` })] };
  }
  return done(tx, id, [approvalRefused(approval, by, reason)]);
}

async function done(tx: Tx, id: string, entries: [EventDraft, ...EventDraft[]]): Promise<Outcome> {
  const after = await findApproval(tx, id);
  if (after === undefined) throw new Error('an approval went while it was held');
  return { value: ok(after), entries, changed: [{ kind: 'approval', key: id }] };
}
