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
