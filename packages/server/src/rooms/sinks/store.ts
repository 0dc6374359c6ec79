import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { toBooks, type BooksRow } from './books.ts';
import type { SinkConfig } from './config.ts';
import { beginHere, SINK_CURSORS } from './cursor.store.ts';
import { secretContext, toSinkConfig, type Sink, type SinkSettings } from './sink.ts';
import { secretFault } from './webhook-secret.ts';

type SinkRow = BooksRow &
  Pick<Sink, 'id' | 'type' | 'name' | 'state' | 'version'> & {
    config: SinkSettings;
    has_secret: boolean;
    created_at: number;
  };

/** Each of them is a label of metrics and reads the record once more. */
export const MOST_SINKS = 50;

function toSink({ config, has_secret, created_at, id, type, name, state, version, ...books }: SinkRow): Sink {
  return { ...config, id, type, name, state, version, hasSecret: has_secret, createdAt: created_at, books: toBooks(books) };
}

/** A sink with its books. What is pending is counted per chain, from the heads. */
function selectSinks(where: RawBuilder<unknown>): RawBuilder<SinkRow> {
  return sql`SELECT s.id, s.type, s.name, s.config, s.sealed IS NOT NULL AS has_secret, s.state, s.version, s.created_at, s.failures, s.failure, s.failing_since,
      s.retry_at, s.delivered, s.delivered_at, (SELECT count(*) FROM sink_dead_letters d WHERE d.sink_id = s.id) AS dead_letters, b.pending, b.oldest
    FROM sinks s CROSS JOIN LATERAL (
      SELECT coalesce(sum(h.seq - coalesce(c.seq, 0)), 0)::bigint AS pending, min(o.time) AS oldest
      FROM audit_heads h LEFT JOIN sink_cursors c ON c.sink_id = s.id AND c.tenant = h.tenant
      LEFT JOIN LATERAL (SELECT e.time FROM audit_events e WHERE e.tenant = h.tenant AND e.seq > coalesce(c.seq, 0) ORDER BY e.seq LIMIT 1) o ON true
      WHERE h.seq > coalesce(c.seq, 0) AND (s.config #> '{filter,tenants}' = '[]' OR s.config #> '{filter,tenants}' ? h.tenant
        OR (h.tenant = '' AND s.config #> '{filter,hub}' = 'true'))) b
    ${where}`;
}

export async function findSink(db: Db, id: string): Promise<Sink | undefined> {
  const found = await row(db, selectSinks(sql`WHERE s.id = ${id}`));
  return found === undefined ? undefined : toSink(found);
}

export async function listSinks(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<Sink[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`WHERE s.id > ${page.cursor}`;
  return (await rows(db, selectSinks(sql`${beyond} ORDER BY s.id LIMIT ${page.limit}`))).map(toSink);
}

/** Undefined where there is none. */
export async function openSinkSecret(db: Db, box: SecretBox, id: string): Promise<string | undefined> {
  const found = await row(db, sql<{ sealed: Buffer | null }>`SELECT sealed FROM sinks WHERE id = ${id}`);
  return found === undefined || found.sealed === null ? undefined : box.open(found.sealed, secretContext(id)).toString('utf8');
}

/** Creates or replaces by the author's id, or says what stands against it. A secret that is left out stays, where the sink stays where it is. */
export async function putSink(tx: Tx, box: SecretBox, input: SinkConfig, by: Author): Promise<Result<PutOutcome<Sink>, FieldFault>> {
  const { id, type, name = id, secret: given, ...settings } = input;
  if (given !== undefined && !('value' in given))
    return fail({ field: 'secret', message: 'a reference that only the config file can hold' });
  const before = await findSink(tx, id);
  const wanted = { id, type, name, ...settings };
  const obstacle = obstacleTo(wanted, before, given?.value) ?? (before === undefined ? await tooMany(tx) : undefined);
  if (obstacle !== undefined) return fail(obstacle);
  const fresh = given !== undefined && (before?.hasSecret !== true || (await openSinkSecret(tx, box, id)) !== given.value);
  if (before !== undefined && !fresh && canonical(toSinkConfig(before)) === canonical(wanted))
    return ok({ outcome: 'unchanged', value: before, entries: [], changed: [] });
  await save(tx, wanted, fresh && given !== undefined ? box.seal(given.value, secretContext(id)) : null);
  if (before === undefined && settings.start === 'now') await beginHere(tx, SINK_CURSORS, id);
  const value = await findSink(tx, id);
  if (value === undefined) throw new Error('a sink was not saved');
  const entry = adminChange({
    kind: 'sink',
    id,
    by,
    before: before && shown(before, 'set'),
    after: shown(value, fresh && before?.hasSecret === true ? 'set anew' : 'set'),
  });
  const changed = [{ kind: 'sink', key: id }];
  if (before === undefined) return ok({ outcome: 'created', value, entries: [entry], changed });
  const warnings = before.start === value.start ? [] : [goesOn(value)];
  return ok({ outcome: 'changed', value, entries: [entry], changed, warnings });
}

/** Where it begins is asked of a new sink only: to send millions of entries again is a deed, and not what a line of a file brings about by the way. */
function goesOn({ id, start }: Sink): string {
  const more = start === 'beginning' ? `; what was before comes by: writ sink replay ${id}` : '';
  return `start is for a new sink: this one goes on where it is${more}`;
}

function obstacleTo(wanted: Omit<SinkConfig, 'secret'>, before: Sink | undefined, secret: string | undefined): FieldFault | undefined {
  if (before !== undefined && before.type !== wanted.type)
    return { field: 'type', message: `this sink is of type ${before.type}; remove it first` };
  const needed = wanted.type === 'webhook' || wanted.type === 'splunk' || wanted.type === 's3';
  if (needed && secret === undefined && before?.hasSecret !== true)
    return { field: 'secret', message: `a sink of type ${wanted.type} needs one` };
  // Who may change a sink must not thereby learn its token: pointed elsewhere, it would be sent there.
  if (
    before?.hasSecret === true &&
    secret === undefined &&
    (originOf(before.url) !== originOf(wanted.url) || before.secretHeader !== wanted.secretHeader)
  )
    return { field: 'secret', message: 'it would go somewhere else now, so it has to be given again' };
  const fault = wanted.type === 'webhook' && secret !== undefined ? secretFault(secret) : undefined;
  if (fault !== undefined) return { field: 'secret', message: fault };
  if (secret !== undefined && wanted.type !== 'webhook' && !/^[\x21-\x7e]{1,8192}$/.test(secret))
    return { field: 'secret', message: 'goes into a header, so it is visible ASCII without blanks' };
  return undefined;
}

function originOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).origin;
}

async function tooMany(tx: Tx): Promise<FieldFault | undefined> {
  const found = await row(tx, sql<{ n: number }>`SELECT count(*) AS n FROM sinks`);
  return (found?.n ?? 0) < MOST_SINKS ? undefined : { field: 'id', message: `there are ${MOST_SINKS} sinks, which is the most` };
}

/** A change takes the sink out of whoever's hands it is in, and what failed is tried again at once: it may have been mended. */
async function save(tx: Tx, { id, type, name, ...settings }: Omit<SinkConfig, 'secret'>, sealed: Buffer | null): Promise<void> {
  await sql`INSERT INTO sinks (id, type, name, config, sealed) VALUES (${id}, ${type}, ${name ?? id}, ${JSON.stringify(settings)}, ${sealed})
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, config = excluded.config, sealed = coalesce(excluded.sealed, sinks.sealed),
      version = sinks.version + 1, fence = sinks.fence + 1, runner = NULL, runner_until = NULL, retry_at = NULL, suspect = NULL, suspicions = 0`.execute(
    tx,
  );
}

/** That there is a secret is said, what it is is not. */
function shown(sink: Sink, secret: string): object {
  return { ...toSinkConfig(sink), ...(sink.hasSecret ? { secret } : {}) };
}

export async function removeSink(tx: Tx, id: string, by: Author): Promise<PutOutcome<Sink> | undefined> {
  const before = await findSink(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM sinks WHERE id = ${id}`)) === 0) return undefined;
  const entry = adminChange({ kind: 'sink', id, by, before: shown(before, 'set'), after: undefined });
  return { outcome: 'removed', value: before, entries: [entry], changed: [{ kind: 'sink', key: id }] };
}
