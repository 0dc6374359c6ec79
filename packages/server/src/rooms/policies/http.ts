import type { z } from 'zod';
import { badInput } from '../../base/http/admin.ts';
import type { Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import type { Resource } from '../resources/resource.ts';
import { policyConfig } from './config.ts';
import type { Policy } from './policy.ts';
import { findPolicy, listPolicies, putPolicy, readPolicy, removePolicy } from './store.ts';
import { policyView, presentPolicy } from './view.ts';

/** `settled` is the desk's `ready`. */
export type PolicyRoutesDeps = CollectionDeps & { builtIn: readonly Resource[] };

export function policyRoutes(deps: PolicyRoutesDeps): Route[] {
  const policies: Collection<Policy, z.output<typeof policyConfig>> = {
    kind: 'policy',
    plural: 'policies',
    config: policyConfig,
    view: policyView,
    writes: { put: ['policy.changed'], remove: ['policy.changed'] },
    present: presentPolicy,
    idOf: (policy) => policy.id,
    list: listPolicies,
    find: findPolicy,
    async put(tx, input, by) {
      const read = await readPolicy(tx, input, deps.builtIn);
      if (!read.ok)
        return fail(
          badInput(
            read.errors.map(({ path, message }) => ({ field: path, message })),
            'The policy names what does not exist',
          ),
        );
      return ok(await putPolicy(tx, read.rule, by));
    },
    remove: removePolicy,
  };
  return collectionRoutes(deps, policies);
}
