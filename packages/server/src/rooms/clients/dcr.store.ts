import { sql } from 'kysely';
import { row, type Db, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId } from '../../base/ids.ts';
import { holdName } from '../../base/lock.ts';
import { usesSecret } from './client.ts';
import { fingerprint } from './fingerprint.ts';
import type { Described } from './metadata.ts';
import { insertSecret } from './store.ts';

/** How many registrations may be made and kept: per address and hour, and of those that nobody ever consented to. */
export type RegistrationCaps = { perHour: number; unconsented: number };

const HOUR_MS = 3_600_000;

/**
 * Whether the database says there are enough: exact, because registrations from one address wait for each other here. Undefined when there
 * is room for one more in this transaction.
 */
export async function capReached(
  tx: Tx,
  from: string,
  caps: RegistrationCaps,
  now: number,
): Promise<'too_many_per_hour' | 'too_many_unconsented' | undefined> {
  await holdName(tx, `registrations from ${from}`);
  const found = await row(
    tx,
    sql<{ recent: number; waiting: number }>`SELECT
      (SELECT count(*) FROM clients WHERE registration_type = 'dcr' AND registered_from = ${from} AND created_at > ${new Date(now - HOUR_MS)}) AS recent,
      (SELECT count(*) FROM (SELECT 1 FROM clients WHERE registration_type IN ('dcr', 'cimd') AND consented_at IS NULL LIMIT ${caps.unconsented}) AS w) AS waiting`,
  );
  if ((found?.recent ?? 0) >= caps.perHour) return 'too_many_per_hour';
  return (found?.waiting ?? 0) >= caps.unconsented ? 'too_many_unconsented' : undefined;
}

export type NewRegistration = {
  id: string;
  described: Described;
  from: string;
  registrationToken: string;
  secret: string | undefined;
  now: number;
};

/** Inserts a dynamic registration; its secret and its registration token are kept as digests. */
export async function insertRegistration(tx: Tx, { id, described, from, registrationToken, secret, now }: NewRegistration): Promise<void> {
  const { name, redirectUris, grants, authMethod, jwks, jwksUri, metadata, protections } = described;
  await sql`INSERT INTO clients (id, name, registration_type, public, grants, redirect_uris, auth_method, jwks, jwks_uri, metadata, settings, fingerprint, registration_token_digest, registered_from, created_at)
    VALUES (${id}, ${name}, 'dcr', ${authMethod === 'none'}, ${grants}, ${redirectUris}, ${authMethod}, ${jwks === undefined ? null : JSON.stringify(jwks)}, ${jwksUri ?? null},
      ${JSON.stringify(metadata)}, ${JSON.stringify(protections)}, ${fingerprint(name, redirectUris)}, ${digest(registrationToken)}, ${from}, ${new Date(now)})`.execute(
    tx,
  );
  if (secret !== undefined && usesSecret(authMethod)) {
    await insertSecret(tx, id, { id: newId('sec', now), name: 'registered', digest: digest(secret), origin: 'issued', createdAt: now });
  }
}

/** Replaces what the client says of itself. What was evident of the old words is not of the new: it is unverified again. */
export async function updateRegistration(
  tx: Tx,
  id: string,
  { name, redirectUris, grants, jwks, jwksUri, metadata, protections }: Described,
): Promise<void> {
  await sql`UPDATE clients SET name = ${name}, redirect_uris = ${redirectUris}, grants = ${grants}, jwks = ${jwks === undefined ? null : JSON.stringify(jwks)},
      jwks_uri = ${jwksUri ?? null}, metadata = ${JSON.stringify(metadata)}, settings = ${JSON.stringify(protections)}, fingerprint = ${fingerprint(name, redirectUris)}, status = 'unverified', version = version + 1
    WHERE id = ${id} AND registration_type = 'dcr'`.execute(tx);
}

/** Digest of the token that manages this registration; undefined for clients that did not register by themselves. */
export async function findRegistrationDigest(db: Db, id: string): Promise<string | undefined> {
  const found = await row(
    db,
    sql<{ digest: string | null }>`SELECT registration_token_digest AS digest FROM clients WHERE id = ${id} AND registration_type = 'dcr'`,
  );
  return found?.digest ?? undefined;
}
