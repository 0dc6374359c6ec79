import { sql } from 'kysely';
import { row, type Tx } from '../../base/db.ts';
import type { Problem } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { isAssigned } from './assignment.ts';
import { changedEntry } from './entries.ts';
import type { Flow } from './flow.ts';
import { dropFlow, findFlow, holdFlows } from './store.ts';
import { noFlow } from './unfit.http.ts';

/**
 * Removes a flow; its versions stay. Of a built-in one: what was drawn in its place, and the hub's own is there again. Refused for any other while
 * something is assigned to it or somebody is on their way through it.
 */
export async function removeFlow(tx: Tx, id: string, now: number, by: Author): Promise<Result<PutOutcome<Flow>, Problem>> {
  await holdFlows(tx);
  const before = await findFlow(tx, id);
  if (before === undefined) return fail(noFlow(id));
  if (before.version === 0)
    return fail({ status: 409, type: 'built_in', title: 'A built-in flow cannot be removed; nothing stands in its place' });
  if (!before.builtIn && isAssigned(before.assigned))
    return fail({
      status: 409,
      type: 'flow_assigned',
      title: 'The flow is assigned; unassign it first',
      extra: { assigned: before.assigned },
    });
  if (!before.builtIn && (await isRunning(tx, id, now)))
    return fail({
      status: 409,
      type: 'flow_running',
      title: 'Somebody is on their way through this flow',
      detail: 'A journey lives half an hour.',
    });
  await dropFlow(tx, id);
  return ok({
    outcome: 'removed',
    value: before,
    entries: [changedEntry(id, by, before, undefined)],
    changed: [{ kind: 'flow', key: id }],
  });
}

/** A journey of a browser, or a registration that waits for people. Read here because both are in a room below. */
async function isRunning(tx: Tx, id: string, now: number): Promise<boolean> {
  const found = await row(
    tx,
    sql`SELECT 1 FROM flow_versions v WHERE v.flow_id = ${id} AND (
      EXISTS (SELECT 1 FROM journeys j WHERE j.flow = v.digest AND j.finished_at IS NULL AND j.expires_at > ${new Date(now)})
      OR EXISTS (SELECT 1 FROM client_reviews r WHERE r.flow_digest = v.digest)) LIMIT 1`,
  );
  return found !== undefined;
}
