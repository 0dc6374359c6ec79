import { sql } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import type { Change } from '../../base/changes.ts';
import { row, touched, type Db, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newSecret } from '../../base/ids.ts';
import { holdName } from '../../base/lock.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { State } from '../tenants/tenant.ts';
import type { Client, ClientSecret } from './client.ts';
import { secretName, toClientConfig, type ClientConfig } from './config.ts';
import { noteHostDrift } from './drift.store.ts';
import { CONSOLE_CLIENT_ID } from './reserved.ts';
import { COLUMNS, toClient, type ClientRow } from './row.store.ts';
import { WORKLOAD_CHANGE } from './workloads.store.ts';
import { changesNothing, describePlan, planSecrets, type ListedSecret, type SecretPlan } from './secrets.ts';

export async function findClient(db: Db, id: string): Promise<Client | undefined> {
  const found = await row(db, sql<ClientRow>`SELECT ${COLUMNS} FROM clients c WHERE c.id = ${id}`);
  return found === undefined ? undefined : toClient(found);
}

/** The network address that a dynamic registration came from. */
export async function registeredFrom(db: Db, id: string): Promise<string | undefined> {
  const found = await row(db, sql<{ from: string | null }>`SELECT registered_from AS "from" FROM clients WHERE id = ${id}`);
  return found?.from ?? undefined;
}

/** Reads for a change: whoever else wants to create or change the same client waits until this transaction ends. */
export async function lockClient(tx: Tx, id: string): Promise<Client | undefined> {
  await holdName(tx, `client ${id}`);
  await sql`SELECT 1 FROM clients WHERE id = ${id} FOR UPDATE`.execute(tx);
  return findClient(tx, id);
}

/**
 * Creates or replaces a client that an administrator or the config file describes. Given secrets are digested here and forgotten.
 * A client that registered by itself cannot have such an id (see config.ts), so nothing of theirs is ever replaced.
 */
export async function putClient(tx: Tx, input: ClientConfig, by: Author): Promise<PutOutcome<Client>> {
  const before = await lockClient(tx, input.id);
  const plan = planSecrets(before?.secrets ?? [], listedSecrets(input));
  const { secrets: _, ...auth } = input.auth;
  const unchanged = before !== undefined && canonical(toClientConfig(before)) === canonical({ ...input, auth }) && changesNothing(plan);
  if (unchanged) return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  await save(tx, input);
  await applyPlan(tx, input.id, plan);
  const value = await findClient(tx, input.id);
  if (value === undefined) throw new Error('a client was not saved');
  const entry = adminChange({
    kind: 'client',
    id: input.id,
    by,
    before: before && toClientConfig(before),
    after: { ...toClientConfig(value), ...describePlan(plan) },
    type: before === undefined ? 'client.registered' : 'client.changed',
  });
  // The hub's own console goes where the hub goes.
  const drifted = before === undefined || input.id === CONSOLE_CLIENT_ID ? [] : await noteHostDrift(tx, { before, after: value }, by);
  return { outcome: before === undefined ? 'created' : 'changed', value, entries: [entry, ...drifted], changed: changesOf(before, value) };
}

function listedSecrets(input: ClientConfig): ListedSecret[] | undefined {
  return input.auth.secrets?.map((secret, index) => {
    if (!('value' in secret)) throw new Error('a secret reference was not resolved before the put');
    const { expiresAt } = secret;
    return {
      name: secretName(secret, index),
      digest: digest(secret.value),
      ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
    };
  });
}

async function save(tx: Tx, input: ClientConfig): Promise<void> {
  const { id, name, kind, grants, redirectUris, auth, tags, owner, tenants, scopes, firstParty, settings } = input;
  const jwks = auth.jwks === undefined ? null : JSON.stringify(auth.jwks);
  const rules = input.workload === undefined ? null : JSON.stringify(input.workload);
  const registrationType = input.workload === undefined ? 'manual' : 'workload';
  await sql`INSERT INTO clients AS c (id, name, registration_type, status, kind, public, grants, redirect_uris, auth_method, jwks, jwks_uri, workload, tags, owner, tenants, scopes, first_party, settings)
    VALUES (${id}, ${name}, ${registrationType}, 'verified', ${kind}, ${input.public}, ${grants}, ${redirectUris}, ${auth.method}, ${jwks}, ${auth.jwksUri ?? null}, ${rules},
      ${tags}, ${owner ?? null}, ${tenants}, ${scopes ?? null}, ${firstParty}, ${JSON.stringify(settings)})
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, registration_type = excluded.registration_type, workload = excluded.workload, kind = excluded.kind, public = excluded.public, grants = excluded.grants,
      redirect_uris = excluded.redirect_uris, auth_method = excluded.auth_method, jwks = excluded.jwks, jwks_uri = excluded.jwks_uri, tags = excluded.tags,
      owner = excluded.owner, tenants = excluded.tenants, scopes = excluded.scopes, first_party = excluded.first_party, settings = excluded.settings,
      version = c.version + 1`.execute(tx);
}

async function applyPlan(tx: Tx, clientId: string, plan: SecretPlan): Promise<void> {
  for (const secret of plan.add) await insertSecret(tx, clientId, { ...secret, id: `sec_${newSecret(12)}`, origin: 'config' });
  for (const secret of plan.change) {
    await sql`UPDATE client_secrets SET name = ${secret.name}, expires_at = ${time(secret.expiresAt)} WHERE id = ${secret.id}`.execute(tx);
  }
  for (const id of plan.revoke) await sql`UPDATE client_secrets SET state = 'revoked' WHERE id = ${id}`.execute(tx);
}

/** Adds a secret to a client. `createdAt` absent: the database's time, for entries that come from a config file. */
export async function insertSecret(
  tx: Tx,
  clientId: string,
  secret: ListedSecret & { id: string; origin: ClientSecret['origin']; createdAt?: number },
): Promise<void> {
  await sql`INSERT INTO client_secrets (id, client_id, name, digest, origin, expires_at, created_at)
    VALUES (${secret.id}, ${clientId}, ${secret.name}, ${secret.digest}, ${secret.origin}, ${time(secret.expiresAt)}, coalesce(${time(secret.createdAt)}::timestamptz, now()))`.execute(
    tx,
  );
}

function time(at: number | undefined): Date | null {
  return at === undefined ? null : new Date(at);
}

/** Removes the client and its secrets. What it was issued refers to it by id and finds nobody: every later use answers invalid_client. */
export async function removeClient(tx: Tx, id: string, by: Author): Promise<PutOutcome<Client> | undefined> {
  const before = await lockClient(tx, id);
  if (before === undefined) return undefined;
  await sql`DELETE FROM clients WHERE id = ${id}`.execute(tx);
  await sql`DELETE FROM cimd_documents WHERE url = ${id}`.execute(tx);
  const entry = adminChange({ kind: 'client', id, by, before: toClientConfig(before), after: undefined, type: 'client.removed' });
  return { outcome: 'removed', value: before, entries: [entry], changed: changesOf(before, before) };
}

/** Trust rules are kept together in memory, so a client that has or had some is told of there as well. */
function changesOf(before: Client | undefined, after: Client): Change[] {
  const known = before?.workload !== undefined || after.workload !== undefined;
  return [{ kind: 'client', key: after.id }, ...(known ? [{ kind: WORKLOAD_CHANGE, key: after.id }] : [])];
}

/** Moves the state; false when nothing moved (already there, unknown, or revoked, which is final). */
export async function setClientState(tx: Tx, id: string, state: State, reason: string): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`UPDATE clients SET state = ${state}, state_reason = ${reason}, version = version + 1 WHERE id = ${id} AND state <> ${state} AND state <> 'revoked'`,
    )) > 0
  );
}

/**
 * A user consented: from now on the registration is live and never swept. False when it is gone (swept at this very moment), and then
 * nothing may be granted to it. Safe to repeat.
 */
export async function markConsented(tx: Tx, id: string, now: number): Promise<boolean> {
  const first = await touched(tx, sql`UPDATE clients SET consented_at = ${new Date(now)} WHERE id = ${id} AND consented_at IS NULL`);
  // Later consents only read: a row rewritten at every login would grow its table for nothing.
  return first > 0 || (await row(tx, sql`SELECT 1 FROM clients WHERE id = ${id} FOR KEY SHARE`)) !== undefined;
}
