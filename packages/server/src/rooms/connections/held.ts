import { permissionsOf } from '../tenants/role.ts';
import type { Role } from '../tenants/tenant.ts';
import type { User } from '../users/user.ts';
import { isServiceAccount, MANAGE_CONNECTIONS } from './connect.ts';
import { servesTenant, type Connection } from './connection.ts';
import type { Credential, Owner } from './credential.ts';

/** Tenants whose connections this person manages. */
export function managedBy(user: User, roles: readonly Role[]): string[] {
  return user.tenants.filter((one) => permissionsOf(one.roles, roles).includes(MANAGE_CONNECTIONS)).map(({ id }) => id);
}

/** Whether a person sees a credential among their own, and may disconnect it. */
export function isTheirs({ owner }: Pick<Credential, 'owner'>, user: User, managed: readonly string[]): boolean {
  if (owner.user !== undefined) return owner.user === user.id;
  return owner.tenant !== undefined && managed.includes(owner.tenant);
}

/** A place where a person could connect an account of their own, or one for a tenant that they manage. */
export type Place = { connection: Connection; owner: Owner };

/**
 * What this person could connect. One that serves some tenants only is offered once for each of theirs: what is connected there stays within that
 * tenant.
 */
export function placesFor(user: User, connections: readonly Connection[], managed: readonly string[]): Place[] {
  return connections.filter(takesPeople).flatMap((connection) => {
    const within = user.tenants.map(({ id }) => id).filter((id) => servesTenant(connection, id));
    const own: Owner[] = connection.tenants.length === 0 ? [{ user: user.id }] : within.map((tenant) => ({ user: user.id, tenant }));
    const shared: Owner[] = within.filter((id) => managed.includes(id)).map((tenant) => ({ tenant }));
    const owners = [...(connection.owners.includes('user') ? own : []), ...(connection.owners.includes('tenant') ? shared : [])];
    return owners.map((owner) => ({ connection, owner }));
  });
}

function takesPeople(connection: Connection): boolean {
  return connection.state === 'active' && connection.type !== 'reference' && !isServiceAccount(connection);
}
