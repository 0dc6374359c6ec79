import { sql } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import type { Author } from '../audit/author.ts';
import type { Grant } from './grant.ts';
import type { Narrowing } from './narrow.ts';
import { COLUMNS, toGrant, type GrantRow } from './row.store.ts';

type NarrowingRow = {
  id: string;
  grant_id: string;
  removed: string[];
  own: boolean;
  reason: string;
  consented_at: number;
  at: number;
  undone_at: number | null;
};

function toNarrowing(found: NarrowingRow): Narrowing {
  return {
    id: found.id,
    grantId: found.grant_id,
    removed: found.removed,
    reason: found.reason,
    own: found.own,
    consentedAt: found.consented_at,
    at: found.at,
    ...(found.undone_at === null ? {} : { undoneAt: found.undone_at }),
  };
}

/** Reads for a change: whoever else changes it, or gives out what it holds, waits until this transaction ends. */
export async function lockGrant(tx: Tx, id: string): Promise<Grant | undefined> {
  const found = await row(tx, sql<GrantRow>`SELECT ${COLUMNS} FROM grants WHERE id = ${id} FOR UPDATE`);
  return found === undefined ? undefined : toGrant(found);
}

/** The grants of users that follow from a tenant's and hold more than `scopes`, each locked. */
export async function lockWiderUnder(tx: Tx, id: string, scopes: readonly string[]): Promise<Grant[]> {
  const found = await rows(
    tx,
    sql<GrantRow>`SELECT ${COLUMNS} FROM grants WHERE under = ${id} AND state <> 'revoked' AND NOT scopes <@ ${[...scopes]}::text[] ORDER BY id FOR UPDATE`,
  );
  return found.map(toGrant);
}

/** The caller holds the row. When the person said yes is not touched: nobody was asked. */
export async function setScopes(tx: Tx, id: string, scopes: readonly string[], now: number): Promise<void> {
  await sql`UPDATE grants SET scopes = ${[...scopes]}, updated_at = ${new Date(now)}, version = version + 1 WHERE id = ${id}`.execute(tx);
}

/** The caller holds the row. Null: without end. */
export async function setEnd(tx: Tx, id: string, expiresAt: number | null, now: number): Promise<void> {
  const end = expiresAt === null ? null : new Date(expiresAt);
  await sql`UPDATE grants SET expires_at = ${end}, updated_at = ${new Date(now)}, version = version + 1 WHERE id = ${id}`.execute(tx);
}

export async function noteNarrowing(
  tx: Tx,
  of: { grant: Grant; removed: readonly string[]; by: Author; own: boolean; reason: string; now: number },
): Promise<Narrowing> {
  const { grant, removed, own, reason, now } = of;
  const made: Narrowing = { id: newId('nar', now), grantId: grant.id, removed, reason, own, at: now, consentedAt: grant.consentedAt };
  await sql`INSERT INTO grant_narrowings (id, grant_id, removed, narrowed_by, own, reason, consented_at, at)
    VALUES (${made.id}, ${grant.id}, ${[...removed]}, ${JSON.stringify(of.by.actor)}, ${own}, ${reason}, ${new Date(made.consentedAt)}, ${new Date(now)})`.execute(
    tx,
  );
  return made;
}

/** The newest narrowing of a grant that was not taken back, or the one of that id; locked. */
export async function lockNarrowing(tx: Tx, grantId: string, id: string | undefined): Promise<Narrowing | undefined> {
  const which = id === undefined ? sql`undone_at IS NULL` : sql`id = ${id}`;
  const found = await row(
    tx,
    sql<NarrowingRow>`SELECT id, grant_id, removed, own, reason, consented_at, at, undone_at FROM grant_narrowings
      WHERE grant_id = ${grantId} AND ${which} ORDER BY at DESC, id DESC LIMIT 1 FOR UPDATE`,
  );
  return found === undefined ? undefined : toNarrowing(found);
}

export async function markUndone(tx: Tx, id: string, now: number): Promise<void> {
  await sql`UPDATE grant_narrowings SET undone_at = ${new Date(now)} WHERE id = ${id}`.execute(tx);
}

/** What was taken from these grants and could still be given back, newest first. */
export async function openNarrowings(db: Db, grantIds: readonly string[], since: number): Promise<Narrowing[]> {
  const found = await rows(
    db,
    sql<NarrowingRow>`SELECT n.id, n.grant_id, n.removed, n.own, n.reason, n.consented_at, n.at, n.undone_at FROM grant_narrowings n
      JOIN grants g ON g.id = n.grant_id AND g.consented_at = n.consented_at AND g.state <> 'revoked'
      WHERE n.grant_id = ANY(${[...grantIds]}) AND n.undone_at IS NULL AND n.at > ${new Date(since)} ORDER BY n.at DESC, n.id DESC LIMIT 200`,
  );
  return found.map(toNarrowing);
}
