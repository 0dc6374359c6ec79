import type { Tx } from '../../base/db.ts';
import type { Inbound, Problem } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Resource } from '../resources/resource.ts';
import { holdPolicies } from './store.ts';
import { tryAll } from './test.store.ts';
import { brokenBy, type Trial } from './test.ts';

/** The header by which whoever must saves what breaks a test. It is an entry of its own. */
export const FORCE_HEADER = 'x-writ-force';

export function isForced(request: Inbound): boolean {
  return request.header(FORCE_HEADER) === 'true';
}

export type Saving = { by: Author; force: boolean; builtIn: readonly Resource[] };

/**
 * Runs a change of policies, tests, or whatever tests look up, between two runs of every saved test. What breaks one is refused; forced, it
 * goes through and is told. The change runs under the name of the policies, so two that are harmless alone cannot break a test together.
 */
export async function tested<T extends { entries: readonly EventDraft[] }>(
  tx: Tx,
  { by, force, builtIn }: Saving,
  target: { type: string; id: string },
  change: () => Promise<Result<T, Problem>>,
): Promise<Result<T, Problem>> {
  await holdPolicies(tx);
  const before = await tryAll(tx, builtIn);
  const outcome = await change();
  if (!outcome.ok || outcome.value.entries.length === 0) return outcome;
  const broken = brokenBy(before, await tryAll(tx, builtIn));
  if (broken.length === 0) return outcome;
  if (!force) return fail(testsFailed(broken));
  return ok({ ...outcome.value, entries: [...outcome.value.entries, forcedEntry(broken, by, target)] });
}

const MAX_NAMED = 50;

/** 409: which tests, what they expect, what they would get. */
function testsFailed(broken: readonly Trial[]): Problem {
  const named = broken.slice(0, MAX_NAMED);
  const errors = named.flatMap(({ id, failures }) => failures.map((message) => ({ field: `policyTests.${id}`, message })));
  const [first] = errors;
  return {
    status: 409,
    type: 'policy_tests_failed',
    title: broken.length === 1 ? 'The change breaks a saved policy test' : `The change breaks ${broken.length} saved policy tests`,
    ...(first === undefined ? {} : { field: first.field, detail: first.message }),
    errors,
    extra: { tests: named.map(({ id, name, expected, got, failures }) => ({ id, name, expected, got, failures })) },
  };
}

function forcedEntry(broken: readonly Trial[], { initiator, actor, origin }: Author, target: { type: string; id: string }): EventDraft {
  return {
    type: 'policy.forced',
    initiator,
    actor,
    target,
    outcome: 'success',
    reason: 'saved although it breaks saved tests',
    origin,
    data: { tests: broken.slice(0, MAX_NAMED).map(({ id }) => id), broken: broken.length },
  };
}
