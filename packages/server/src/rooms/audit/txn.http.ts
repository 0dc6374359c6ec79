import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { notFound } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { txnGraph } from './txn.ts';
import { delegationOf } from './txn.store.ts';

/** Who acted in one transaction, from whom to whom, by which tokens, and what became of them. */
export function txnRoutes({ db, clock }: { db: Db; clock: Clock }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/txns/:txn',
      access: 'admin:events:read',
      audit: ['admin.read'],
      summary: 'The delegation graph of a transaction: who acted, by which tokens, and their state now',
      output: { 200: txnGraph, 404: 'No token of that transaction is known' },
      async handle({ params }) {
        const txn = params['txn'] ?? '';
        const found = await delegationOf(db, txn.slice(0, 200), clock.now());
        return found === undefined ? notFound('txn', txn) : json(200, found);
      },
    }),
  ];
}
