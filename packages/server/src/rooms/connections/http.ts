import { z } from 'zod';
import { holdName } from '../../base/lock.ts';
import { authorOf, badInput, notFound } from '../../base/http/admin.ts';
import { problem, type Problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import type { PutOutcome } from '../audit/author.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { DataKeys } from '../keys/data-keys.store.ts';
import { connectionConfig, type ConnectionConfig } from './config.ts';
import { toConnectionConfig, type Connection } from './connection.ts';
import { applyConnection } from './put.store.ts';
import { countCredentials, findConnection, listConnections, removeConnection } from './store.ts';

const { clientSecret: _secret, ...shape } = connectionConfig.shape;

/** A connection as the admin API shows it. `hasSecret`: the vault holds our client secret for it. Times in milliseconds since the epoch. */
export const connectionView = z
  .object({ ...shape, hasSecret: z.boolean(), state: z.enum(['active', 'frozen', 'revoked']), createdAt: z.number() })
  .meta({ id: 'Connection' });

export function presentConnection(connection: Connection): Record<string, unknown> {
  const { hasSecret, state, createdAt } = connection;
  return { ...toConnectionConfig(connection), hasSecret, state, createdAt };
}

/** `settled` is the book's `ready`. */
export type ConnectionRoutesDeps = CollectionDeps & { dataKeys: DataKeys };

export function connectionRoutes(deps: ConnectionRoutesDeps): Route[] {
  const connections: Collection<Connection, ConnectionConfig> = {
    kind: 'connection',
    plural: 'connections',
    config: connectionConfig,
    view: connectionView,
    writes: { put: ['admin.changed'], remove: ['admin.changed'] },
    present: presentConnection,
    idOf: ({ id }) => id,
    list: listConnections,
    find: findConnection,
    async put(tx, input, by) {
      const done = await applyConnection(tx, deps.dataKeys, input, by);
      return done.ok ? done : fail(badInput([done.error], 'The connection cannot be put'));
    },
  };
  return [...collectionRoutes(deps, connections), removeRoute(deps)];
}

function removeRoute({ audit, settled }: ConnectionRoutesDeps): Route {
  return route({
    method: 'DELETE',
    path: '/admin/v1/connections/:id',
    access: 'admin:connections:write',
    audit: ['admin.changed'],
    summary: 'Remove a connection that has no credentials any more',
    output: { 204: 'Removed', 404: 'No such id', 409: 'It has credentials' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const outcome = await commitDeed<PutOutcome<Connection>, Problem | undefined>(audit, async (tx) => {
        await holdName(tx, `connection ${id}`);
        const held = await countCredentials(tx, id);
        if (held > 0) return fail(inUse(held));
        const removed = await removeConnection(tx, id, authorOf(call));
        return removed === undefined ? fail(undefined) : ok(removed);
      });
      if (!outcome.ok) return outcome.error === undefined ? notFound('connection', id) : problem(outcome.error);
      await settled?.();
      return { status: 204, headers: { 'cache-control': 'no-store' } };
    },
  });
}

function inUse(held: number): Problem {
  return {
    status: 409,
    type: 'in_use',
    title: 'This connection has credentials',
    detail: `${held} of them. Remove them first (the services are then asked to forget them), or revoke the connection: its credentials go by themselves.`,
  };
}
