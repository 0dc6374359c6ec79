import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { openWith, sealWith } from '../../base/secretbox.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { DataKeys } from '../keys/data-keys.store.ts';
import type { State } from '../tenants/tenant.ts';
import type { ConnectionConfig } from './config.ts';
import { toConnectionConfig, type Connection } from './connection.ts';
import type { Sealed } from './credential.store.ts';
import { connectionContext } from './envelope.ts';

type Settings = Omit<ConnectionConfig, 'id' | 'name' | 'type' | 'clientSecret'>;
type ConnectionRow = Pick<Connection, 'id' | 'type' | 'name' | 'state' | 'version'> & {
  config: Settings;
  has_secret: boolean;
  created_at: number;
};

const COLUMNS: RawBuilder<unknown> = sql.raw('id, type, name, config, sealed IS NOT NULL AS has_secret, state, version, created_at');

function toConnection({ config, has_secret, created_at, ...found }: ConnectionRow): Connection {
  return { ...config, ...found, hasSecret: has_secret, createdAt: created_at };
}

export async function findConnection(db: Db, id: string): Promise<Connection | undefined> {
  const found = await row(db, sql<ConnectionRow>`SELECT ${COLUMNS} FROM connections WHERE id = ${id}`);
  return found === undefined ? undefined : toConnection(found);
}

export async function listConnections(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<Connection[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`WHERE id > ${page.cursor}`;
  return (await rows(db, sql<ConnectionRow>`SELECT ${COLUMNS} FROM connections ${beyond} ORDER BY id LIMIT ${page.limit}`)).map(
    toConnection,
  );
}

async function sealedSecret(db: Db, id: string): Promise<Sealed | undefined> {
  const found = await row(
    db,
    sql<{ key_id: string | null; sealed: Buffer | null }>`SELECT key_id, sealed FROM connections WHERE id = ${id}`,
  );
  return found === undefined || found.key_id === null || found.sealed === null ? undefined : { keyId: found.key_id, sealed: found.sealed };
}

/** Our own secret at the service; undefined where we have none. */
export async function openClientSecret(db: Db, keys: DataKeys, id: string): Promise<string | undefined> {
  const found = await sealedSecret(db, id);
  return found === undefined
    ? undefined
    : openWith(await keys.opening(found.keyId, db), found.sealed, connectionContext(id)).toString('utf8');
}

/** Creates or replaces by the author's id. A secret that is left out stays; the type of a connection that has credentials does not change. */
export async function putConnection(tx: Tx, keys: DataKeys, input: ConnectionConfig, by: Author): Promise<PutOutcome<Connection>> {
  const { id, type, name = id, clientSecret, ...settings } = input;
  const before = await findConnection(tx, id);
  const secret = clientSecret !== undefined && 'value' in clientSecret ? clientSecret.value : undefined;
  const fresh = secret !== undefined && (before === undefined || (await openClientSecret(tx, keys, id)) !== secret);
  const wanted = { id, type, name, ...settings };
  if (before !== undefined && !fresh && canonical(toConnectionConfig(before)) === canonical(wanted))
    return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  const sealed = fresh ? await sealSecret(tx, keys, id, secret) : undefined;
  const saved = await row(
    tx,
    sql<ConnectionRow>`INSERT INTO connections (id, type, name, config, key_id, sealed)
      VALUES (${id}, ${type}, ${name}, ${JSON.stringify(settings)}, ${sealed?.keyId ?? null}, ${sealed?.sealed ?? null})
      ON CONFLICT (id) DO UPDATE SET type = excluded.type, name = excluded.name, config = excluded.config, version = connections.version + 1,
        key_id = coalesce(excluded.key_id, connections.key_id), sealed = coalesce(excluded.sealed, connections.sealed)
      RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('a connection was not saved');
  const value = toConnection(saved);
  const entry = adminChange({
    kind: 'connection',
    id,
    by,
    before: before && shown(before, 'set'),
    after: shown(value, fresh && before?.hasSecret === true ? 'set anew' : 'set'),
  });
  return { outcome: before === undefined ? 'created' : 'changed', value, entries: [entry], changed: [{ kind: 'connection', key: id }] };
}

/** That there is a secret is said, what it is is not. */
function shown(connection: Connection, secret: string): object {
  return { ...toConnectionConfig(connection), ...(connection.hasSecret ? { clientSecret: secret } : {}) };
}

async function sealSecret(tx: Tx, keys: DataKeys, id: string, secret: string): Promise<Sealed> {
  const { id: keyId, key } = await keys.sealing(tx, '');
  return { keyId, sealed: sealWith(key, secret, connectionContext(id)) };
}

/** How many credentials it has: what has any is not removed and keeps its type, or secrets would be left that nothing leads to. */
export async function countCredentials(db: Db, connection: string): Promise<number> {
  const found = await row(db, sql<{ n: number }>`SELECT count(*) AS n FROM credentials WHERE connection_id = ${connection}`);
  return found?.n ?? 0;
}

/** How many tokens of it are given up, and their service has not heard of it yet. */
export async function countRevocations(db: Db, connection: string): Promise<number> {
  const found = await row(db, sql<{ n: number }>`SELECT count(*) AS n FROM upstream_revocations WHERE connection_id = ${connection}`);
  return found?.n ?? 0;
}

/** The caller has asked {@link countCredentials} in the same transaction; one that came meanwhile is refused by the table. */
export async function removeConnection(tx: Tx, id: string, by: Author): Promise<PutOutcome<Connection> | undefined> {
  const before = await findConnection(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM connections WHERE id = ${id}`)) === 0) return undefined;
  const entry = adminChange({ kind: 'connection', id, by, before: shown(before, 'set'), after: undefined });
  return { outcome: 'removed', value: before, entries: [entry], changed: [{ kind: 'connection', key: id }] };
}

/** False when nothing moved (already there, unknown, or revoked, which is final). */
export async function setConnectionState(tx: Tx, id: string, state: State, reason: string): Promise<boolean> {
  return (
    (await touched(
      tx,
      sql`UPDATE connections SET state = ${state}, state_reason = ${reason}, version = version + 1 WHERE id = ${id} AND state <> ${state} AND state <> 'revoked'`,
    )) > 0
  );
}
