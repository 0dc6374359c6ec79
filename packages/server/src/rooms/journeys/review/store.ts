import { sql } from 'kysely';
import type { JourneyState } from '@writ/flow';
import { row, rows, touched, type Db, type Tx } from '../../../base/db.ts';
import type { EventOrigin } from '../../audit/event.ts';
import type { RegistrationRequest } from '../journey.ts';

/** A registration that waits for people: where its flow stands, and from where it came. */
export type Waiting = {
  clientId: string;
  journeyId: string;
  flow: string;
  state: JourneyState;
  request: RegistrationRequest;
  origin: EventOrigin;
  version: number;
};

type WaitingRow = {
  client_id: string;
  journey_id: string;
  flow_digest: string;
  state: JourneyState;
  request: RegistrationRequest;
  origin: EventOrigin;
  version: number;
};

export async function insertWaiting(tx: Tx, of: Omit<Waiting, 'version'>, now: number): Promise<void> {
  await sql`INSERT INTO client_reviews (client_id, journey_id, flow_digest, state, request, origin, created_at)
    VALUES (${of.clientId}, ${of.journeyId}, ${of.flow}, ${JSON.stringify(of.state)}, ${JSON.stringify(of.request)}, ${JSON.stringify(of.origin)}, ${new Date(now)})`.execute(
    tx,
  );
}

export async function findWaiting(db: Db, clientId: string): Promise<Waiting | undefined> {
  const found = await row(
    db,
    sql<WaitingRow>`SELECT client_id, journey_id, flow_digest, state, request, origin, version FROM client_reviews WHERE client_id = ${clientId}`,
  );
  if (found === undefined) return undefined;
  const { client_id, journey_id, flow_digest, ...rest } = found;
  return { clientId: client_id, journeyId: journey_id, flow: flow_digest, ...rest };
}

/** Which client this approval is for, if it is one's registration. */
export async function waitingFor(db: Db, approvalId: string): Promise<string | undefined> {
  const found = await row(
    db,
    sql<{
      client_id: string;
    }>`SELECT r.client_id FROM client_reviews r JOIN journey_deeds d ON d.journey_id = r.journey_id WHERE d.ref = ${approvalId}`,
  );
  return found?.client_id;
}

export async function allWaiting(db: Db): Promise<string[]> {
  const found = await rows(db, sql<{ client_id: string }>`SELECT client_id FROM client_reviews ORDER BY client_id LIMIT 1000`);
  return found.map(({ client_id }) => client_id);
}

/** Longer than the calls of a flow can take together: a node that has not come back by then is gone. */
const HELD_MS = 15 * 60_000;

/** Takes a review up, for one node at a time: of all that hear of an answer one makes the calls that follow. Undefined: another does, or it went on meanwhile. */
export async function holdWaiting(db: Db, waiting: Waiting, now: number): Promise<Waiting | undefined> {
  const held = await row(
    db,
    sql<{ version: number }>`UPDATE client_reviews SET version = version + 1, held_until = ${new Date(now + HELD_MS)}
      WHERE client_id = ${waiting.clientId} AND version = ${waiting.version} AND (held_until IS NULL OR held_until <= ${new Date(now)}) RETURNING version`,
  );
  return held === undefined ? undefined : { ...waiting, version: held.version };
}

/** Lays it down where it was taken up. */
export async function releaseWaiting(db: Db, { clientId, version }: Waiting): Promise<void> {
  await sql`UPDATE client_reviews SET held_until = NULL WHERE client_id = ${clientId} AND version = ${version}`.execute(db);
}

/** The gate: of all nodes that hear of the answer, one goes on from where the review stood. */
export async function takeWaiting(tx: Tx, { clientId, version }: Waiting): Promise<boolean> {
  return (await touched(tx, sql`DELETE FROM client_reviews WHERE client_id = ${clientId} AND version = ${version}`)) === 1;
}

/** The flow went on, and waits again. */
export async function moveWaiting(db: Db, { clientId, version }: Waiting, state: JourneyState): Promise<void> {
  await sql`UPDATE client_reviews SET state = ${JSON.stringify(state)}, version = version + 1, held_until = NULL WHERE client_id = ${clientId} AND version = ${version}`.execute(
    db,
  );
}
