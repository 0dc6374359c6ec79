import { z } from 'zod';
import { authorOf, badInput } from '../../base/http/admin.ts';
import { json, problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { anchorBody, anchorShape } from './anchor.ts';
import { commitDeed } from './deed.store.ts';
import { findAnchor, putAnchor, removeAnchor, type AnchorDeps, type StoredAnchor } from './anchor.store.ts';
import { healthShape, presentHealth } from './health.ts';

/** How it goes with the anchor; `anchor` null: there is none. Times in milliseconds since the epoch. */
const anchorView = z
  .object({
    anchor: anchorShape.extend({ hasSecret: z.boolean() }).nullable(),
    health: z
      .object({
        ...healthShape,
        retryAt: z.number().nullable(),
        anchoredAt: z.number().nullable(),
        pending: z.number(),
        oldestPendingAt: z.number().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Anchor' });

function present(stored: StoredAnchor | undefined): Record<string, unknown> {
  if (stored === undefined) return { anchor: null, health: null };
  const { retryAt = null, anchoredAt = null, pending, oldestPendingAt = null, hasSecret } = stored.books;
  return {
    anchor: { ...stored.anchor, hasSecret },
    health: { ...presentHealth(stored.books), retryAt, anchoredAt, pending, oldestPendingAt },
  };
}

const PATH = '/admin/v1/settings/anchor';

/** Where signed checkpoints are kept besides the hub itself. */
export function anchorRoutes(deps: AnchorDeps): Route[] {
  const { db } = deps.database;
  return [
    route({
      method: 'GET',
      path: PATH,
      access: 'admin:events:read',
      audit: ['admin.read'],
      summary: 'Where signed checkpoints of the audit trail are kept outside, and how that goes',
      output: { 200: anchorView },
      handle: async () => json(200, present(await findAnchor(db))),
    }),
    route({
      method: 'PUT',
      path: PATH,
      access: 'admin:events:write',
      audit: ['admin.changed'],
      summary: 'Keep signed checkpoints outside as well: in a bucket with object lock, or with whoever takes them by HTTP',
      input: { body: anchorBody },
      output: { 200: anchorView },
      async handle(call) {
        const put = await commitDeed(deps.audit, (tx) => putAnchor(tx, deps.box, call.body, authorOf(call)));
        return put.ok ? json(200, present(await findAnchor(db))) : problem(badInput([put.error], 'The anchor cannot be put'));
      },
    }),
    route({
      method: 'DELETE',
      path: PATH,
      access: 'admin:events:write',
      audit: ['admin.changed'],
      summary: 'Keep checkpoints in the hub only; what is outside stays there',
      output: { 204: 'Removed', 404: 'There is none' },
      async handle(call) {
        const removed = await removeAnchor(deps, authorOf(call));
        if (removed) return { status: 204, headers: { 'cache-control': 'no-store' } };
        return problem({ status: 404, type: 'not_found', title: 'There is no anchor' });
      },
    }),
  ];
}
