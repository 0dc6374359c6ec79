import { sql } from 'kysely';
import { putObject } from '../../base/aws/bucket.ts';
import type { Clock } from '../../base/clock.ts';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Database, type Db, type Tx } from '../../base/db.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { anchorBackOff, objectName, type Anchor, type AnchorBooks, type AnchoredLine, type AnchorInput } from './anchor.ts';
import { hubAuthor, type Author, type PutOutcome } from './author.ts';
import { adminChange } from './change.ts';
import { commitDeed, type Done } from './deed.store.ts';
import type { EventDraft } from './event.ts';
import { noteTry, unwell, WELL } from './health.store.ts';
import { toHealth, type HealthRow } from './health.ts';
import type { Audit } from './store.ts';

const CONTEXT = 'audit/anchor';
const TIMEOUT_MS = 10_000;
const MOST_ANSWER = 64 * 1024;
/** Checkpoints in one run; the next minute goes on. */
const MOST = 500;

export type AnchorDeps = {
  database: Database;
  audit: Audit;
  box: SecretBox;
  clock: Clock;
  issuer: string;
  outbound: Pick<Outbound, 'request'>;
};

export type StoredAnchor = { anchor: Anchor; books: AnchorBooks };

type AnchorRow = HealthRow & {
  config: Anchor;
  has_secret: boolean;
  version: number;
  retry_at: number | null;
  anchored_at: number | null;
  pending: number;
  oldest: number | null;
};

/** Undefined: nothing is kept outside. */
export async function findAnchor(db: Db): Promise<StoredAnchor | undefined> {
  const found = await row(
    db,
    sql<AnchorRow>`SELECT a.config, a.sealed IS NOT NULL AS has_secret, a.version, a.failures, a.failure, a.failing_since, a.retry_at, a.anchored_at, b.pending, b.oldest
      FROM audit_anchor a CROSS JOIN LATERAL (SELECT count(*) AS pending, min(c.at) AS oldest FROM audit_checkpoints c LEFT JOIN audit_anchored d USING (tenant)
        WHERE c.jws IS NOT NULL AND c.seq > coalesce(d.seq, 0)) b`,
  );
  if (found === undefined) return undefined;
  return {
    anchor: found.config,
    books: {
      hasSecret: found.has_secret,
      version: found.version,
      ...toHealth(found),
      retryAt: found.retry_at ?? undefined,
      anchoredAt: found.anchored_at ?? undefined,
      pending: found.pending,
      oldestPendingAt: found.oldest ?? undefined,
    },
  };
}

async function openSecret(db: Db, box: SecretBox): Promise<string | undefined> {
  const found = await row(db, sql<{ sealed: Buffer | null }>`SELECT sealed FROM audit_anchor`);
  return found === undefined || found.sealed === null ? undefined : box.open(found.sealed, CONTEXT).toString('utf8');
}

/** Sets where. Another place begins with the newest checkpoint of every chain. */
export async function putAnchor(tx: Tx, box: SecretBox, input: AnchorInput, by: Author): Promise<Result<PutOutcome<Anchor>, FieldFault>> {
  const { secret: given, ...anchor } = input;
  if (given !== undefined && !('value' in given)) return fail({ field: 'secret', message: 'a reference that was not resolved' });
  const before = await findAnchor(tx);
  const moved = before === undefined || placeOf(before.anchor) !== placeOf(anchor);
  // Who may change the place must not thereby learn the secret: pointed elsewhere, it would be sent there.
  if (given === undefined && before?.books.hasSecret === true && moved)
    return fail({ field: 'secret', message: 'it would go somewhere else now, so it has to be given again' });
  if (given === undefined && anchor.kind === 's3' && before?.books.hasSecret !== true)
    return fail({ field: 'secret', message: 'a bucket needs one' });
  const fresh = given !== undefined && (await openSecret(tx, box)) !== given.value;
  if (before !== undefined && !fresh && canonical(before.anchor) === canonical(anchor))
    return ok({ outcome: 'unchanged', value: anchor, entries: [], changed: [] });
  await save(tx, anchor, fresh ? box.seal(given.value, CONTEXT) : null);
  if (moved) await sql`DELETE FROM audit_anchored`.execute(tx);
  const had = before?.books.hasSecret === true ? { secret: 'set' } : {};
  const has = fresh ? { secret: before?.books.hasSecret === true ? 'set anew' : 'set' } : had;
  const entry = change(by, before && { ...before.anchor, ...had }, { ...anchor, ...has });
  return ok({ outcome: before === undefined ? 'created' : 'changed', value: anchor, entries: [entry], changed: [] });
}

function placeOf({ kind, url, prefix, accessKeyId }: Anchor): string {
  return canonical([kind, url, prefix ?? '', accessKeyId ?? '']);
}

async function save(tx: Tx, anchor: Anchor, sealed: Buffer | null): Promise<void> {
  await sql`INSERT INTO audit_anchor (config, sealed) VALUES (${JSON.stringify(anchor)}, ${sealed})
    ON CONFLICT (one) DO UPDATE SET config = excluded.config, sealed = coalesce(excluded.sealed, audit_anchor.sealed), version = audit_anchor.version + 1, retry_at = NULL`.execute(
    tx,
  );
}

/** False when there was none. */
export async function removeAnchor({ audit }: Pick<AnchorDeps, 'audit'>, by: Author): Promise<boolean> {
  const outcome = await commitDeed<Done, 'none'>(audit, async (tx) => {
    const before = await findAnchor(tx);
    if (before === undefined || (await touched(tx, sql`DELETE FROM audit_anchor`)) === 0) return fail('none');
    await sql`DELETE FROM audit_anchored`.execute(tx);
    return ok({ entries: [change(by, before.anchor, undefined)], changed: [] });
  });
  return outcome.ok;
}

function change(by: Author, before: object | undefined, after: object | undefined): EventDraft {
  return adminChange({ kind: 'setting', id: 'audit.anchor', by, before, after });
}

type Waiting = { tenant: string; seq: number; hash: string; jws: string; at: number };

/**
 * Brings the newest checkpoint of every chain that grew to where they are kept. Repeated it writes the same under the same name. A place that does not take them
 * is asked again later and later, and says so by an entry, once, and by the metric of how late it is.
 */
export async function anchorCheckpoints(deps: AnchorDeps): Promise<{ anchored: number }> {
  const { db } = deps.database;
  const stored = await findAnchor(db);
  const now = deps.clock.now();
  if (stored === undefined || stored.books.pending === 0 || (stored.books.retryAt ?? 0) > now) return { anchored: 0 };
  const secret = await openSecret(db, deps.box);
  const waiting = await rows(
    db,
    sql<Waiting>`SELECT c.tenant, c.seq, c.hash, c.jws, c.at FROM audit_checkpoints c LEFT JOIN audit_anchored d USING (tenant)
      WHERE c.jws IS NOT NULL AND c.seq > coalesce(d.seq, 0) ORDER BY c.at, c.tenant LIMIT ${MOST}`,
  );
  let anchored = 0;
  for (const { tenant: chain, seq, hash, jws, at } of waiting) {
    const fault = await keep(deps, stored.anchor, secret, { issuer: deps.issuer, chain, seq, hash, jws, at });
    if (fault !== undefined) {
      await failing(deps, stored, fault);
      return { anchored };
    }
    await sql`INSERT INTO audit_anchored (tenant, seq) VALUES (${chain}, ${seq}) ON CONFLICT (tenant) DO UPDATE SET seq = greatest(audit_anchored.seq, excluded.seq)`.execute(
      db,
    );
    anchored += 1;
  }
  await well(deps, stored);
  return { anchored };
}

/** Undefined: it is kept. Otherwise a sentence that may be shown. */
async function keep(deps: AnchorDeps, anchor: Anchor, secret: string | undefined, line: AnchoredLine): Promise<string | undefined> {
  const body = `${JSON.stringify(line)}\n`;
  const answer = await deps.outbound.request({
    ...(anchor.kind === 's3' ? object(anchor, secret ?? '', { body, line, now: deps.clock.now() }) : post(anchor, secret, body)),
    maxBytes: MOST_ANSWER,
    timeoutMs: TIMEOUT_MS,
  });
  if (!answer.ok) return `It cannot be reached (${answer.reason}).`;
  return answer.status >= 200 && answer.status < 300 ? undefined : `It answered ${answer.status}.`;
}

function post({ url }: Anchor, secret: string | undefined, body: string) {
  const authorization: Record<string, string> = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  return { method: 'POST', url, headers: { 'content-type': 'application/json', 'user-agent': 'Writ', ...authorization }, body };
}

const DAY_MS = 86_400_000;

/** With the lock that nobody lifts before its time. */
function object(anchor: Anchor, secret: string, { body, line, now }: { body: string; line: AnchoredLine; now: number }) {
  const headers: Record<string, string> =
    anchor.lockDays === undefined
      ? {}
      : {
          'x-amz-object-lock-mode': anchor.lockMode,
          'x-amz-object-lock-retain-until-date': new Date(now + anchor.lockDays * DAY_MS).toISOString(),
        };
  return putObject(anchor, secret, { key: objectName(anchor, line), contentType: 'application/json', body, headers, now });
}

async function failing({ audit, clock, database: { db } }: AnchorDeps, { books, anchor }: StoredAnchor, sentence: string): Promise<void> {
  const now = clock.now();
  const retryAt = new Date(now + anchorBackOff(books.failures));
  const mark = async (on: Db): Promise<boolean> =>
    (await touched(on, sql`UPDATE audit_anchor SET ${unwell({ sentence, now })}, retry_at = ${retryAt} WHERE version = ${books.version}`)) >
    0;
  await noteTry({ db, audit }, mark, books.failingSince === undefined ? ofHub('anchor.failed', anchor, sentence) : undefined);
}

async function well({ audit, clock, database: { db } }: AnchorDeps, { books, anchor }: StoredAnchor): Promise<void> {
  const at = new Date(clock.now());
  const mark = async (on: Db): Promise<boolean> =>
    (await touched(on, sql`UPDATE audit_anchor SET ${WELL}, retry_at = NULL, anchored_at = ${at} WHERE version = ${books.version}`)) > 0;
  await noteTry({ db, audit }, mark, books.failingSince === undefined ? undefined : ofHub('anchor.recovered', anchor));
}

function ofHub(type: 'anchor.failed' | 'anchor.recovered', { kind }: Anchor, reason?: string): EventDraft {
  const outcome = reason === undefined ? ({ outcome: 'success' } as const) : ({ outcome: 'failed', reason } as const);
  return { type, ...hubAuthor('audit-anchor'), target: { type: 'anchor', id: kind }, ...outcome };
}
