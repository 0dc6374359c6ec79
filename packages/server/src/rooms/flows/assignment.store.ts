import type { Purpose } from '@writ/flow';
import { sql } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { Change } from '../../base/changes.ts';
import type { Problem } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import type { Resource } from '../resources/resource.ts';
import { targetsOf, type Assigned, type Assignment, type Target, type TargetKind } from './assignment.ts';
import { savedFlow } from './draft.store.ts';
import { assignedEntry } from './entries.ts';
import type { Flow } from './flow.ts';
import { findFlow, holdFlows, LIVES, touchFlow } from './store.ts';
import { noFlow } from './unfit.http.ts';

type AssignmentRow = { purpose: Purpose; kind: TargetKind; target: string; flow_id: string };

export async function findAssignments(db: Db): Promise<Assignment[]> {
  const found = await rows(
    db,
    sql<AssignmentRow>`SELECT purpose, kind, target, flow_id FROM flow_assignments WHERE ${LIVES}
      ORDER BY purpose COLLATE "C", kind COLLATE "C", target COLLATE "C"`,
  );
  return found.map(({ purpose, kind, target, flow_id }) => ({ purpose, target: { kind, id: target }, flow: flow_id }));
}

type Outcome = Result<PutOutcome<Flow>, Problem>;

/** From now on this flow runs there, for its purpose, whatever ran there before. Only what is in force can be assigned. */
export async function assignFlow(tx: Tx, id: string, target: Target, by: Author, builtIn: readonly Resource[]): Promise<Outcome> {
  await holdFlows(tx);
  const flow = await findFlow(tx, id);
  if (flow === undefined) return fail(noFlow(id));
  const purpose = flow.inForceFor;
  if (purpose === undefined)
    return fail({ status: 409, type: 'not_published', title: 'A flow that was never published cannot be assigned' });
  if (!(await isThere(tx, target, builtIn)))
    return fail({ status: 400, type: 'invalid_input', title: `There is no ${target.kind} ${target.id}`, field: target.kind });
  const before = await row(
    tx,
    sql<{
      flow_id: string;
    }>`SELECT flow_id FROM flow_assignments WHERE purpose = ${purpose} AND kind = ${target.kind} AND target = ${target.id}`,
  );
  if (before?.flow_id === id) return ok({ outcome: 'unchanged', value: flow, entries: [], changed: [] });
  await sql`INSERT INTO flow_assignments (purpose, kind, target, flow_id) VALUES (${purpose}, ${target.kind}, ${target.id}, ${id})
    ON CONFLICT (purpose, kind, target) DO UPDATE SET flow_id = excluded.flow_id`.execute(tx);
  await touchFlow(tx, id);
  if (before !== undefined) await touchFlow(tx, before.flow_id);
  const entry = assignedEntry('flow.assigned', { flow: id, purpose, target, from: before?.flow_id }, by);
  return ok({ outcome: 'changed', value: await savedFlow(tx, id), entries: [entry], changed: [{ kind: 'flow', key: id }] });
}

/** What runs there next is what the order of precedence says. */
export async function unassignFlow(tx: Tx, id: string, target: Target, by: Author): Promise<Outcome> {
  await holdFlows(tx);
  const flow = await findFlow(tx, id);
  const purpose = flow?.inForceFor;
  if (flow === undefined || purpose === undefined) return fail(noFlow(id));
  const gone = await touched(
    tx,
    sql`DELETE FROM flow_assignments WHERE purpose = ${purpose} AND kind = ${target.kind} AND target = ${target.id} AND flow_id = ${id}`,
  );
  if (gone === 0) return ok({ outcome: 'unchanged', value: flow, entries: [], changed: [] });
  await touchFlow(tx, id);
  const entry = assignedEntry('flow.unassigned', { flow: id, purpose, target }, by);
  return ok({ outcome: 'changed', value: await savedFlow(tx, id), entries: [entry], changed: [{ kind: 'flow', key: id }] });
}

/** A client or a resource is removed: nothing runs for it any more, and whatever is made under its id later begins without a flow of its own. */
export async function unassignRemoved(tx: Tx, { kind, id }: Target): Promise<Change[]> {
  if ((await row(tx, sql`SELECT 1 FROM flow_assignments WHERE kind = ${kind} AND target = ${id} LIMIT 1`)) === undefined) return [];
  // Only then, or every client that is swept would wait for whoever publishes.
  await holdFlows(tx);
  const gone = await rows(
    tx,
    sql<{ flow_id: string }>`DELETE FROM flow_assignments WHERE kind = ${kind} AND target = ${id} RETURNING flow_id`,
  );
  for (const { flow_id } of gone) await touchFlow(tx, flow_id);
  return gone.map(({ flow_id }) => ({ kind: 'flow', key: flow_id }));
}

/** Makes the flow's assignments these and no others. */
export async function setAssigned(tx: Tx, id: string, wanted: Assigned, by: Author, builtIn: readonly Resource[]): Promise<Outcome> {
  await holdFlows(tx);
  const flow = await findFlow(tx, id);
  if (flow === undefined) return fail(noFlow(id));
  const keyOf = ({ kind, id: target }: Target): string => `${kind} ${target}`;
  const [is, shall] = [targetsOf(flow.assigned), targetsOf(wanted)];
  const stays = new Set(shall.map(keyOf));
  const there = new Set(is.map(keyOf));
  const deeds: (() => Promise<Outcome>)[] = [
    ...is.filter((one) => !stays.has(keyOf(one))).map((target) => () => unassignFlow(tx, id, target, by)),
    ...shall.filter((one) => !there.has(keyOf(one))).map((target) => () => assignFlow(tx, id, target, by, builtIn)),
  ];
  let whole: PutOutcome<Flow> = { outcome: 'unchanged', value: flow, entries: [], changed: [] };
  for (const deed of deeds) {
    const done = await deed();
    if (!done.ok) return done;
    const { outcome, value, entries, changed } = done.value;
    whole = {
      outcome: outcome === 'unchanged' ? whole.outcome : outcome,
      value,
      entries: [...whole.entries, ...entries],
      changed: [...whole.changed, ...changed],
    };
  }
  return ok(whole);
}

async function isThere(db: Db, { kind, id }: Target, builtIn: readonly Resource[]): Promise<boolean> {
  switch (kind) {
    case 'client':
      return (await row(db, sql`SELECT 1 FROM clients WHERE id = ${id} AND state <> 'revoked'`)) !== undefined;
    case 'resource':
      return builtIn.some((one) => one.id === id) || (await row(db, sql`SELECT 1 FROM resources WHERE id = ${id}`)) !== undefined;
    case 'tenant':
      return (await row(db, sql`SELECT 1 FROM tenants WHERE id = ${id} AND state <> 'revoked'`)) !== undefined;
    case 'everywhere':
      return true;
  }
}
