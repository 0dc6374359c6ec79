import { z } from 'zod';
import { badInput } from '../../base/http/admin.ts';
import type { Route } from '../../base/http/route.ts';
import { fail } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { sinkConfig, type SinkConfig } from './config.ts';
import { sinkDeedRoutes, type SinkDeedDeps } from './deeds.http.ts';
import { deadLetterRoutes } from './dead-letter.http.ts';
import { toSinkConfig, type Sink } from './sink.ts';
import { findSink, listSinks, putSink, removeSink } from './store.ts';

const { secret: _secret, ...shape } = sinkConfig.shape;

/** A sink as the admin API shows it: its config without the secret, and how it goes. Times in milliseconds since the epoch. */
const sinkView = z
  .object({
    ...shape,
    hasSecret: z.boolean(),
    state: z.enum(['active', 'paused']),
    createdAt: z.number(),
    /** `failing`: the last delivery failed and the next is tried at `retryAt`. */
    health: z.object({
      status: z.enum(['healthy', 'failing']),
      sentence: z.string().nullable(),
      since: z.number().nullable(),
      failures: z.number(),
      retryAt: z.number().nullable(),
    }),
    delivered: z.number(),
    deliveredAt: z.number().nullable(),
    deadLetters: z.number(),
    /** Entries that were not looked at yet, and when the oldest of them was written. */
    pending: z.number(),
    oldestPendingAt: z.number().nullable(),
  })
  .meta({ id: 'Sink' });

function presentSink(sink: Sink): Record<string, unknown> {
  const { hasSecret, state, createdAt, books } = sink;
  const { failures, failure = null, failingSince = null, retryAt = null, deliveredAt = null, oldestPendingAt = null, ...counted } = books;
  return {
    ...toSinkConfig(sink),
    hasSecret,
    state,
    createdAt,
    health: { status: failingSince === null ? 'healthy' : 'failing', sentence: failure, since: failingSince, failures, retryAt },
    ...counted,
    deliveredAt,
    oldestPendingAt,
  };
}

export type SinkRoutesDeps = CollectionDeps & SinkDeedDeps & { box: SecretBox };

export function sinkRoutes(deps: SinkRoutesDeps): Route[] {
  const sinks: Collection<Sink, SinkConfig> = {
    kind: 'sink',
    plural: 'sinks',
    config: sinkConfig,
    view: sinkView,
    writes: { put: ['admin.changed'], remove: ['admin.changed'] },
    present: presentSink,
    idOf: ({ id }) => id,
    list: listSinks,
    find: findSink,
    async put(tx, input, by) {
      const done = await putSink(tx, deps.box, input, by);
      return done.ok ? done : fail(badInput([done.error], 'The sink cannot be put'));
    },
    remove: removeSink,
  };
  return [...collectionRoutes(deps, sinks), ...sinkDeedRoutes(deps), ...deadLetterRoutes(deps)];
}
