import { sql, type RawBuilder } from 'kysely';
import type { JourneyState } from '@writ/flow';
import { digest } from '../../base/digest.ts';
import { row, touched, type Db, type Tx } from '../../base/db.ts';
import { clientOf, type Journey, type JourneyRequest } from './journey.ts';

export type JourneyRow = {
  id: string;
  browser_digest: string;
  request: JourneyRequest;
  flow: string;
  state: JourneyState;
  secrets: string | null;
  version: number;
  busy_until: number | null;
  created_at: number;
  expires_at: number;
  finished_at: number | null;
};

export const JOURNEY_COLUMNS: RawBuilder<unknown> = sql.raw(
  'id, browser_digest, request, flow, state, secrets, version, busy_until, created_at, expires_at, finished_at',
);

/** The journey of that id, whoever asks. */
export async function findJourney(db: Db, id: string): Promise<Journey | undefined> {
  const found = await row(db, sql<JourneyRow>`SELECT ${JOURNEY_COLUMNS} FROM journeys WHERE id = ${id}`);
  return found === undefined ? undefined : toJourney(found);
}

export function toJourney(found: JourneyRow): Journey {
  return {
    id: found.id,
    browserDigest: found.browser_digest,
    request: found.request,
    flow: found.flow,
    state: found.state,
    ...(found.secrets === null ? {} : { secrets: found.secrets }),
    version: found.version,
    ...(found.busy_until === null ? {} : { busyUntil: found.busy_until }),
    createdAt: found.created_at,
    expiresAt: found.expires_at,
    ...(found.finished_at === null ? {} : { finishedAt: found.finished_at }),
  };
}

export async function insertJourney(tx: Tx, journey: Journey): Promise<void> {
  const clientId = clientOf(journey.request) ?? '';
  await sql`INSERT INTO journeys (id, browser_digest, client_id, request, flow, state, secrets, version, session_id, created_at, expires_at, finished_at)
    VALUES (${journey.id}, ${journey.browserDigest}, ${clientId}, ${JSON.stringify(journey.request)}, ${journey.flow}, ${JSON.stringify(journey.state)}, ${journey.secrets ?? null}, ${journey.version},
      ${journey.state.proof?.sessionId ?? null}, ${new Date(journey.createdAt)}, ${new Date(journey.expiresAt)},
      ${journey.finishedAt === undefined ? null : new Date(journey.finishedAt)})`.execute(tx);
}

/**
 * Writes the state that a step led to, if the row is still of the `version` that the step was decided on; false when another page moved it meanwhile.
 * With `secret` the browser's cookie changes too: what was in it before a login must be worth nothing afterwards (attack 046).
 */
export async function moveJourney(db: Db, journey: Journey, secret?: string): Promise<boolean> {
  const { state, secrets } = journey;
  const browser = secret === undefined ? journey.browserDigest : digest(secret);
  const moved = await touched(
    db,
    sql`UPDATE journeys SET state = ${JSON.stringify(state)}, secrets = ${secrets ?? null}, session_id = ${state.proof?.sessionId ?? null}, browser_digest = ${browser}, busy_until = NULL, version = version + 1
      WHERE id = ${journey.id} AND version = ${journey.version} AND finished_at IS NULL`,
  );
  return moved === 1;
}

/**
 * Of requests that are at work on one step, the one that may go on with what cannot be done twice, until `until`; it moves the row by the next
 * version. `mine`: this request has it already. A process that dies in between leaves nothing but the wait.
 */
export async function takeStep(
  db: Db,
  { id, version }: Pick<Journey, 'id' | 'version'>,
  { now, until, mine }: { now: number; until: number; mine: boolean },
): Promise<boolean> {
  const free = mine ? sql`true` : sql`(busy_until IS NULL OR busy_until <= ${new Date(now)})`;
  const taken = await touched(
    db,
    sql`UPDATE journeys SET version = version + 1, busy_until = ${new Date(until)}
      WHERE id = ${id} AND version = ${version} AND finished_at IS NULL AND ${free}`,
  );
  return taken === 1;
}

/** The gate: of any number of pages that end a journey at once, one does (attack 041). */
export async function finishJourney(tx: Tx, journey: Journey, now: number): Promise<boolean> {
  const moved = await touched(
    tx,
    sql`UPDATE journeys SET finished_at = ${new Date(now)}, secrets = NULL, busy_until = NULL, version = version + 1
      WHERE id = ${journey.id} AND version = ${journey.version} AND finished_at IS NULL AND expires_at > ${new Date(now)}`,
  );
  return moved === 1;
}

/** Journeys that ended or were left lie for a day, for whoever asks what happened; the events stay. */
export async function sweepJourneys(db: Db, now: number): Promise<number> {
  return touched(db, sql`DELETE FROM journeys WHERE expires_at < ${new Date(now - 86_400_000)}`);
}
