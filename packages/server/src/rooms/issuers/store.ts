import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { toIssuer, toIssuerConfig, type IssuerConfig } from './config.ts';
import type { Issuer, StoredIssuer } from './issuer.ts';

type IssuerRow = { trust: Issuer; version: number; created_at: number };

const COLUMNS: RawBuilder<unknown> = sql.raw('trust, version, created_at');

function toStored({ trust, version, created_at }: IssuerRow): StoredIssuer {
  return { ...trust, version, createdAt: created_at };
}

export async function findIssuer(db: Db, id: string): Promise<StoredIssuer | undefined> {
  const found = await row(db, sql<IssuerRow>`SELECT ${COLUMNS} FROM issuers WHERE id = ${id}`);
  return found === undefined ? undefined : toStored(found);
}

export async function listIssuers(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<StoredIssuer[]> {
  const found = await rows(
    db,
    sql<IssuerRow>`SELECT ${COLUMNS} FROM issuers ${page.cursor === undefined ? sql`` : sql`WHERE id > ${page.cursor}`} ORDER BY id LIMIT ${page.limit}`,
  );
  return found.map(toStored);
}

/** What stands in the way: a tenant or roles that are not there, or the hub itself as its own issuer. */
export async function issuerObstacle(
  db: Db,
  input: IssuerConfig,
  hubIssuer: string,
): Promise<{ field: string; message: string } | undefined> {
  if (input.issuer === hubIssuer || input.issuer === `${hubIssuer}/`)
    return { field: 'issuer', message: 'the hub does not vouch to itself; use token exchange' };
  if (
    input.tenant !== undefined &&
    (await row(db, sql`SELECT 1 FROM tenants WHERE id = ${input.tenant} AND state <> 'revoked'`)) === undefined
  )
    return { field: 'tenant', message: `there is no tenant ${input.tenant}` };
  const wanted = [...new Set(input.users?.roles.map(({ role }) => role) ?? [])];
  const missing = await row(
    db,
    sql<{
      name: string;
    }>`SELECT w.name FROM unnest(${wanted}::text[]) AS w(name) WHERE NOT EXISTS (SELECT 1 FROM roles r WHERE r.name = w.name) LIMIT 1`,
  );
  return missing === undefined ? undefined : { field: 'users.roles', message: `there is no role ${missing.name}` };
}

/** Creates or replaces by the author's id. Whoever speaks in another name or with other tenants speaks of other people: links to users go. */
export async function putIssuer(tx: Tx, input: IssuerConfig, by: Author): Promise<PutOutcome<StoredIssuer>> {
  const before = await findIssuer(tx, input.id);
  if (before !== undefined && canonical(toIssuerConfig(before)) === canonical(input))
    return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  const saved = await row(
    tx,
    sql<IssuerRow>`INSERT INTO issuers (id, trust) VALUES (${input.id}, ${JSON.stringify(toIssuer(input))})
      ON CONFLICT (id) DO UPDATE SET trust = excluded.trust, version = issuers.version + 1 RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('an issuer was not saved');
  if (before !== undefined && (before.issuer !== input.issuer || before.tenant !== input.tenant))
    await sql`DELETE FROM issuer_users WHERE issuer_id = ${input.id}`.execute(tx);
  const value = toStored(saved);
  const entry = adminChange({
    kind: 'issuer',
    id: input.id,
    tenant: input.tenant,
    by,
    before: before && toIssuerConfig(before),
    after: toIssuerConfig(value),
  });
  return { outcome: before === undefined ? 'created' : 'changed', value, entries: [entry], changed: [{ kind: 'issuer', key: input.id }] };
}

/** What it vouched for is believed no more from the next request on; its links to users go with it. */
export async function removeIssuer(tx: Tx, id: string, by: Author): Promise<PutOutcome<StoredIssuer> | undefined> {
  const before = await findIssuer(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM issuers WHERE id = ${id}`)) === 0) return undefined;
  const entry = adminChange({ kind: 'issuer', id, tenant: before.tenant, by, before: toIssuerConfig(before), after: undefined });
  return { outcome: 'removed', value: before, entries: [entry], changed: [{ kind: 'issuer', key: id }] };
}
