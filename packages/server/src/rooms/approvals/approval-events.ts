import type { Author } from '../audit/author.ts';
import type { EventDraft, EventOrigin } from '../audit/event.ts';
import type { Approval } from './approval.ts';

function about({ id, request, txn, needs }: Approval) {
  return {
    tenant: request.tenantId,
    actor: { user: request.userId, agent: request.agentId, client: request.clientId },
    target: { type: 'approval', id },
    txn,
    data: { kind: request.flow === undefined ? 'policy' : 'flow', resource: request.resourceId, rules: needs.map(({ rule }) => rule) },
  };
}

/** `data.details`: the types only; what stands in them may be confidential, and is in the approval itself. */
export function approvalRequested(approval: Approval, origin: EventOrigin): EventDraft {
  const base = about(approval);
  const { request, scopes, expiresAt } = approval;
  return {
    ...base,
    type: 'approval.requested',
    initiator: request.userId === undefined ? 'agent' : 'agent-for-human',
    outcome: 'success',
    origin,
    data: {
      ...base.data,
      grant: request.grant,
      scopes,
      details: request.authorizationDetails?.map(({ type }) => type),
      flow: request.flow?.version,
      node: request.flow?.node,
      message: request.flow?.message,
      expiresAt,
    },
  };
}

/** One for each person who says yes. `complete`: with this one it is given. */
export function approvalGiven(approval: Approval, by: Author, of: { complete: boolean; reason: string | undefined }): EventDraft {
  const base = about(approval);
  return decided(base, by, {
    type: 'approval.given',
    outcome: 'success',
    data: { ...base.data, complete: of.complete, because: of.reason },
  });
}

export function approvalRefused(approval: Approval, by: Author, reason: string | undefined): EventDraft {
  const base = about(approval);
  return decided(base, by, { type: 'approval.refused', outcome: 'refused', reason: reason ?? 'refused', data: base.data });
}

/** The actor is whoever decides; whom it was asked for stands in the entry of the request, under the same target. */
function decided(
  base: ReturnType<typeof about>,
  { initiator, actor, origin }: Author,
  of: Pick<EventDraft, 'type' | 'outcome' | 'reason' | 'data'>,
): EventDraft {
  return { ...base, ...of, initiator, actor: { agent: base.actor.agent, client: base.actor.client, ...actor }, origin };
}

export function approvalExpired(approval: Approval, origin: EventOrigin = { request: 'job:approvals-expire' }): EventDraft {
  return { ...about(approval), type: 'approval.expired', initiator: 'hub', outcome: 'failed', origin };
}

/** Spent for one token; the entry of the token follows in the same commit or right after it. */
export function approvalUsed(approval: Approval, origin: EventOrigin): EventDraft {
  return { ...about(approval), type: 'approval.used', initiator: 'agent', outcome: 'success', origin };
}

/** Somebody decides on what is decided, too old, their own, or none of their business. */
export function decisionRefused(of: { id: string; approval: Approval | undefined; by: Author; reason: string }): EventDraft {
  const { approval, by } = of;
  return {
    tenant: approval?.request.tenantId,
    type: 'journey.refused',
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'approval', id: of.id },
    outcome: 'refused',
    reason: of.reason,
    origin: by.origin,
  };
}
