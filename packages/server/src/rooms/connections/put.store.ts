import { row, type Tx } from '../../base/db.ts';
import { sql } from 'kysely';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import type { DataKeys } from '../keys/data-keys.store.ts';
import type { ConnectionConfig } from './config.ts';
import type { Connection } from './connection.ts';
import { kindFault, secretIn, unresolvedIn, type CredentialConfig } from './credential-config.ts';
import { findCredential, holdSlot } from './credential.store.ts';
import type { Credential, Owner } from './credential.ts';
import { movedFault } from './destination.ts';
import { countCredentials, countRevocations, findConnection, putConnection } from './store.ts';
import type { Vault } from './vault.store.ts';

type Fault = { field: string; message: string };

/** As the author wants it, or what stands against it. */
export async function applyConnection(
  tx: Tx,
  keys: DataKeys,
  input: ConnectionConfig,
  by: Author,
): Promise<Result<PutOutcome<Connection>, Fault>> {
  if (input.clientSecret !== undefined && !('value' in input.clientSecret))
    return fail({ field: 'clientSecret', message: 'a reference that only the config file can hold' });
  const before = await findConnection(tx, input.id);
  if (before?.state === 'revoked') return fail({ field: 'id', message: 'this connection is revoked: remove it, or choose another id' });
  const held = before === undefined ? 0 : await countCredentials(tx, input.id);
  if (before !== undefined && before.type !== input.type && held > 0)
    return fail({ field: 'type', message: `it has credentials of type ${before.type}; remove them first` });
  // Tokens that were given up wait for their service too (disconnect.store.ts).
  const moved = before === undefined ? undefined : movedFault(before, input, held + (await countRevocations(tx, input.id)));
  if (moved !== undefined) return fail(moved);
  const absent = await absentOf(tx, 'tenants', input.tenants);
  if (absent !== undefined) return fail({ field: 'tenants', message: `there is no tenant ${absent}` });
  return ok(await putConnection(tx, keys, input, by));
}

/** As the author wants it. Without a secret the one that is there stays, and there has to be one. */
export async function applyCredential(
  tx: Tx,
  vault: Vault,
  input: CredentialConfig,
  by: Author,
  origin: Credential['origin'] = 'admin',
): Promise<Result<PutOutcome<Credential>, Fault>> {
  const connection = await findConnection(tx, input.connection);
  if (connection === undefined) return fail({ field: 'connection', message: `there is no connection ${input.connection}` });
  if (connection.state === 'revoked') return fail({ field: 'connection', message: 'it is revoked' });
  const unresolved = unresolvedIn(input);
  const secret = secretIn(input);
  if (unresolved !== undefined || !secret.ok) return fail(unresolved ?? { field: 'value', message: 'is not well-formed' });
  const wrong = secret.value === undefined ? undefined : kindFault(connection.type, secret.value.kind);
  if (wrong !== undefined) return fail({ field: 'connection', message: wrong });
  const slot = { connection: input.connection, owner: input.owner, label: input.label };
  const obstacle = (await ownerObstacle(tx, input.owner)) ?? (await idObstacle(tx, input));
  if (obstacle !== undefined) return fail(obstacle);
  const before = await holdSlot(tx, slot);
  if (secret.value === undefined) {
    if (before === undefined) return fail({ field: 'value', message: 'there is no such credential yet, so its secret is needed' });
    return ok({ outcome: 'unchanged', value: before.credential, entries: [], changed: [] });
  }
  const granted = input.scopes ?? before?.credential.granted ?? [];
  const expiresAt = input.expiresAt === undefined ? undefined : Date.parse(input.expiresAt);
  return ok(await vault.put(tx, { ...slot, id: input.id, secret: secret.value, granted, asked: granted, expiresAt, origin }, by));
}

async function ownerObstacle(tx: Tx, { user, tenant, agent }: Owner): Promise<Fault | undefined> {
  for (const [kind, id] of [
    ['users', user],
    ['tenants', tenant],
    ['agents', agent],
  ] as const) {
    const absent = id === undefined ? undefined : await absentOf(tx, kind, [id]);
    if (absent !== undefined) return { field: `owner.${kind.slice(0, -1)}`, message: `there is no ${kind.slice(0, -1)} ${absent}` };
  }
  return undefined;
}

/** An id names one slot for ever: a credential does not change hands. */
async function idObstacle(tx: Tx, input: CredentialConfig): Promise<Fault | undefined> {
  if (input.id === undefined) return undefined;
  const named = await findCredential(tx, input.id);
  const held = await holdSlot(tx, input);
  if (held !== undefined && held.credential.id !== input.id)
    return { field: 'id', message: `this owner’s credential has the id ${held.credential.id}` };
  return named !== undefined && held === undefined ? { field: 'id', message: 'another credential has this id' } : undefined;
}

/** The first of these ids that is nobody, or somebody who was removed. */
async function absentOf(tx: Tx, table: 'users' | 'tenants' | 'agents', ids: readonly string[]): Promise<string | undefined> {
  const found = await row(
    tx,
    sql<{ id: string }>`SELECT w.id FROM unnest(${[...ids]}::text[]) AS w(id)
      WHERE NOT EXISTS (SELECT 1 FROM ${sql.table(table)} o WHERE o.id = w.id AND o.state <> 'revoked') LIMIT 1`,
  );
  return found?.id;
}
