import { z } from 'zod';
import { badInput } from '../../base/http/admin.ts';
import type { Route } from '../../base/http/route.ts';
import { fail } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { booksShape, presentBooks } from './books.ts';
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
    ...booksShape,
  })
  .meta({ id: 'Sink' });

function presentSink(sink: Sink): Record<string, unknown> {
  const { hasSecret, state, createdAt, books } = sink;
  return { ...toSinkConfig(sink), hasSecret, state, createdAt, ...presentBooks(books) };
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
