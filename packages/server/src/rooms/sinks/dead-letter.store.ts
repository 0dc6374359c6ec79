import { sql } from 'kysely';
import { rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { SendFault, Sent } from './judge.ts';
import { toItem } from './behind.store.ts';
import type { Held } from './lease.store.ts';
import type { MaskHash } from './mask.ts';
import { pack } from './pack.ts';
import type { Outgoing } from './send.ts';

/** An event that a sink did not want, set aside. `again`: an administrator asked to try once more. Times in milliseconds. */
export type DeadLetter = {
  id: string;
  tenant: string | null;
  seq: number;
  type: string;
  reason: string;
  tries: number;
  parkedAt: number;
  again: boolean;
};

export async function listLetters(db: Db, sink: string, page: { limit: number; cursor?: string | undefined }): Promise<DeadLetter[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`AND event_id > ${page.cursor}`;
  const found = await rows(
    db,
    sql<
      Omit<DeadLetter, 'tenant'> & { tenant: string }
    >`SELECT event_id AS id, tenant, seq, type, reason, tries, parked_at AS "parkedAt", again
      FROM sink_dead_letters WHERE sink_id = ${sink} ${beyond} ORDER BY event_id LIMIT ${page.limit}`,
  );
  return found.map((letter) => ({ ...letter, tenant: letter.tenant === '' ? null : letter.tenant }));
}

/** Which ones: these, or all. */
function chosen(events: readonly string[] | undefined) {
  return events === undefined ? sql`` : sql`AND event_id = ANY(${[...events]}::text[])`;
}

export async function askAgain(tx: Tx, sink: string, events: readonly string[] | undefined): Promise<number> {
  return touched(tx, sql`UPDATE sink_dead_letters SET again = true WHERE sink_id = ${sink} AND NOT again ${chosen(events)}`);
}

export async function discardLetters(tx: Tx, sink: string, events: readonly string[] | undefined): Promise<number> {
  return touched(tx, sql`DELETE FROM sink_dead_letters WHERE sink_id = ${sink} ${chosen(events)}`);
}

const PORTION = 20;

export type LetterDeps = { db: Db; maskHash: MaskHash; version: string; send(items: readonly Outgoing[]): Promise<Sent> };

/**
 * Tries some of those that were asked for, one by one: what the sink takes is gone from here, what it refuses stays. A sink that is not well ends
 * it with a fault, and the letters keep waiting.
 */
export async function retryLetters(deps: LetterDeps, { sink }: Held): Promise<{ more: boolean; fault?: SendFault }> {
  type Row = { tenant: string; seq: number; event_id: string; body: string | null; hash: string | null };
  const waiting = await rows(
    deps.db,
    sql<Row>`SELECT d.tenant, d.seq, d.event_id, e.body, e.hash FROM sink_dead_letters d LEFT JOIN audit_events e ON e.tenant = d.tenant AND e.seq = d.seq
      WHERE d.sink_id = ${sink.id} AND d.again ORDER BY d.tenant, d.seq LIMIT ${PORTION}`,
  );
  for (const { body, hash, ...at } of waiting) {
    if (body === null || hash === null) {
      await stays(deps.db, sink.id, at.event_id, 'The record no longer holds this event.');
      continue;
    }
    const { fault } = await deps.send([pack(toItem({ ...at, body, hash }), sink, deps)]);
    if (fault?.kind === 'retry') return { more: false, fault };
    if (fault === undefined)
      await sql`DELETE FROM sink_dead_letters WHERE sink_id = ${sink.id} AND event_id = ${at.event_id}`.execute(deps.db);
    else await stays(deps.db, sink.id, at.event_id, fault.sentence);
  }
  return { more: waiting.length === PORTION };
}

async function stays(db: Db, sink: string, event: string, reason: string): Promise<void> {
  await sql`UPDATE sink_dead_letters SET again = false, tries = tries + 1, reason = ${reason} WHERE sink_id = ${sink} AND event_id = ${event}`.execute(
    db,
  );
}
