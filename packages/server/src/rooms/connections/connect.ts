import type { Connection } from './connection.ts';
import type { Owner } from './credential.ts';
import { isOwnAccount } from './kinds.ts';
import { isLabel } from './hand-out.ts';
import { permissionsOf } from '../tenants/role.ts';
import type { Role } from '../tenants/tenant.ts';
import type { User } from '../users/user.ts';

/** Members of a tenant who hold it connect accounts for the whole tenant. */
export const MANAGE_CONNECTIONS = 'connections.manage';

/** A link lives this long; an attempt at a provider from when somebody went there. */
export const LINK_MS = 60 * 60_000;
export const ATTEMPT_MS = 15 * 60_000;

/** Of a link's scopes together; a link is an address. */
const MAX_SCOPES = 2_000;

/** What a connect link holds, sealed. It is worth nothing to anybody but the person it is for. */
export type ConnectLink = {
  id: string;
  connection: string;
  owner: Owner;
  label: string;
  /** Asked for, beside what the connection always asks. Empty: all that it knows. */
  scopes: readonly string[];
  /** Who alone may finish it; absent: whoever manages the tenant's connections. */
  person?: string;
  /** The client on whose behalf somebody is asked to connect; it is shown. */
  client?: string;
  /** Where to go back to, shown as a link and never followed by itself. */
  returnTo?: string;
  /** The journey that waits for the account; the browser goes back there by itself, because it is the hub's own page. */
  journey?: string;
  /** Milliseconds. */
  expiresAt: number;
};

export type LinkAsk = {
  owner: Owner;
  label?: string | undefined;
  scopes?: readonly string[] | undefined;
  person?: string | undefined;
  client?: string | undefined;
  returnTo?: string | undefined;
  journey?: string | undefined;
};

/** An OAuth connection that is its own account: no person connects it (RFC 6749 §4.4, RFC 7523 §2.1). */
export function isServiceAccount(connection: Pick<Connection, 'type' | 'grant'> | undefined): boolean {
  return connection?.type === 'oauth' && isOwnAccount(connection);
}

/** Why no link is made. `field` is the caller's. */
export type LinkFault = { field: 'owner' | 'scopes' | 'person' | 'connection' | 'label'; message: string };

/** Judges what a link is asked for, before one is made. */
export function linkFault(connection: Connection, ask: LinkAsk): LinkFault | undefined {
  const { owner, scopes = [], label = '' } = ask;
  const kind = owner.agent !== undefined ? 'agent' : owner.user !== undefined ? 'user' : 'tenant';
  if (!connection.owners.includes(kind)) return { field: 'owner', message: `This connection holds no credentials of a ${kind}.` };
  if (connection.tenants.length > 0 && (owner.tenant === undefined || !connection.tenants.includes(owner.tenant)))
    return { field: 'owner', message: 'This connection is not for this tenant.' };
  if (kind === 'agent' && ask.person === undefined) return { field: 'person', message: 'Say who connects for the agent.' };
  if (owner.user !== undefined && ask.person !== undefined && ask.person !== owner.user)
    return { field: 'person', message: 'Only the owner connects their own account.' };
  if (connection.type === 'reference') return { field: 'connection', message: 'A reference is stored by an administrator.' };
  if (isServiceAccount(connection)) return { field: 'connection', message: 'This connection needs no person.' };
  if (!isLabel(label)) return { field: 'label', message: 'At most 200 printable characters.' };
  if (scopes.join(' ').length > MAX_SCOPES) return { field: 'scopes', message: 'Too many for a link.' };
  const unknown = connection.scopes.length === 0 ? undefined : scopes.find((scope) => !knows(connection, scope));
  return unknown === undefined ? undefined : { field: 'scopes', message: `The connection has no scope ${unknown}.` };
}

const knows = ({ scopes, alwaysScopes }: Connection, scope: string): boolean => scopes.includes(scope) || alwaysScopes.includes(scope);

/** Who the link opens for; undefined: whoever manages the tenant's connections. */
export function personOf({ owner, person }: Pick<LinkAsk, 'owner' | 'person'>): string | undefined {
  return owner.user ?? person;
}

/** Why this person may not finish this link, as a word for auditors. The page tells them less. */
export type Stranger = 'other_person' | 'not_member' | 'not_manager';

/**
 * The heart of it: a link works for the person it was made for and for nobody else, or somebody could be led to connect an account of theirs
 * to a stranger's agents (attack 175), or a stranger's account to their own.
 */
export function strangerTo(link: Pick<ConnectLink, 'owner' | 'person'>, user: User, roles: readonly Role[]): Stranger | undefined {
  const { owner, person } = link;
  const membership = user.tenants.find(({ id }) => id === owner.tenant);
  if (person !== undefined && person !== user.id) return 'other_person';
  if (owner.tenant !== undefined && membership === undefined) return 'not_member';
  if (person !== undefined) return undefined;
  return membership !== undefined && permissionsOf(membership.roles, roles).includes(MANAGE_CONNECTIONS) ? undefined : 'not_manager';
}

/**
 * The scopes to ask for now: those of the link (all that the connection knows when it names none), those always asked, and those this account has
 * given before, because most providers replace what was granted by what is asked.
 */
export function scopesToAsk(connection: Connection, link: Pick<ConnectLink, 'scopes'>, before: readonly string[]): string[] {
  const wanted = link.scopes.length === 0 ? connection.scopes : link.scopes;
  return [...new Set([...connection.alwaysScopes, ...before, ...wanted])];
}

/** Which account is meant: the link says so, or the person who has several. */
export function labelOf(link: Pick<ConnectLink, 'label'>, named: string | undefined): string {
  return link.label !== '' || named === undefined || !isLabel(named.trim()) ? link.label : named.trim();
}
