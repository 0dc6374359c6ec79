import type { Tx } from '../../base/db.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import type { Problem } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import type { Resource } from '../resources/resource.ts';
import type { Assigned } from './assignment.ts';
import { setAssigned } from './assignment.store.ts';
import type { FlowInput } from './config.ts';
import type { Flow } from './flow.ts';
import { publishGraph } from './publish.store.ts';
import { findFlow, holdFlows } from './store.ts';

/**
 * A config says what is in force: draft, publication and assignments in one. A draft that somebody is at work on is written over only where what is
 * in force changes.
 */
export async function applyFlow(
  tx: Tx,
  input: FlowInput,
  by: Author,
  builtIn: readonly Resource[],
): Promise<Result<PutOutcome<Flow>, FieldFault[]>> {
  await holdFlows(tx);
  const before = await findFlow(tx, input.id);
  const published = await publishGraph(tx, { graph: input.graph, before, layout: input.layout ?? before?.layout }, by);
  if (!published.ok) return fail(faultsOf(published.error));
  const wanted = assignedBy(input, before);
  if (wanted === undefined) return published;
  const assigned = await setAssigned(tx, input.id, wanted, by, builtIn);
  if (!assigned.ok) return fail(faultsOf(assigned.error, 'assign.'));
  const [first, then] = [published.value, assigned.value];
  return ok({
    outcome: first.outcome === 'unchanged' ? then.outcome : first.outcome,
    value: then.value,
    entries: [...first.entries, ...then.entries],
    changed: [...first.changed, ...then.changed],
  });
}

/** A flow called `default` that says nothing of where it runs is meant to run everywhere: once, when it is made. */
function assignedBy({ id, assign }: FlowInput, before: Flow | undefined): Assigned | undefined {
  if (assign !== undefined || id !== 'default' || before?.published !== undefined) return assign;
  return { clients: [], resources: [], tenants: [], everywhere: true };
}

function faultsOf({ errors, field, title }: Problem, under = ''): FieldFault[] {
  return errors === undefined ? [{ field: field === undefined ? 'id' : `${under}${field}s`, message: title }] : [...errors];
}
