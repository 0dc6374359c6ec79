import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import {
  authorOf,
  badInput,
  CHANGED_MEANWHILE,
  cursorOf,
  etag,
  isPreconditionMet,
  notFound,
  page,
  pageOf,
  pageQuery,
  versionIn,
} from '../../base/http/admin.ts';
import { json, problem, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { PutOutcome } from '../audit/author.ts';
import { commitDeed } from '../audit/deed.store.ts';
import { tested } from './gate.store.ts';
import { savingOf, TESTED, type PolicyRoutesDeps } from './http.ts';
import type { Policy } from './policy.ts';
import { findPolicy, holdPolicies, putPolicy, readPolicy } from './store.ts';
import { differenceOf, type PolicyVersion } from './version.ts';
import { findVersion, listVersions } from './version.store.ts';
import { policyShape } from './config.ts';
import { changedByView, policyView, presentChangedBy, presentPolicy } from './view.ts';

/** One state of a policy: who made it and when (milliseconds since the epoch). `rule` null: here the policy was removed. */
const versionView = z
  .object({
    policy: z.string(),
    version: z.number(),
    at: z.number(),
    by: changedByView,
    removed: z.boolean(),
    rule: policyShape.nullable(),
  })
  .meta({ id: 'PolicyVersion' });

const comparedView = z
  .object({
    ...versionView.shape,
    /** Against the version before; null where a member was not there. */
    diff: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
  })
  .meta({ id: 'PolicyVersionCompared' });

function presentVersion({ policy, version, rule, at, by }: PolicyVersion): Record<string, unknown> {
  return {
    policy,
    version,
    at,
    by: presentChangedBy(by),
    removed: rule === undefined,
    rule: rule ?? null,
  };
}

/** What every policy was before, and the way back. */
export function policyVersionRoutes(deps: PolicyRoutesDeps): Route[] {
  return [...readRoutes(deps), rollbackRoute(deps)];
}

function readRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/policies/:id/versions',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'Every version of a policy, newest first, its removals among them',
      input: { query: pageQuery },
      output: { 200: pageOf(versionView), 404: 'No policy ever had this id' },
      async handle({ params, query }) {
        const id = params['id'] ?? '';
        const cursor = cursorOf(query);
        const found = await listVersions(db, id, { limit: query.limit + 1, cursor });
        if (found.length === 0 && cursor === undefined) return notFound('policy', id);
        return page(found, query.limit, (one) => String(one.version), presentVersion);
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/policies/:id/versions/:version',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'One version of a policy, and in what it differs from the one before',
      output: { 200: comparedView, 404: 'No such version' },
      async handle({ params }) {
        const id = params['id'] ?? '';
        const number = params['version'] ?? '';
        const version = versionIn(number);
        const found = version === undefined ? undefined : await findVersion(db, id, version);
        if (found === undefined) return notFound('version', `${number} of policy ${id}`);
        return json(200, { ...presentVersion(found.version), diff: differenceOf(found.before?.rule, found.version.rule) });
      },
    }),
  ];
}

const rollbackBody = z.strictObject({ version: z.number().int().min(1) }).meta({ id: 'PolicyRollback' });

function rollbackRoute(deps: PolicyRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/policies/:id/rollback',
    access: 'admin:policies:write',
    audit: ['policy.changed', 'policy.forced'],
    summary: `Put a policy back to what it was in an earlier version, a change like any other${TESTED}`,
    input: { body: rollbackBody },
    output: {
      200: policyView,
      404: 'No such version',
      409: 'In that version the policy was removed, or what it names is gone, or it breaks saved policy tests',
      412: 'If-Match names another version than the current one',
    },
    handle: (call) => rollBack(deps, call),
  });
}

async function rollBack(deps: PolicyRoutesDeps, call: Call<{ version: number }>): Promise<Reply> {
  const id = call.params['id'] ?? '';
  const { version } = call.body;
  const outcome = await commitDeed<PutOutcome<Policy>, Problem>(deps.audit, async (tx) => {
    await holdPolicies(tx);
    if (!isPreconditionMet(call.request, (await findPolicy(tx, id))?.version)) return fail(CHANGED_MEANWHILE);
    const found = await findVersion(tx, id, version);
    if (found === undefined) return fail(NO_VERSION);
    const read = await earlierRule(tx, found.version, deps);
    if (!read.ok) return read;
    const by = authorOf(call);
    return tested(tx, savingOf(deps, by, call.request), { type: 'policy', id }, async () =>
      ok(await putPolicy(tx, read.value, by, { rolledBackTo: version })),
    );
  });
  if (!outcome.ok) return problem(outcome.error);
  await deps.settled?.();
  const { value } = outcome.value;
  return json(200, presentPolicy(value), etag(value.version));
}

const NO_VERSION: Problem = { status: 404, type: 'not_found', title: 'The policy has no such version' };

/** Read anew: a resource or scope that it named may be gone since, and a rule cannot come back that could not be put. */
async function earlierRule(
  db: Db,
  { rule, version }: PolicyVersion,
  { builtIn }: PolicyRoutesDeps,
): Promise<Result<NonNullable<PolicyVersion['rule']>, Problem>> {
  if (rule === undefined)
    return fail({
      status: 409,
      type: 'version_removed',
      title: `In version ${version} the policy was removed`,
      detail: 'Remove it instead.',
    });
  const read = await readPolicy(db, rule, builtIn);
  if (read.ok) return ok(read.rule);
  const faults = read.errors.map(({ path, message }) => ({ field: path, message }));
  return fail({ ...badInput(faults, 'That version names what does not exist any more'), status: 409, type: 'version_unfit' });
}
