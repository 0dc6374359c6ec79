import { sql } from 'kysely';
import { touched, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { Done } from '../audit/deed.store.ts';
import { isUsable, usesSecret, type Client, type ClientSecret } from './client.ts';
import { insertSecret, lockClient } from './store.ts';

/** A client has at most this many secrets that open something: a rotation needs two. */
const MAX_USABLE = 10;

export type SecretFault = 'unknown_client' | 'unknown_secret' | 'no_secret_method' | 'too_many';
export type IssuedSecret = Done & { id: string; secret: string; client: Client };

/** Makes a secret that is told once, here. `expiresAt` absent: until it is revoked. */
export async function issueSecret(
  tx: Tx,
  of: { clientId: string; name: string; expiresAt?: number | undefined; now: number; by: Author },
): Promise<Result<IssuedSecret, SecretFault>> {
  const client = await lockClient(tx, of.clientId);
  if (client === undefined) return fail('unknown_client');
  if (!usesSecret(client.authMethod)) return fail('no_secret_method');
  if (client.secrets.filter((secret) => isUsable(secret, of.now)).length >= MAX_USABLE) return fail('too_many');
  const secret = newSecret();
  const id = newId('sec', of.now);
  const expiry = of.expiresAt === undefined ? {} : { expiresAt: of.expiresAt };
  await insertSecret(tx, of.clientId, { id, name: of.name, digest: digest(secret), origin: 'issued', createdAt: of.now, ...expiry });
  return ok({ id, secret, client, ...(await noted(tx, client, of.by, { secretAdded: id, name: of.name, ...expiry })) });
}

/** Makes the successor of a secret; the old one opens for `overlapMs` longer, so that nobody stands outside in between. */
export async function rotateSecret(
  tx: Tx,
  of: { clientId: string; secretId: string; overlapMs: number; now: number; by: Author },
): Promise<Result<IssuedSecret, SecretFault>> {
  const client = await lockClient(tx, of.clientId);
  if (client === undefined) return fail('unknown_client');
  const old = usable(client, of.secretId, of.now);
  if (old === undefined) return fail('unknown_secret');
  const ends = Math.min(old.expiresAt ?? Infinity, of.now + of.overlapMs);
  // From here on it is no longer the config file's: applying the file again must not make it last.
  await sql`UPDATE client_secrets SET expires_at = ${new Date(ends)}, origin = 'issued' WHERE id = ${old.id}`.execute(tx);
  const next = await issueSecret(tx, { clientId: of.clientId, name: old.name, now: of.now, by: of.by });
  if (!next.ok) return next;
  const noting = await noted(tx, client, of.by, { secretRotated: old.id, ends });
  return ok({ ...next.value, entries: [...next.value.entries, ...noting.entries] });
}

/** Ends a secret at once. */
export async function revokeSecret(tx: Tx, of: { clientId: string; secretId: string; by: Author }): Promise<Result<Done, SecretFault>> {
  const client = await lockClient(tx, of.clientId);
  if (client === undefined) return fail('unknown_client');
  const count = await touched(
    tx,
    sql`UPDATE client_secrets SET state = 'revoked' WHERE id = ${of.secretId} AND client_id = ${of.clientId} AND state = 'active'`,
  );
  return count === 0 ? fail('unknown_secret') : ok(await noted(tx, client, of.by, { secretRevoked: of.secretId }));
}

function usable(client: Client, secretId: string, now: number): ClientSecret | undefined {
  return client.secrets.find((secret) => secret.id === secretId && isUsable(secret, now));
}

async function noted(tx: Tx, { id }: Client, by: Author, after: object): Promise<Done> {
  await sql`UPDATE clients SET version = version + 1 WHERE id = ${id}`.execute(tx);
  return {
    entries: [adminChange({ kind: 'client', id, by, before: {}, after, type: 'client.changed' })],
    changed: [{ kind: 'client', key: id }],
  };
}
