import { z } from 'zod';
import type { Route } from '../../base/http/route.ts';
import { ok } from '../../base/result.ts';
import { collectionRoutes, type Collection } from '../audit/collection.http.ts';
import { tested } from './gate.store.ts';
import { savingOf, type PolicyRoutesDeps } from './http.ts';
import { policyTestConfig, policyTestShape, type PolicyTestConfig, type SavedTest } from './test.ts';
import { findTest, listTests, putTest, removeTest } from './test.store.ts';

/** A saved test as the admin API shows it. Times in milliseconds since the epoch. */
const testView = z.object({ ...policyTestShape.shape, createdAt: z.number(), updatedAt: z.number() }).meta({ id: 'PolicyTest' });

/** The saved tests of the policies: a collection like any other. One that does not pass is refused like a policy that breaks one. */
export function policyTestRoutes(deps: PolicyRoutesDeps): Route[] {
  const tests: Collection<SavedTest, PolicyTestConfig> = {
    kind: 'policyTest',
    plural: 'policy-tests',
    room: 'policies',
    config: policyTestConfig,
    view: testView,
    writes: { put: ['admin.changed', 'policy.forced'], remove: ['admin.changed'] },
    present: ({ test, createdAt, updatedAt }) => ({ ...test, createdAt, updatedAt }),
    idOf: (test) => test.id,
    list: listTests,
    find: findTest,
    put: (tx, input, by, request) =>
      tested(tx, savingOf(deps, by, request), { type: 'policyTest', id: input.id }, async () => ok(await putTest(tx, input, by))),
    remove: removeTest,
  };
  return collectionRoutes(deps, tests);
}
