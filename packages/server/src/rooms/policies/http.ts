import type { z } from 'zod';
import { authorOf, badInput, CHANGED_MEANWHILE, isPreconditionMet, notFound } from '../../base/http/admin.ts';
import { problem, type Inbound, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { Resource } from '../resources/resource.ts';
import { policyConfig } from './config.ts';
import { FORCE_HEADER, isForced, tested, type Saving } from './gate.store.ts';
import type { Policy } from './policy.ts';
import { findPolicy, holdPolicies, listPolicies, putPolicy, readPolicy, removePolicy } from './store.ts';
import { policyView, presentPolicy } from './view.ts';

/** `settled` is the desk's `ready`. */
export type PolicyRoutesDeps = CollectionDeps & { builtIn: readonly Resource[] };

/** What every route says that saves policies, beside what it does. */
export const TESTED = `; refused when it breaks a saved policy test, unless ${FORCE_HEADER}: true`;

export function savingOf({ builtIn }: PolicyRoutesDeps, by: Author, request: Inbound): Saving {
  return { by, force: isForced(request), builtIn };
}

export function policyRoutes(deps: PolicyRoutesDeps): Route[] {
  const policies: Collection<Policy, z.output<typeof policyConfig>> = {
    kind: 'policy',
    plural: 'policies',
    config: policyConfig,
    view: policyView,
    writes: { put: ['policy.changed', 'policy.forced'], remove: ['policy.changed', 'policy.forced'] },
    present: presentPolicy,
    idOf: (policy) => policy.id,
    list: listPolicies,
    find: findPolicy,
    async put(tx, input, by, request) {
      const read = await readPolicy(tx, input, deps.builtIn);
      if (!read.ok)
        return fail(
          badInput(
            read.errors.map(({ path, message }) => ({ field: path, message })),
            'The policy names what does not exist',
          ),
        );
      const target = { type: 'policy', id: read.rule.id };
      return tested(tx, savingOf(deps, by, request), target, async () => ok(await putPolicy(tx, read.rule, by)));
    },
  };
  return [...collectionRoutes(deps, policies), removeRoute(deps)];
}

function removeRoute(deps: PolicyRoutesDeps): Route {
  return route({
    method: 'DELETE',
    path: '/admin/v1/policies/:id',
    access: 'admin:policies:write',
    audit: ['policy.changed', 'policy.forced'],
    summary: `Remove a policy; its versions stay${TESTED}`,
    output: {
      204: 'Removed',
      404: 'No such id',
      409: 'It breaks saved policy tests',
      412: 'If-Match names another version',
    },
    handle: (call) => remove(deps, call),
  });
}

const NOTHING_THERE: Problem = { status: 404, type: 'not_found', title: 'No such id' };

async function remove(deps: PolicyRoutesDeps, call: Call): Promise<Reply> {
  const id = call.params['id'] ?? '';
  const by = authorOf(call);
  const outcome = await commitDeed<PutOutcome<Policy>, Problem>(deps.audit, async (tx) => {
    await holdPolicies(tx);
    if (!isPreconditionMet(call.request, (await findPolicy(tx, id))?.version)) return fail(CHANGED_MEANWHILE);
    return tested(tx, savingOf(deps, by, call.request), { type: 'policy', id }, async () => {
      const removed = await removePolicy(tx, id, by);
      return removed === undefined ? fail(NOTHING_THERE) : ok(removed);
    });
  });
  if (!outcome.ok) return outcome.error === NOTHING_THERE ? notFound('policy', id) : problem(outcome.error);
  await deps.settled?.();
  return { status: 204, headers: { 'cache-control': 'no-store' } };
}
