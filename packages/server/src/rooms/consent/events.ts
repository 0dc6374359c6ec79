import type { EventDraft, EventOrigin } from '../audit/event.ts';
import type { Grant } from './grant.ts';

/** The entry for an approval: `consent.narrowed` when less was approved than asked. `administrator`: who said yes for the whole tenant. */
export function consentGiven(grant: Grant, asked: readonly string[], origin: EventOrigin, txn: string, administrator?: string): EventDraft {
  const refused = asked.filter((scope) => !grant.scopes.includes(scope));
  return {
    ...base(grant, origin, txn, administrator),
    type: refused.length === 0 ? 'consent.granted' : 'consent.narrowed',
    outcome: 'success',
    data: {
      resource: grant.resourceId,
      scopes: grant.scopes,
      asked,
      refused,
      persistent: grant.persistent,
      redirectUri: grant.redirectUri,
      ...(grant.expiresAt === undefined ? {} : { expiresAt: grant.expiresAt }),
      for: grant.userId === undefined ? 'tenant' : 'user',
      ...(grant.under === undefined ? {} : { under: grant.under }),
    },
  };
}

/** The entry for a user who said no, or had nothing to say yes to. */
export function consentDenied(
  of: { userId: string; clientId: string; tenantId?: string | undefined; resourceId: string; asked: readonly string[] },
  reason: string,
  origin: EventOrigin,
  txn: string,
): EventDraft {
  return {
    tenant: of.tenantId,
    type: 'consent.denied',
    initiator: 'human',
    actor: { user: of.userId, client: of.clientId },
    target: { type: 'client', id: of.clientId },
    outcome: 'refused',
    reason,
    txn,
    origin,
    data: { resource: of.resourceId, asked: of.asked },
  };
}

function base(grant: Grant, origin: EventOrigin, txn: string, administrator = grant.userId) {
  return {
    tenant: grant.tenantId,
    initiator: 'human' as const,
    actor: { user: administrator, agent: grant.agentId, client: grant.clientId },
    target: { type: 'grant', id: grant.id },
    txn,
    origin,
  };
}
