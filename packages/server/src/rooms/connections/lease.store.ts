import { sql } from 'kysely';
import { row, rows, touched, type Db } from '../../base/db.ts';
import { COLUMNS, toStored, type CredentialRow, type Sealed } from './credential.store.ts';
import type { Credential } from './credential.ts';

/** The books of refreshing one credential. Times in milliseconds. */
export type RefreshBooks = {
  credential: Credential;
  /** When the token that is there now came. */
  refreshedAt: number;
  /** Refreshes that failed in a row, and when the next may be tried. */
  failures: number;
  nextAt: number | undefined;
  /** Until when somebody is at it; undefined: nobody. */
  leasedUntil: number | undefined;
};

type BooksRow = CredentialRow & {
  refreshed_at: number | null;
  refresh_failures: number;
  refresh_at: number | null;
  refresh_lease_until: number | null;
};

export async function readBooks(db: Db, id: string): Promise<RefreshBooks | undefined> {
  const found = await row(
    db,
    sql<BooksRow>`SELECT ${COLUMNS}, c.refreshed_at, c.refresh_failures, c.refresh_at, c.refresh_lease_until FROM credentials c WHERE c.id = ${id}`,
  );
  if (found === undefined) return undefined;
  return {
    credential: toStored(found).credential,
    refreshedAt: Math.max(found.refreshed_at ?? 0, found.connected_at),
    failures: found.refresh_failures,
    nextAt: found.refresh_at ?? undefined,
    leasedUntil: found.refresh_lease_until ?? undefined,
  };
}

/** `interrupted`: whoever was at it before never said how it ended. `pending`: an answer of the provider that was kept and not yet used. */
export type Claimed = { credential: Credential; interrupted: boolean; pending?: Sealed };

/**
 * The gate for every node: of all who want to refresh this version, one gets the lease, and it is on record before the provider hears of anything.
 * Nobody does while the lease of another runs. `always`: it needs no refresh token.
 */
export async function claim(
  db: Db,
  of: { id: string; version: number; lease: string; until: number; now: number; always: boolean },
): Promise<Claimed | undefined> {
  type Row = CredentialRow & { was: 'idle' | 'asking' | 'answered'; refresh_pending: Buffer | null; refresh_pending_key: string | null };
  const found = await row(
    db,
    sql<Row>`WITH prior AS (SELECT id, refresh_state FROM credentials WHERE id = ${of.id} FOR UPDATE)
      UPDATE credentials AS c SET refresh_state = CASE prior.refresh_state WHEN 'answered' THEN 'answered' ELSE 'asking' END,
        refresh_lease = ${of.lease}, refresh_lease_until = ${new Date(of.until)}
      FROM prior WHERE c.id = prior.id AND c.version = ${of.version} AND c.state = 'active' AND (c.refreshable OR ${of.always})
        AND (c.refresh_lease IS NULL OR c.refresh_lease_until <= ${new Date(of.now)})
      RETURNING ${COLUMNS}, prior.refresh_state AS was, c.refresh_pending, c.refresh_pending_key`,
  );
  if (found === undefined) return undefined;
  const pending = found.refresh_pending !== null && found.refresh_pending_key !== null;
  return {
    credential: toStored(found).credential,
    interrupted: found.was === 'asking',
    ...(pending ? { pending: { keyId: found.refresh_pending_key ?? '', sealed: found.refresh_pending ?? Buffer.alloc(0) } } : {}),
  };
}

/** The provider did not answer in a way that helps: the books say when to try again. */
export async function giveBack(db: Db, of: { id: string; lease: string; nextAt: number }): Promise<void> {
  await sql`UPDATE credentials SET refresh_state = CASE refresh_state WHEN 'answered' THEN 'answered' ELSE 'idle' END, refresh_lease = NULL,
      refresh_lease_until = NULL, refresh_failures = refresh_failures + 1, refresh_at = ${new Date(of.nextAt)}
    WHERE id = ${of.id} AND refresh_lease = ${of.lease}`.execute(db);
}

/** The answer could not take the old secret's place (the credential was locked meanwhile): it is kept beside it. False: it was replaced. */
export async function keepPending(db: Db, of: { id: string; lease: string; pending: Sealed }): Promise<boolean> {
  const kept = await touched(
    db,
    sql`UPDATE credentials SET refresh_state = 'answered', refresh_pending = ${of.pending.sealed}, refresh_pending_key = ${of.pending.keyId},
        refresh_lease = NULL, refresh_lease_until = NULL WHERE id = ${of.id} AND refresh_lease = ${of.lease}`,
  );
  return kept > 0;
}

/** Over for good: nobody tries again, and nobody is told twice. Undefined: it was replaced, locked or removed meanwhile. */
export async function failRefresh(db: Db, of: { id: string; version: number; failure: string }): Promise<Credential | undefined> {
  const failed = await row(
    db,
    sql<CredentialRow>`UPDATE credentials AS c SET state = 'failed', failure = ${of.failure}, refresh_state = 'idle', refresh_lease = NULL, refresh_lease_until = NULL,
        refresh_at = NULL, refresh_pending = NULL, refresh_pending_key = NULL, version = c.version + 1
      WHERE c.id = ${of.id} AND c.version = ${of.version} AND c.state = 'active' RETURNING ${COLUMNS}`,
  );
  return failed === undefined ? undefined : toStored(failed).credential;
}

/** What the background is to renew now, the most urgent first. */
export async function dueForRefresh(db: Db, now: number, limit: number): Promise<Credential[]> {
  const found = await rows(
    db,
    sql<CredentialRow>`SELECT ${COLUMNS} FROM credentials c JOIN connections k ON k.id = c.connection_id
      WHERE c.refresh_at <= ${new Date(now)} AND c.state = 'active' AND (c.refreshable OR k.config->>'grant' IN ('client_credentials', 'jwt_bearer')) AND k.state = 'active'
        AND (c.refresh_lease IS NULL OR c.refresh_lease_until <= ${new Date(now)})
      ORDER BY c.refresh_at LIMIT ${limit}`,
  );
  return found.map((one) => toStored(one).credential);
}
