import { sql } from 'kysely';
import { row, type Database, type Tx } from '../../../base/db.ts';
import { fail, ok } from '../../../base/result.ts';
import { commitDeed, type Done } from '../../audit/deed.store.ts';
import type { Audit } from '../../audit/store.ts';
import type { Connection } from '../../connections/connection.ts';
import { findFor } from '../../connections/credential.store.ts';
import type { Owner } from '../../connections/credential.ts';
import { isLabel } from '../../connections/hand-out.ts';
import type { Vault } from '../../connections/vault.store.ts';
import type { AnswerOf, EffectOf, Standing } from '../world.ts';
import { findDeed, takeDeed } from './deeds.store.ts';
import { authorOf, connectionFault, ownerOf, personOf, serves } from './whose.ts';

export type CredentialEffectsDeps = {
  database: Pick<Database, 'db'>;
  audit: Audit;
  vault: Pick<Vault, 'put'>;
  connections: { byId(id: string): Connection | undefined };
};

type StoreAnswer = AnswerOf<'done' | 'failed'>;
const failed = (reason: string): StoreAnswer => ({ kind: 'failed', reason });

/** Is there an account of exactly that owner, with these scopes, that works. */
export async function findConnection(
  deps: CredentialEffectsDeps,
  of: EffectOf<'findConnection'>,
  at: Standing,
): Promise<AnswerOf<'connectionFound'>> {
  const connection = deps.connections.byId(of.connection);
  const owner = ownerOf(of.owner, at);
  if (connection === undefined || owner === undefined || connectionFault(connection, owner) !== undefined)
    return { kind: 'connectionFound', connected: false };
  const found = await findFor(deps.database.db, { connection: of.connection, owners: [owner] });
  return { kind: 'connectionFound', connected: found !== undefined && serves(found.credential, connection, of.scopes, at.now) };
}

/** What goes into the header of a call, and nothing that could end it. */
const KEY = /^[\x20-\x7e]{1,8192}$/;

/**
 * A key that a call brought goes into the vault, once for this visit of the node. Its value passes from the journey's safe to the vault and is
 * named nowhere: not in the entry, not in the answer.
 */
export async function storeCredential(deps: CredentialEffectsDeps, of: EffectOf<'storeCredential'>, at: Standing): Promise<StoreAnswer> {
  const { connection: id, label = '', key } = of;
  const visited = { journeyId: at.journey.id, key };
  if ((await findDeed(deps.database.db, visited)) !== undefined) return finish(of, at);
  const owner = ownerOf(of.owner, at);
  if (owner === undefined) return failed('no_owner');
  const connection = deps.connections.byId(id);
  const fault = connectionFault(connection, owner) ?? (connection?.type === 'api_key' ? undefined : 'connection_takes_no_key');
  if (fault !== undefined) return failed(fault);
  if (!isLabel(label)) return failed('bad_label');
  const value = await at.secret(of.secret);
  if (value === undefined) return failed('no_secret');
  if (!KEY.test(value)) return failed('not_a_key');
  const kept = await commitDeed<Done, string>(deps.audit, async (tx) => {
    if (!(await stands(tx, personOf(at) ?? '', owner))) return fail('owner_gone');
    if (!(await takeDeed(tx, visited, 'storeCredential', at.now))) return ok({ entries: [], changed: [] });
    const put = { connection: id, owner, label, secret: { kind: 'api_key' as const, value }, origin: 'flow' as const };
    return ok(await deps.vault.put(tx, put, authorOf(at)));
  });
  return kept.ok ? finish(of, at) : failed(kept.error);
}

async function finish(of: EffectOf<'storeCredential'>, at: Standing): Promise<StoreAnswer> {
  await at.forget(of.secret);
  return { kind: 'done' };
}

/** Looked up inside: somebody who was stopped, or left the tenant, a moment ago gets no key. A member's flow stores for their own tenant only. */
async function stands(tx: Tx, userId: string, { tenant }: Owner): Promise<boolean> {
  const found = await row(
    tx,
    sql`SELECT 1 FROM users u WHERE u.id = ${userId} AND u.state = 'active' AND (${tenant ?? null}::text IS NULL OR EXISTS (
      SELECT 1 FROM user_tenants m JOIN tenants t ON t.id = m.tenant_id
      WHERE m.user_id = u.id AND m.tenant_id = ${tenant ?? null} AND m.held_by IS NULL AND t.state = 'active')) FOR SHARE OF u`,
  );
  return found !== undefined;
}
