import type { ApprovalNeed } from '@writ/policy';
import type { AuthorizationDetail } from '../tokens/facts.ts';
import type { User } from '../users/user.ts';

/** What one rule demands: who may decide, and how many of them. */
export type Need = { readonly rule: string; readonly from: ApprovalNeed['from']; readonly count: number };

/** The exact request that is approved, and nothing beside it. `scopes`: all that were asked, in order of their names. */
export type ApprovalRequest = {
  clientId: string;
  /** Absent where a flow asks before there is one. */
  agentId?: string;
  userId?: string;
  tenantId?: string;
  /** Absent: a registration is for no resource. */
  resourceId?: string;
  grant: string;
  scopes: readonly string[];
  authorizationDetails?: readonly AuthorizationDetail[];
  /** Clients that handed the request on, nearest first. */
  actors: readonly string[];
  /**
   * A flow asks, and not policy: which node of which version, in the words of its author. `redirectUris`: of a client that registers, because
   * who may let in one that sends people here has not let in one that sends them there.
   */
  flow?: { version: string; node: string; message: string; redirectUris?: readonly string[] };
};

export type ApprovalState = 'pending' | 'given' | 'refused' | 'expired' | 'used';

/** A request for a decision of people outside the agent's own session. Times in milliseconds. */
export type Approval = {
  id: string;
  request: ApprovalRequest;
  needs: readonly Need[];
  /** Scopes that hang on it. */
  scopes: readonly string[];
  state: ApprovalState;
  /** Why it was refused. */
  reason?: string;
  txn: string;
  from: { ip?: string; userAgent?: string };
  createdAt: number;
  /** Until when people may decide; once given, until when it may be used. */
  expiresAt: number;
  decidedAt?: number;
};

export type Vote = { userId: string; verdict: 'give' | 'refuse'; rules: readonly string[]; reason?: string; at: number };

/** A given approval is fetched within this time, or it was for nothing: it must not lie about for the day when the agent is somebody else's. */
export const USABLE_MS = 10 * 60_000;
/** What a person waits for in a flow they come back to: nobody watches a page for hours, and the approval opens nothing without their own sign-in. */
export const FLOW_USABLE_MS = 24 * 60 * 60_000;
/** Seconds between polls. */
export const APPROVAL_POLL_SECONDS = 5;
export const MAX_REASON = 500;

/**
 * The rules for which this person's decision counts; empty: it is none of their business, and they never see it. A person counts only inside the
 * tenant of the request. Where there is no tenant there are no roles either, except for a registration: one that is for a tenant is a matter of that tenant
 * alone, and one that is for none of the whole hub's, where a reviewer is whoever has the role in any tenant. `owner`: the user who answers for the client.
 */
export function rulesOf({ request, needs }: Pick<Approval, 'request' | 'needs'>, user: User, owner: string | undefined): readonly string[] {
  const { tenantId } = request;
  const membership = user.tenants.find(({ id }) => id === tenantId);
  if (tenantId !== undefined && membership === undefined) return [];
  const roles = isHubWide(request) ? user.tenants.flatMap((one) => one.roles) : (membership?.roles ?? []);
  return needs.filter(({ from }) => mayDecide(from, user, { owner, roles, own: request.userId === user.id })).map(({ rule }) => rule);
}

/** A client asks to be let in at all: no person, no tenant and no resource have a part in it. */
export function isRegistration({ grant, flow }: ApprovalRequest): boolean {
  return flow !== undefined && grant === REGISTRATION;
}

/** A registration for no tenant. */
export function isHubWide(request: ApprovalRequest): boolean {
  return request.tenantId === undefined && isRegistration(request);
}

/** What stands for the grant where a registration is approved. */
export const REGISTRATION = 'registration';

/**
 * Nobody decides on what they themselves ask for, by role or as owner: an agent that talks its user into something would have talked its approver
 * into it too. Named by id in the rule they may, because then that is what the rule's author wanted.
 */
function mayDecide(from: Need['from'], user: User, as: { owner: string | undefined; roles: readonly string[]; own: boolean }): boolean {
  if (from.users?.includes(user.id) === true) return true;
  if (as.own) return false;
  if (from.owner === true && as.owner === user.id) return true;
  return from.roles?.some((role) => as.roles.includes(role)) === true;
}

/** How far each rule has come. */
export function progressOf({ needs }: Pick<Approval, 'needs'>, votes: readonly Vote[]): { rule: string; given: number; count: number }[] {
  const givers = votes.filter(({ verdict }) => verdict === 'give');
  return needs.map(({ rule, count }) => ({ rule, count, given: givers.filter(({ rules }) => rules.includes(rule)).length }));
}

export function isComplete(approval: Pick<Approval, 'needs'>, votes: readonly Vote[]): boolean {
  return progressOf(approval, votes).every(({ given, count }) => given >= count);
}
