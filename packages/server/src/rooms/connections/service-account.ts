import type { Connection } from './connection.ts';
import type { Owner } from './credential.ts';
import { isLabel, type HandOutAsk } from './hand-out.ts';

/** A token of an account of the hub's own: whose slot, for which scopes, and as whom the service is asked to act. */
export type OwnAccount = { owner: Owner; label: string; scopes: readonly string[]; subject: string | undefined };

/** `no_owner`: the connection hands out nobody's of those who are there. The others: the service would have to act as a user, and none can be named. */
export type OwnAccountFault = 'no_owner' | 'no_user' | 'email_not_verified';

/** A token for each set of scopes, so that a client that may read does not get one that writes because another may. Longer ones by their digest. */
const MAX_LABEL = 100;

/**
 * The token that this hand-out needs. It is the tenant's (the agent's where there is no tenant), or the user's where the service is asked to act as the
 * user; an address that nobody proved could be the director's.
 */
export function ownAccountOf(
  connection: Connection,
  { user, tenant, agent }: Pick<HandOutAsk, 'user' | 'tenant' | 'agent'>,
  of: { granted: readonly string[]; digest(text: string): string },
): OwnAccount | OwnAccountFault {
  const scopes = [...new Set([...connection.alwaysScopes, ...of.granted])].toSorted();
  const acts = actsAsUser(connection);
  if (acts && user === undefined) return 'no_user';
  if (acts && user?.emailVerifiedAt === undefined) return 'email_not_verified';
  const subject = acts ? user?.email : undefined;
  const within = tenant === undefined ? {} : { tenant: tenant.id };
  const owner: Owner = acts && user !== undefined ? { user: user.id, ...within } : tenant === undefined ? { agent: agent.id } : within;
  const kind = owner.agent !== undefined ? 'agent' : owner.user !== undefined ? 'user' : 'tenant';
  if (!connection.owners.includes(kind)) return 'no_owner';
  const words = `${subject === undefined ? '' : `as ${subject} `}for ${scopes.length === 0 ? 'whatever it gives' : scopes.join(' ')}`;
  const label = words.length <= MAX_LABEL && isLabel(words) ? words : `for ${of.digest(words)}`;
  return { owner, label, scopes, subject };
}

/** Whether the service is asked to act as the user, and not as the account itself. */
export function actsAsUser({ grant, assertion }: Pick<Connection, 'grant' | 'assertion'>): boolean {
  return grant === 'jwt_bearer' && assertion?.subject === 'user';
}
