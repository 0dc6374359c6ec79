import { sql } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { toRoleConfig, type RoleConfig } from './config.ts';
import type { Role } from './tenant.ts';

type RoleRow = { name: string; description: string | null; permissions: string[]; version: number };

function toRole({ description, ...found }: RoleRow): Role {
  return { ...found, ...(description === null ? {} : { description }) };
}

export async function findRoles(db: Db): Promise<Role[]> {
  return (await rows(db, sql<RoleRow>`SELECT name, description, permissions, version FROM roles ORDER BY name`)).map(toRole);
}

/** No user can have it: the name is not one that a config may write. */
const NOBODYS_ROLE = '';

/**
 * The roles that decide: those there are, and one that nobody has, which holds the permissions that were declared once and are in no role
 * any more. Without it removing or renaming a role would open to everybody what it had kept for some.
 */
export async function rolesInForce(db: Db): Promise<Role[]> {
  const roles = await findRoles(db);
  const declared = await rows(db, sql<{ name: string }>`SELECT name FROM declared_permissions ORDER BY name`);
  const held = new Set(roles.flatMap((role) => role.permissions));
  const orphaned = declared.map(({ name }) => name).filter((name) => !held.has(name));
  return orphaned.length === 0 ? roles : [...roles, { name: NOBODYS_ROLE, permissions: orphaned, version: 0 }];
}

export async function listRoles(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<Role[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`WHERE name > ${page.cursor}`;
  return (
    await rows(db, sql<RoleRow>`SELECT name, description, permissions, version FROM roles ${beyond} ORDER BY name LIMIT ${page.limit}`)
  ).map(toRole);
}

export async function findRole(db: Db, name: string): Promise<Role | undefined> {
  const found = await row(db, sql<RoleRow>`SELECT name, description, permissions, version FROM roles WHERE name = ${name}`);
  return found === undefined ? undefined : toRole(found);
}

export async function putRole(tx: Tx, input: RoleConfig, by: Author): Promise<PutOutcome<Role>> {
  const before = await findRole(tx, input.name);
  if (before !== undefined && canonical(toRoleConfig(before)) === canonical(input))
    return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  const saved = await row(
    tx,
    sql<RoleRow>`INSERT INTO roles (name, description, permissions) VALUES (${input.name}, ${input.description ?? null}, ${input.permissions})
      ON CONFLICT (name) DO UPDATE SET description = excluded.description, permissions = excluded.permissions, version = roles.version + 1
      RETURNING name, description, permissions, version`,
  );
  if (saved === undefined) throw new Error('a role was not saved');
  await sql`INSERT INTO declared_permissions (name) SELECT DISTINCT unnest(${input.permissions}::text[]) ON CONFLICT DO NOTHING`.execute(
    tx,
  );
  const entry = adminChange({ kind: 'role', id: input.name, by, before: before && toRoleConfig(before), after: input });
  return {
    outcome: before === undefined ? 'created' : 'changed',
    value: toRole(saved),
    entries: [entry],
    changed: [{ kind: 'role', key: input.name }],
  };
}

/** Removes the role; whoever had it by name simply no longer has its permissions. */
export async function removeRole(tx: Tx, name: string, by: Author): Promise<PutOutcome<Role> | undefined> {
  const before = await findRole(tx, name);
  if (before === undefined || (await touched(tx, sql`DELETE FROM roles WHERE name = ${name}`)) === 0) return undefined;
  const entry = adminChange({ kind: 'role', id: name, by, before: toRoleConfig(before), after: undefined });
  return { outcome: 'removed', value: before, entries: [entry], changed: [{ kind: 'role', key: name }] };
}
