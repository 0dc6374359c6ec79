import { sql } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { emailKey } from '../users/email.ts';
import type { Transmitter } from './transmitter.ts';
import type { SimpleSubject } from './subject.ts';

/** `fresh`: never seen, or seen and then we died. `done`: heeded before. One INSERT decides; reading first would lose the race. */
export async function beginSet(db: Db, of: { transmitterId: string; jti: string; now: number }): Promise<'fresh' | 'done'> {
  const begun = await touched(
    db,
    sql`INSERT INTO transmitter_sets (transmitter_id, jti, received_at) VALUES (${of.transmitterId}, ${of.jti}, ${new Date(of.now)}) ON CONFLICT DO NOTHING`,
  );
  if (begun === 1) return 'fresh';
  const found = await row(
    db,
    sql<{ done: boolean }>`SELECT done FROM transmitter_sets WHERE transmitter_id = ${of.transmitterId} AND jti = ${of.jti}`,
  );
  return found?.done === true ? 'done' : 'fresh';
}

/** True for the one who finishes it, and so writes its entry. */
export async function finishSet(tx: Tx, of: { transmitterId: string; jti: string; now: number }): Promise<boolean> {
  const done = await touched(
    tx,
    sql`UPDATE transmitter_sets SET done = true WHERE transmitter_id = ${of.transmitterId} AND jti = ${of.jti} AND NOT done`,
  );
  if (done > 0)
    await sql`UPDATE transmitters SET heard = heard + 1, heard_at = ${new Date(of.now)} WHERE id = ${of.transmitterId}`.execute(tx);
  return done > 0;
}

/** Ids that are older than any SET that would still be taken. */
export function sweepSets(db: Db, before: number): Promise<number> {
  return touched(db, sql`DELETE FROM transmitter_sets WHERE received_at < ${new Date(before)}`);
}

/**
 * Whom a subject of this transmitter is here: by the provider that it speaks for and that provider's subject, or by an address of a domain that is its own.
 * Of a tenant: members of the tenant and nobody else, also when they are on hold.
 */
export async function whoIs(db: Db, transmitter: Transmitter, person: SimpleSubject): Promise<string | undefined> {
  const { tenant } = transmitter;
  const member =
    tenant === undefined ? sql`` : sql`AND EXISTS (SELECT 1 FROM user_tenants m WHERE m.user_id = u.id AND m.tenant_id = ${tenant})`;
  if (person.format === 'iss_sub' && transmitter.provider !== undefined) {
    const found = await row(
      db,
      sql<{
        id: string;
      }>`SELECT u.id FROM identity_providers p JOIN provider_users l ON l.provider_id = p.id JOIN users u ON u.id = l.user_id
        WHERE p.id = ${transmitter.provider} AND p.provider ->> 'issuer' = ${person.iss} AND p.provider ->> 'tenant' IS NOT DISTINCT FROM ${tenant ?? null}
          AND l.subject = ${person.sub} AND u.state <> 'revoked' ${member}`,
    );
    return found?.id;
  }
  if (person.format !== 'email') return undefined;
  const key = emailKey(person.email);
  const domain = key?.split('@')[1];
  if (key === undefined || domain === undefined || !transmitter.domains.includes(domain)) return undefined;
  const owned =
    tenant === undefined ? sql`` : sql`AND EXISTS (SELECT 1 FROM tenants t WHERE t.id = ${tenant} AND ${domain} = ANY(t.domains))`;
  // An address that nobody has proven says nothing about whose it is.
  const found = await row(
    db,
    sql<{
      id: string;
    }>`SELECT u.id FROM users u WHERE u.email_key = ${key} AND u.email_verified_at IS NOT NULL AND u.state <> 'revoked' ${member} ${owned}`,
  );
  return found?.id;
}

export type HoldRow = { userId: string; tenant: string | null; at: number; saidAt: number };

/** `tenant` '': as a user of the whole hub. */
export type HoldKey = { transmitterId: string; userId: string; tenant: string };

/** Held, as its transmitter said at `saidAt`: again, if it said so before. */
export async function noteHold(tx: Db, of: HoldKey & { now: number; saidAt: number }): Promise<void> {
  await sql`INSERT INTO transmitter_holds AS h (transmitter_id, user_id, tenant, at, said_at)
    VALUES (${of.transmitterId}, ${of.userId}, ${of.tenant}, ${new Date(of.now)}, ${new Date(of.saidAt)})
    ON CONFLICT (transmitter_id, user_id, tenant) DO UPDATE SET said_at = greatest(h.said_at, excluded.said_at)`.execute(tx);
}

/** Said again of somebody who is held already. */
export async function saidAgain(db: Db, of: HoldKey & { saidAt: number }): Promise<void> {
  await sql`UPDATE transmitter_holds SET said_at = greatest(said_at, ${new Date(of.saidAt)}::timestamptz)
    WHERE transmitter_id = ${of.transmitterId} AND user_id = ${of.userId} AND tenant = ${of.tenant}`.execute(db);
}

/** `saidAt`: what was said before the hold lets nobody go; absent: an administrator says so, now. */
export async function dropHold(tx: Db, of: HoldKey & { saidAt?: number | undefined }): Promise<boolean> {
  const newer = of.saidAt === undefined ? sql`` : sql`AND said_at <= ${new Date(of.saidAt)}`;
  return (
    (await touched(
      tx,
      sql`DELETE FROM transmitter_holds WHERE transmitter_id = ${of.transmitterId} AND user_id = ${of.userId} AND tenant = ${of.tenant} ${newer}`,
    )) > 0
  );
}

export async function holdsOf(
  db: Db,
  transmitterId: string,
  page: { limit: number; cursor?: string | undefined } = { limit: 1_000 },
  userId?: string,
): Promise<HoldRow[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`AND user_id > ${page.cursor}`;
  const only = userId === undefined ? sql`` : sql`AND user_id = ${userId}`;
  return rows(
    db,
    sql<HoldRow>`SELECT user_id AS "userId", nullif(tenant, '') AS tenant, at, said_at AS "saidAt" FROM transmitter_holds WHERE transmitter_id = ${transmitterId} ${beyond} ${only}
      ORDER BY user_id, tenant LIMIT ${page.limit}`,
  );
}

/** The user's live grants in a tenant: what tokens at resource servers name. */
export async function grantsIn(db: Db, of: { userId: string; tenant: string }): Promise<string[]> {
  const found = await rows(
    db,
    sql<{ id: string }>`SELECT id FROM grants WHERE user_id = ${of.userId} AND tenant_id = ${of.tenant} AND state = 'active' ORDER BY id`,
  );
  return found.map(({ id }) => id);
}

/** Whether the user is frozen by this very word. */
export async function isFrozenBy(db: Db, userId: string, reason: string): Promise<boolean> {
  return (await row(db, sql`SELECT 1 FROM users WHERE id = ${userId} AND state = 'frozen' AND state_reason = ${reason}`)) !== undefined;
}
