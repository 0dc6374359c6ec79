import type { Owner as OwnerWord } from '@writ/flow';
import type { Author } from '../../audit/author.ts';
import { hasScopes, servesTenant, type Connection } from '../../connections/connection.ts';
import type { Credential, Owner } from '../../connections/credential.ts';
import { boundTenant, mayOpen } from '../../users/bound.ts';
import { clientOf } from '../journey.ts';
import type { Standing } from '../world.ts';

/** Who does what a flow asks for: the person whose journey it is, with the client that they came for; where nobody is, the client itself. */
export function authorOf({ journey, origin }: Standing): Author {
  const user = journey.state.proof?.userId;
  const client = clientOf(journey.request);
  return { initiator: user === undefined ? 'agent' : 'human', actor: { user, client }, origin };
}

/**
 * The person, where the browser's session is still that of the journey's proof. A flow never does anything to, or in the name of, anybody else,
 * whatever an effect says.
 */
export function personOf({ journey, user }: Pick<Standing, 'journey' | 'user'>): string | undefined {
  const { proof } = journey.state;
  return proof !== undefined && user?.id === proof.userId && user.state === 'active' ? proof.userId : undefined;
}

/** The same, for what is theirs in every tenant: the provider of one tenant vouches for nobody in another (rooms/users, I15). */
export function wholePersonOf(at: Pick<Standing, 'journey' | 'user'>): string | undefined {
  const { journey, user } = at;
  const by = journey.state.proof?.by ?? [];
  return user !== undefined && mayOpen('own', { by }, user) ? personOf(at) : undefined;
}

/** Whose credential is meant; undefined: nobody has signed in, or no tenant was chosen. */
export function ownerOf(word: OwnerWord, at: Pick<Standing, 'journey' | 'user'>): Owner | undefined {
  if (word === 'user') {
    const whole = wholePersonOf(at);
    return whole === undefined ? undefined : { user: whole };
  }
  const user = personOf(at);
  const { facts, proof } = at.journey.state;
  const tenant = facts.tenant?.id;
  const bound = boundTenant(proof?.by);
  if (user === undefined || tenant === undefined || (bound !== undefined && bound !== tenant)) return undefined;
  return word === 'tenant' ? { tenant } : { user, tenant };
}

/** Why this connection cannot hold a credential of that owner, as a word for auditors. */
export function connectionFault(connection: Connection | undefined, owner: Owner): string | undefined {
  if (connection === undefined) return 'no_connection';
  if (connection.state !== 'active') return 'connection_frozen';
  if (!connection.owners.includes(owner.user === undefined ? 'tenant' : 'user')) return 'owner_not_taken';
  return servesTenant(connection, owner.tenant) ? undefined : 'not_for_this_tenant';
}

/** Whether this credential would do: it works, or can be renewed, and has been granted what is wanted. */
export function serves(credential: Credential, connection: Connection, scopes: readonly string[], now: number): boolean {
  const { state, expiresAt, refreshable, granted } = credential;
  if (state !== 'active' || (expiresAt !== undefined && expiresAt <= now && !refreshable)) return false;
  return !hasScopes(connection) || scopes.every((scope) => granted.includes(scope));
}
