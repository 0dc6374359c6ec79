import type { EventData, EventDraft, EventOrigin } from '../audit/event.ts';
import type { Pending } from './pending.ts';

/** Entries about a request that waits for its user (device, CIBA). `state` names the kind, so that one search finds all that people are asked. */
function about({ id, kind, request, facts, userId }: Pick<Pending, 'id' | 'kind' | 'request' | 'facts' | 'userId'>, origin: EventOrigin) {
  return {
    tenant: facts?.tenantId,
    actor: { user: facts?.userId ?? userId, agent: facts?.agentId, client: request.clientId },
    target: { type: 'approval', id },
    txn: request.txn,
    origin,
    data: { kind, resource: request.resourceId } satisfies EventData,
  };
}

/** `data.scopes` null: the client named none. `data.message`: what the person is shown with it. */
export function pendingRequested(pending: Pending, origin: EventOrigin, more: { known: boolean }): EventDraft {
  const base = about(pending, origin);
  const { request, kind } = pending;
  return {
    ...base,
    type: 'approval.requested',
    initiator: 'agent',
    outcome: 'success',
    ...(kind === 'ciba' && !more.known ? { reason: 'hint_names_nobody' } : {}),
    data: {
      ...base.data,
      scopes: request.scopes ?? null,
      message: request.bindingMessage,
      details: request.authorizationDetails?.map(({ type }) => type),
      expiresAt: pending.expiresAt,
    },
  };
}

export function pendingGiven(pending: Pending, origin: EventOrigin): EventDraft {
  return { ...about(pending, origin), type: 'approval.given', initiator: 'human', outcome: 'success' };
}

export function pendingRefused(pending: Pending, by: { user?: string | undefined }, reason: string, origin: EventOrigin): EventDraft {
  const base = about(pending, origin);
  const actor = { ...base.actor, user: by.user };
  return { ...base, actor, type: 'approval.refused', initiator: 'human', outcome: 'refused', reason };
}

export function pendingExpired(pending: Pending): EventDraft {
  return { ...about(pending, { request: 'job:approvals-expire' }), type: 'approval.expired', initiator: 'hub', outcome: 'failed' };
}

/** Somebody asks for more decisions than a person can make with care. */
export function rateLimited(of: {
  clientId: string | undefined;
  user?: string | undefined;
  tenant?: string | undefined;
  kind: string;
  origin: EventOrigin;
}): EventDraft {
  return {
    tenant: of.tenant,
    type: 'approval.rate_limited',
    initiator: 'agent',
    actor: { client: of.clientId, user: of.user },
    ...(of.clientId === undefined ? {} : { target: { type: 'client', id: of.clientId } }),
    outcome: 'refused',
    reason: 'too_many_requests',
    origin: of.origin,
    data: { kind: of.kind },
  };
}
