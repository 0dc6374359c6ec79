import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { toTenantConfig, type TenantConfig } from './config.ts';
import type { State, Tenant, TenantSettings } from './tenant.ts';

type TenantRow = {
  id: string;
  name: string;
  domains: string[];
  attributes: Record<string, unknown>;
  settings: TenantSettings;
  state: State;
  version: number;
  created_at: number;
};

const COLUMNS: RawBuilder<unknown> = sql.raw('id, name, domains, attributes, settings, state, version, created_at');

function toTenant({ created_at, ...found }: TenantRow): Tenant {
  return { ...found, createdAt: created_at };
}

export async function findTenant(db: Db, id: string): Promise<Tenant | undefined> {
  const found = await row(db, sql<TenantRow>`SELECT ${COLUMNS} FROM tenants WHERE id = ${id}`);
  return found === undefined ? undefined : toTenant(found);
}

/** The tenants of these ids, by name, whatever their state. */
export async function tenantsOf(db: Db, ids: readonly string[]): Promise<Tenant[]> {
  if (ids.length === 0) return [];
  return (await rows(db, sql<TenantRow>`SELECT ${COLUMNS} FROM tenants WHERE id = ANY(${[...ids]}) ORDER BY name, id`)).map(toTenant);
}

export async function listTenants(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<Tenant[]> {
  const found = await rows(
    db,
    sql<TenantRow>`SELECT ${COLUMNS} FROM tenants ${page.cursor === undefined ? sql`` : sql`WHERE id > ${page.cursor}`} ORDER BY id LIMIT ${page.limit}`,
  );
  return found.map(toTenant);
}

/** Creates or replaces by the author's id. The caller has refused revoked tenants: their ids are not used again. */
export async function putTenant(tx: Tx, input: TenantConfig, by: Author): Promise<PutOutcome<Tenant>> {
  const before = await findTenant(tx, input.id);
  if (before !== undefined && canonical(toTenantConfig(before)) === canonical(input))
    return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  const saved = await row(
    tx,
    sql<TenantRow>`INSERT INTO tenants (id, name, domains, attributes, settings)
      VALUES (${input.id}, ${input.name}, ${input.domains}, ${JSON.stringify(input.attributes)}, ${JSON.stringify(input.settings)})
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, domains = excluded.domains, attributes = excluded.attributes, settings = excluded.settings, version = tenants.version + 1
      RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('a tenant was not saved');
  const value = toTenant(saved);
  const entry = adminChange({
    kind: 'tenant',
    id: input.id,
    tenant: input.id,
    by,
    before: before && toTenantConfig(before),
    after: toTenantConfig(value),
  });
  return { outcome: before === undefined ? 'created' : 'changed', value, entries: [entry], changed: [{ kind: 'tenant', key: input.id }] };
}

/** Moves the state; false when nothing moved (already there, unknown, or revoked, which is final). */
export async function setTenantState(tx: Tx, id: string, state: State, reason: string): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`UPDATE tenants SET state = ${state}, state_reason = ${reason}, version = version + 1 WHERE id = ${id} AND state <> ${state} AND state <> 'revoked'`,
    )) > 0
  );
}
