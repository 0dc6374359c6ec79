import { sql } from 'kysely';
import { row, rows, type Db } from '../../base/db.ts';
import { isFreeFor, leaseTo } from '../../base/lease.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Sending } from './send.ts';
import { secretContext, type Sink, type SinkSettings } from './sink.ts';

/** A node that died is followed by another after this. Who is at work says so more often. */
const LEASE_MS = 20_000;

/** A sink in the hands of one node. Whatever is written about it names `fence`; once somebody else has it, that writes nothing. */
export type Held = {
  sink: Sending;
  secret: string | undefined;
  fence: number;
  failures: number;
  failing: boolean;
  /** The event that was refused last, and how often in a row. */
  suspect: { id: string; times: number } | undefined;
};

/** Sinks that this node may work on now: nobody has them, or nobody any more. */
export async function dueSinks(db: Db, of: { node: string; now: number }): Promise<string[]> {
  const now = new Date(of.now);
  const found = await rows(
    db,
    sql<{ id: string }>`SELECT id FROM sinks WHERE state = 'active' AND (retry_at IS NULL OR retry_at <= ${now})
      AND ${isFreeFor(of)} ORDER BY id`,
  );
  return found.map(({ id }) => id);
}

type HeldRow = Pick<Sink, 'id' | 'type' | 'name'> & {
  config: SinkSettings;
  sealed: Buffer | null;
  fence: number;
  failures: number;
  failing: boolean;
  suspect: string | null;
  suspicions: number;
};

const COLUMNS = sql.raw('id, type, name, config, sealed, fence, failures, failing_since IS NOT NULL AS failing, suspect, suspicions');

/** One conditional update decides which node has the sink. A lease that is half over is made longer, a younger one is only read. */
export async function holdSink(db: Db, box: SecretBox, of: { id: string; node: string; now: number }): Promise<Held | undefined> {
  const now = new Date(of.now);
  const due = sql`id = ${of.id} AND state = 'active' AND (retry_at IS NULL OR retry_at <= ${now})`;
  const young = new Date(of.now + LEASE_MS / 2);
  const found =
    (await row(db, sql<HeldRow>`SELECT ${COLUMNS} FROM sinks WHERE ${due} AND runner = ${of.node} AND runner_until > ${young}`)) ??
    (await row(
      db,
      sql<HeldRow>`UPDATE sinks SET ${leaseTo({ ...of, leaseMs: LEASE_MS })} WHERE ${due} AND ${isFreeFor(of)} RETURNING ${COLUMNS}`,
    ));
  if (found === undefined) return undefined;
  const { config, sealed, fence, failures, failing, suspect, suspicions, ...named } = found;
  return {
    sink: { ...config, ...named },
    secret: sealed === null ? undefined : box.open(sealed, secretContext(of.id)).toString('utf8'),
    fence,
    failures,
    failing,
    suspect: suspect === null ? undefined : { id: suspect, times: suspicions },
  };
}

/** Still at it: a slow round outlasts the lease it began with. */
export async function prolongLease(db: Db, of: { id: string; node: string; now: number }): Promise<void> {
  await sql`UPDATE sinks SET runner_until = ${new Date(of.now + LEASE_MS)} WHERE id = ${of.id} AND runner = ${of.node}`.execute(db);
}
