import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { retryAfter, usedIn } from './budget.ts';
import { listUses } from './budget.store.ts';
import { findPolicy } from './store.ts';

/** What one agent has used of a budget in the window that ends now. */
const usageView = z
  .object({
    agent: z.string(),
    kind: z.enum(['calls', 'exchanges']),
    limit: z.number(),
    /** Seconds. */
    window: z.number(),
    used: z.number(),
    left: z.number(),
    /** Seconds until one more use is allowed; 0: now. */
    retryAfter: z.number(),
  })
  .meta({ id: 'BudgetUsage' });

/** How much of a policy's budget is used, by agent. */
export function budgetRoutes({ db, clock }: { db: Db; clock: Clock }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/policies/:id/budget',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'What agents have used of the budget of a policy, in the window that ends now',
      input: { query: pageQuery },
      output: { 200: pageOf(usageView), 404: 'No such id', 409: 'The policy sets no budget' },
      async handle({ params, query }) {
        const id = params['id'] ?? '';
        const policy = await findPolicy(db, id);
        if (policy === undefined) return notFound('policy', id);
        const budget = policy.rule.require?.budget;
        if (budget === undefined) return problem({ status: 409, type: 'no_budget', title: 'This policy sets no budget' });
        const { window } = budget;
        const found = await listUses(db, { rule: id, window }, { limit: query.limit + 1, cursor: cursorOf(query) });
        const now = clock.now();
        return page(
          found,
          query.limit,
          ({ agent, kind }) => `${agent} ${kind}`,
          ({ agent, kind, uses }) => {
            const limit = budget[kind] ?? 0;
            const used = usedIn(uses, now, window);
            const wait = retryAfter(uses, limit, now, window);
            return { agent, kind, limit, window, used, left: Math.max(0, limit - used), retryAfter: wait };
          },
        );
      },
    }),
  ];
}
