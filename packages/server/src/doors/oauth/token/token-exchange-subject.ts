import { fail, ok, type Result } from '../../../base/result.ts';
import { actsIn, serves } from '../../../rooms/clients/serves.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import type { Tenant } from '../../../rooms/tenants/tenant.ts';
import type { AccessToken } from '../../../rooms/tokens/access.ts';
import type { AccessTokens, HeldGrant } from '../../../rooms/tokens/alive.store.ts';
import type { User } from '../../../rooms/users/user.ts';
import type { ClientRequest, Refuse } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';

/** A token that was presented, verified, alive, and one that this client may exchange; with everybody behind it as they are now. */
export type ExchangeSubject = {
  token: AccessToken;
  /** The resource that it is for; absent when that is gone. */
  resource?: Resource | undefined;
  /** What the user's grant behind it holds by now. */
  grant?: HeldGrant | undefined;
  user?: User | undefined;
  tenant?: Tenant | undefined;
};

/** A refusal, and whom its entry names. */
export type Refused = { why: Refusal; about?: Parameters<Refuse>[2] };

export type SubjectDeps = {
  tokens: Pick<AccessTokens, 'verify' | 'standing'>;
  catalogue: { match(uri: string): { resource: Resource } | undefined };
  user(id: string): User | undefined | Promise<User | undefined>;
  tenant(id: string): Tenant | undefined | Promise<Tenant | undefined>;
};

/** RFC 8693 §2.2.2: a token that is not good, or not good for this client, makes the request invalid. The sentence says less than the reason. */
function notGood(which: 'subject' | 'actor', reason: string): Refusal {
  return refusal('invalid_request', `${which}_${reason}`, `The ${which}_token is not a live access token that this client may present.`);
}

/**
 * Judges the subject token: ours and in time (RFC 8725: algorithm, type, issuer), of a tenant that the client serves, got by the client itself or
 * made for a resource that it serves, by the key it is bound to, and alive with everything and everybody behind it, asked of the primary.
 */
export async function readSubject(deps: SubjectDeps, request: ClientRequest, jwt: string): Promise<Result<ExchangeSubject, Refused>> {
  const { client, now } = request;
  const verified = deps.tokens.verify(jwt, { now });
  if (!verified.ok) return fail({ why: notGood('subject', verified.error) });
  const token = verified.value;
  // Nothing of another tenant goes into the entry: it stands in the chain of the client's own (attack 105).
  if (!actsIn(client, token.tenantId)) return fail({ why: notGood('subject', 'cross_tenant') });
  const about = aboutOf(token);
  const resource = deps.catalogue.match(token.audience)?.resource;
  const mayExchange = token.clientId === client.id || (resource !== undefined && serves(client, resource.id));
  if (!mayExchange) return fail({ why: notGood('subject', 'of_another_client'), about });
  if (!isProven(token, request)) return fail({ why: notGood('subject', 'bound_to_a_key'), about });
  const { alive, grant } = await deps.tokens.standing(token, now);
  if (!alive) return fail({ why: notGood('subject', 'not_alive'), about });
  const user = token.userId === undefined ? undefined : await deps.user(token.userId);
  const tenant = token.tenantId === undefined ? undefined : await deps.tenant(token.tenantId);
  // Memory may be a moment behind the primary, or ahead of its own last answer; both must say yes.
  if ((token.userId !== undefined && user?.state !== 'active') || (token.tenantId !== undefined && tenant?.state !== 'active'))
    return fail({ why: notGood('subject', 'not_alive'), about });
  return ok({ token, resource, grant, user, tenant });
}

/** RFC 9449 §7.1: a token that is bound to a key is worth nothing without the proof of that key. */
function isProven({ boundTo }: AccessToken, { confirmation }: ClientRequest): boolean {
  return boundTo === undefined || confirmation?.jkt === boundTo;
}

/**
 * Judges the actor token: the client's own, for itself and handed on by nobody. It proves what authentication proved already and adds no one to the
 * chain: an actor of another delegation could otherwise be spliced into this one.
 */
export async function readActor(
  deps: Pick<SubjectDeps, 'tokens'>,
  request: ClientRequest,
  jwt: string,
  subject: AccessToken,
): Promise<Result<AccessToken, Refused>> {
  const { client, now } = request;
  const about = aboutOf(subject);
  const verified = deps.tokens.verify(jwt, { now });
  if (!verified.ok) return fail({ why: notGood('actor', verified.error), about });
  const actor = verified.value;
  const isOwn = actor.clientId === client.id && actor.subject === client.id && actor.userId === undefined && actor.actors.length === 0;
  if (!isOwn) return fail({ why: notGood('actor', 'of_another_client'), about });
  if (actor.tenantId !== undefined && actor.tenantId !== subject.tenantId) return fail({ why: notGood('actor', 'cross_tenant'), about });
  if (!isProven(actor, request)) return fail({ why: notGood('actor', 'bound_to_a_key'), about });
  return (await deps.tokens.standing(actor, now)).alive ? ok(actor) : fail({ why: notGood('actor', 'not_alive'), about });
}

/** Whom an entry about this token names. Its agent is another client's: the one who acts now is named by the client. */
export function aboutOf({ userId, tenantId, txn }: AccessToken): NonNullable<Refused['about']> {
  return {
    ...(userId === undefined ? {} : { user: userId }),
    ...(tenantId === undefined ? {} : { tenant: tenantId }),
    ...(txn === undefined ? {} : { txn }),
  };
}
