import type { Author } from '../audit/author.ts';
import type { EventDraft, EventOrigin } from '../audit/event.ts';
import type { Session } from './user.ts';

/** `acr` of a login by one factor, whichever it was; and by two or more. */
export const SINGLE_FACTOR = '1';
export const MULTI_FACTOR = '2';

/** Logins belong to no tenant yet: which one is chosen later, so their entries stand in the hub's own chain. */
export function loginSucceeded(
  session: Session,
  of: { origin: EventOrigin; client?: string | undefined; replaces?: { id: string } | undefined },
): EventDraft {
  return {
    type: 'login.succeeded',
    initiator: 'human',
    actor: { user: session.userId, client: of.client },
    target: { type: 'session', id: session.id },
    outcome: 'success',
    origin: of.origin,
    data: { by: session.by, amr: session.amr, acr: session.acr, purpose: session.purpose, replaces: of.replaces?.id },
  };
}

export function loginEnded(userId: string, sessions: readonly string[], by: Author): EventDraft {
  return {
    type: 'login.ended',
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'user', id: userId },
    outcome: 'success',
    origin: by.origin,
    data: { sessions },
  };
}

/** `reason` says which it was: the page says the same sentence for all of them. */
export function loginFailed(of: {
  method: string;
  reason: string;
  email?: string | undefined;
  user?: string | undefined;
  client?: string | undefined;
  origin: EventOrigin;
}): EventDraft {
  return {
    type: 'login.failed',
    initiator: 'human',
    actor: { user: of.user, client: of.client },
    outcome: 'refused',
    reason: of.reason,
    origin: of.origin,
    data: { method: of.method, email: of.email },
  };
}

/** A code or link went out by mail; or did not, and why. */
export function factorSent(of: {
  kind: string;
  reason?: string | undefined;
  email?: string | undefined;
  user?: string | undefined;
  origin: EventOrigin;
}): EventDraft {
  return {
    type: 'factor.sent',
    initiator: 'human',
    actor: { user: of.user },
    outcome: of.reason === undefined ? 'success' : 'refused',
    ...(of.reason === undefined ? {} : { reason: of.reason }),
    origin: of.origin,
    data: { kind: of.kind, email: of.email },
  };
}

export function userInvited(
  id: string,
  of: { email: string; tenant?: string | undefined; roles: readonly string[] },
  by: Author,
): EventDraft {
  return {
    tenant: of.tenant,
    type: 'user.invited',
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'invite', id },
    outcome: 'success',
    origin: by.origin,
    data: { email: of.email, roles: of.roles },
  };
}

/** A second factor was set up by its owner. */
export function factorEnrolled(user: string, kind: string, origin: EventOrigin): EventDraft {
  return {
    type: 'factor.enrolled',
    initiator: 'human',
    actor: { user },
    target: { type: 'user', id: user },
    outcome: 'success',
    origin,
    data: { kind },
  };
}

/** By its owner or an administrator. `reason`: nothing was there to remove. */
export function factorRemoved(user: string, kinds: readonly string[], by: Author, reason?: string): EventDraft {
  return {
    type: 'factor.removed',
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'user', id: user },
    outcome: reason === undefined ? 'success' : 'refused',
    ...(reason === undefined ? {} : { reason }),
    origin: by.origin,
    data: { kinds },
  };
}
