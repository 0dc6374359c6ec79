import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../../base/db.ts';
import type { FieldFault } from '../../../base/http/admin.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { SecretBox } from '../../../base/secretbox.ts';
import type { Author, PutOutcome } from '../../audit/author.ts';
import { adminChange } from '../../audit/change.ts';
import { toFlowSecretConfig, type FlowSecret, type FlowSecretConfig } from './secret.ts';

type SecretRow = { id: string; hosts: string[]; version: number; created_at: number };

const COLUMNS: RawBuilder<unknown> = sql.raw('id, hosts, version, created_at');

function toSecret({ id, hosts, version, created_at }: SecretRow): FlowSecret {
  return { id, hosts, version, createdAt: created_at };
}

const contextOf = (id: string): string => `flow-secret/${id}`;

export async function findFlowSecret(db: Db, id: string): Promise<FlowSecret | undefined> {
  const found = await row(db, sql<SecretRow>`SELECT ${COLUMNS} FROM flow_secrets WHERE id = ${id}`);
  return found === undefined ? undefined : toSecret(found);
}

export async function listFlowSecrets(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<FlowSecret[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`WHERE id > ${page.cursor}`;
  return (await rows(db, sql<SecretRow>`SELECT ${COLUMNS} FROM flow_secrets ${beyond} ORDER BY id LIMIT ${page.limit}`)).map(toSecret);
}

/** The value, for the one call that sends it, and where it may go. */
export async function openFlowSecret(db: Db, box: SecretBox, id: string): Promise<{ value: string; hosts: readonly string[] } | undefined> {
  const found = await row(db, sql<{ hosts: string[]; sealed: Buffer }>`SELECT hosts, sealed FROM flow_secrets WHERE id = ${id}`);
  return found === undefined ? undefined : { value: box.open(found.sealed, contextOf(id)).toString('utf8'), hosts: found.hosts };
}

/** Creates or replaces by name. A value that is left out stays, as long as it goes nowhere else. */
export async function putFlowSecret(
  tx: Tx,
  box: SecretBox,
  input: FlowSecretConfig,
  by: Author,
): Promise<Result<PutOutcome<FlowSecret>, FieldFault>> {
  const { id, hosts, value: given } = input;
  if (given !== undefined && !('value' in given))
    return fail({ field: 'value', message: 'a reference that only the config file can hold' });
  const before = await findFlowSecret(tx, id);
  if (given === undefined && before === undefined)
    return fail({ field: 'value', message: 'there is none of this name yet, so it is needed' });
  // Who may change where a secret goes must not thereby learn it.
  if (given === undefined && hosts.some((host) => before?.hosts.includes(host) !== true))
    return fail({ field: 'value', message: 'it would go somewhere else now, so it has to be given again' });
  const fresh = given !== undefined && (before === undefined || (await openFlowSecret(tx, box, id))?.value !== given.value);
  if (before !== undefined && !fresh && canonical(before.hosts) === canonical(hosts))
    return ok({ outcome: 'unchanged', value: before, entries: [], changed: [] });
  const sealed = fresh ? box.seal(given.value, contextOf(id)) : null;
  const saved = await row(
    tx,
    sealed === null
      ? sql<SecretRow>`UPDATE flow_secrets SET hosts = ${hosts}, version = version + 1 WHERE id = ${id} RETURNING ${COLUMNS}`
      : sql<SecretRow>`INSERT INTO flow_secrets (id, hosts, sealed) VALUES (${id}, ${hosts}, ${sealed})
          ON CONFLICT (id) DO UPDATE SET hosts = excluded.hosts, sealed = excluded.sealed, version = flow_secrets.version + 1 RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('a secret of flows was not saved');
  const value = toSecret(saved);
  const entry = adminChange({
    kind: 'flow secret',
    id,
    by,
    before: before && { ...toFlowSecretConfig(before), value: 'set' },
    after: { ...toFlowSecretConfig(value), value: fresh && before !== undefined ? 'set anew' : 'set' },
  });
  return ok({ outcome: before === undefined ? 'created' : 'changed', value, entries: [entry], changed: [] });
}

export async function removeFlowSecret(tx: Tx, id: string, by: Author): Promise<PutOutcome<FlowSecret> | undefined> {
  const before = await findFlowSecret(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM flow_secrets WHERE id = ${id}`)) === 0) return undefined;
  const entry = adminChange({
    kind: 'flow secret',
    id,
    by,
    before: { ...toFlowSecretConfig(before), value: 'set' },
    after: undefined,
  });
  return { outcome: 'removed', value: before, entries: [entry], changed: [] };
}
