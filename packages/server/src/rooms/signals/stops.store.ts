import { sql, type RawBuilder } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { State } from '../tenants/tenant.ts';
import { HUB, type ContainKind, type Stop } from './stop.ts';

type StopRow = {
  kind: ContainKind;
  subject: string;
  state: Stop['state'];
  reason: string;
  stopped_by: Stop['by'];
  since: number;
  until: number | null;
  second_person: boolean;
  outlives: boolean;
};

const NAMES = 'kind, subject, state, reason, stopped_by, since, until, second_person, outlives';
const COLUMNS: RawBuilder<unknown> = sql.raw(NAMES);

/**
 * With the clients that people were asked about: they began without standing, so nobody stopped them, and their own row says all there is to say. It changes with
 * the answer, and this with it.
 */
const STOPS: RawBuilder<unknown> = sql.raw(`(SELECT ${NAMES} FROM containments
  UNION ALL SELECT 'client', id, state, state_reason, '{}', created_at, NULL, false, false FROM clients
    WHERE state = 'frozen' AND state_reason IN ('registration_review', 'registration_refused')) AS stops`);

function toStop({ kind, subject, state, reason, stopped_by, since, until, second_person, outlives }: StopRow): Stop {
  return {
    kind,
    id: subject,
    state,
    reason,
    by: stopped_by,
    since,
    ...(until === null ? {} : { until }),
    secondPerson: second_person,
    outlives,
  };
}

/** Writes down why something is stopped, inside the change that stops it. Unless it is said, a stop that takes two people outlives what it stops. */
export async function noteStop(tx: Tx, stop: Omit<Stop, 'outlives'> & Partial<Pick<Stop, 'outlives'>>): Promise<void> {
  const until = stop.until === undefined ? null : new Date(stop.until);
  const { secondPerson, outlives = secondPerson } = stop;
  await sql`INSERT INTO containments (kind, subject, state, reason, stopped_by, since, until, second_person, outlives)
    VALUES (${stop.kind}, ${stop.id}, ${stop.state}, ${stop.reason}, ${JSON.stringify(stop.by)}, ${new Date(stop.since)}, ${until}, ${secondPerson}, ${outlives})
    ON CONFLICT (kind, subject) DO UPDATE SET state = excluded.state, reason = excluded.reason, stopped_by = excluded.stopped_by, since = excluded.since,
      until = excluded.until, second_person = excluded.second_person, outlives = excluded.outlives`.execute(tx);
}

export async function forgetStop(tx: Tx, kind: ContainKind, id: string): Promise<void> {
  await sql`DELETE FROM containments WHERE kind = ${kind} AND subject = ${id}`.execute(tx);
}

/** What ended with something else: grants by their ids, or all agents of a client that was removed. */
export type Ended = { grants: readonly string[] } | { agentsOf: string };

/** For WHERE, by the columns `kind` and `subject`. */
export function isOf(ended: Ended): RawBuilder<unknown> {
  return 'grants' in ended
    ? sql`kind = 'grant' AND subject = ANY(${[...ended.grants]}::text[])`
    : sql`kind = 'agent' AND subject IN (SELECT id FROM agents WHERE client_id = ${ended.agentsOf} AND retired_at IS NOT NULL)`;
}

/** What does not outlive them goes. */
export async function forgetEnded(tx: Tx, ended: Ended): Promise<void> {
  await sql`DELETE FROM containments WHERE ${isOf(ended)} AND NOT outlives`.execute(tx);
}

/** What is held for whatever comes in place of something that is gone, held to the end of the transaction. */
export async function holdOutliving(tx: Tx, kind: ContainKind, id: string): Promise<boolean> {
  const held = await row(tx, sql`SELECT 1 FROM containments WHERE kind = ${kind} AND subject = ${id} AND outlives FOR UPDATE`);
  return held !== undefined;
}

export async function findStop(db: Db, kind: ContainKind, id: string): Promise<Stop | undefined> {
  const found = await row(db, sql<StopRow>`SELECT ${COLUMNS} FROM ${STOPS} WHERE kind = ${kind} AND subject = ${id}`);
  return found === undefined ? undefined : toStop(found);
}

/** A page of what is stopped, newest first. `before`: the place of the last one of the page before. */
export async function listStops(
  db: Db,
  by: { kind?: ContainKind | undefined; state?: Stop['state'] | undefined },
  page: { limit: number; before?: { since: number; kind: string; id: string } | undefined },
): Promise<Stop[]> {
  const { before } = page;
  const found = await rows(
    db,
    sql<StopRow>`SELECT ${COLUMNS} FROM ${STOPS} WHERE true
      ${by.kind === undefined ? sql`` : sql`AND kind = ${by.kind}`} ${by.state === undefined ? sql`` : sql`AND state = ${by.state}`}
      ${before === undefined ? sql`` : sql`AND (since, kind, subject) < (${new Date(before.since)}, ${before.kind}, ${before.id})`}
      ORDER BY since DESC, kind DESC, subject DESC LIMIT ${page.limit}`,
  );
  return found.map(toStop);
}

/** Freezes whose time is over. They stay in the list until their end is committed, so that a node that goes away meanwhile loses none. */
export async function dueStops(db: Db, now: number): Promise<{ kind: ContainKind; id: string }[]> {
  return rows(
    db,
    sql<{ kind: ContainKind; id: string }>`SELECT kind, subject AS id FROM containments
      WHERE until <= ${new Date(now)} AND state = 'frozen' ORDER BY until LIMIT 200`,
  );
}

/** Held to the end of the transaction: true while this freeze is there and its time is over. Somebody may have frozen anew meanwhile. */
export async function holdDue(tx: Tx, kind: ContainKind, id: string, now: number): Promise<boolean> {
  const held = await row(
    tx,
    sql`SELECT 1 FROM containments WHERE kind = ${kind} AND subject = ${id} AND state = 'frozen' AND until <= ${new Date(now)} FOR UPDATE`,
  );
  return held !== undefined;
}

/** The time of this freeze is over, and it does not end by it: whoever lets go of it finds why it was stopped, and how many that takes. */
export async function dropEnd(db: Db, kind: ContainKind, id: string, now: number): Promise<void> {
  await sql`UPDATE containments SET until = NULL WHERE kind = ${kind} AND subject = ${id} AND state = 'frozen' AND until <= ${new Date(now)}`.execute(
    db,
  );
}

export async function forgetDue(db: Db, kind: ContainKind, id: string, now: number): Promise<void> {
  await sql`DELETE FROM containments WHERE kind = ${kind} AND subject = ${id} AND until <= ${new Date(now)}`.execute(db);
}

/** The hub as something that can be stopped: its row here is its state. */
export async function findHub(db: Db, id: string): Promise<{ state: State } | undefined> {
  return id === HUB ? { state: (await findStop(db, 'hub', HUB))?.state ?? 'active' } : undefined;
}

/**
 * Of many at once one moves it. Letting it go only takes the row, which {@link forgetStop} then removes: whoever asks in the same transaction whether its
 * time is over must still find it.
 */
export async function setHubState(tx: Tx, _id: string, to: State, reason: string): Promise<boolean> {
  const moved =
    to === 'active'
      ? sql`UPDATE containments SET reason = reason WHERE kind = 'hub' AND subject = ${HUB}`
      : sql`INSERT INTO containments (kind, subject, state, reason, stopped_by, since) VALUES ('hub', ${HUB}, 'frozen', ${reason}, '{}', now()) ON CONFLICT DO NOTHING`;
  return (await touched(tx, moved)) > 0;
}
