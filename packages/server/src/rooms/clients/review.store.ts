import { sql } from 'kysely';
import { row, touched, type Tx } from '../../base/db.ts';
import type { Author } from '../audit/author.ts';
import type { Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import { patchClient } from './patch.store.ts';
import { reviewedAnew, type Enrichment, type Reviewed, type Verdict } from './review.ts';
import { findClient, lockClient, removeClient } from './store.ts';

/** Why a client that waits is frozen. An administrator who freezes or revokes it meanwhile has the last word. */
const WAITING = 'registration_review';

/** A client that was just kept, as its review wants it: with what the hub says of it, or without standing. */
export async function settleNewcomer(
  tx: Tx,
  id: string,
  verdict: Exclude<Verdict, { kind: 'refused' }>,
  by: Author,
): Promise<readonly EventDraft[]> {
  if (verdict.kind === 'accepted') return enrich(tx, id, verdict.enrich, by);
  // One that begins frozen, because another of its name was, is not let go by a review.
  await sql`UPDATE clients SET state = 'frozen', state_reason = ${WAITING} WHERE id = ${id} AND state = 'active'`.execute(tx);
  await verdict.keep(tx);
  return [];
}

async function enrich(tx: Tx, id: string, given: Enrichment, by: Author): Promise<readonly EventDraft[]> {
  const client = await lockClient(tx, id);
  const kept = await row(tx, sql<{ reviewed: Reviewed }>`SELECT reviewed FROM clients WHERE id = ${id}`);
  if (client === undefined || kept === undefined) return [];
  const { patch, reviewed } = reviewedAnew(client, kept.reviewed, given);
  await sql`UPDATE clients SET reviewed = ${JSON.stringify(reviewed)} WHERE id = ${id}`.execute(tx);
  return (await patchClient(tx, id, patch, by))?.entries ?? [];
}

/** People said yes: the client stands, if nobody has stopped it otherwise. */
export async function admitClient(tx: Tx, id: string, with_: Enrichment, by: Author): Promise<Done> {
  const moved = await touched(
    tx,
    sql`UPDATE clients SET state = 'active', state_reason = NULL, version = version + 1 WHERE id = ${id} AND state = 'frozen' AND state_reason = ${WAITING}`,
  );
  const admitted: EventDraft = {
    ...about(id, by),
    type: 'client.unfrozen',
    outcome: moved === 1 ? 'success' : 'refused',
    reason: 'review_accepted',
  };
  return { entries: [admitted, ...(await enrich(tx, id, with_, by))], changed: [{ kind: 'client', key: id }] };
}

/**
 * People said no. A registration goes, and whoever runs the client may register anew; a client that is a document would be seen for the first
 * time again at its next request, so it stays, frozen, until an administrator thinks otherwise. Whom an administrator has let in or stopped
 * meanwhile stays as they are.
 */
export async function turnAway(tx: Tx, id: string, reason: string, by: Author): Promise<Done> {
  const client = await findClient(tx, id);
  const refused: EventDraft = { ...about(id, by), type: 'client.refused', outcome: 'refused', reason: `review: ${reason}` };
  if (client?.underReview !== true) return { entries: [refused], changed: [] };
  if (client.registrationType === 'dcr') {
    const removed = await removeClient(tx, id, by);
    return { entries: [refused, ...(removed?.entries ?? [])], changed: removed?.changed ?? [] };
  }
  await sql`UPDATE clients SET state_reason = 'registration_refused', version = version + 1 WHERE id = ${id} AND state = 'frozen' AND state_reason = ${WAITING}`.execute(
    tx,
  );
  return { entries: [refused], changed: [{ kind: 'client', key: id }] };
}

function about(id: string, { initiator, origin }: Author) {
  return { initiator, actor: { client: id }, target: { type: 'client', id }, origin };
}
