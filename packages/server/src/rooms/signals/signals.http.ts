import { z } from 'zod';
import { notFound, pageQuery, versionIn } from '../../base/http/admin.ts';
import type { Clock } from '../../base/clock.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Db } from '../../base/db.ts';
import { clientsServing } from '../clients/serving.store.ts';
import { heardOf, isListening, percentile, spreadOf } from './listener.ts';
import { listenersFor, listListeners, propagationSince } from './listener.store.ts';
import { SIGNAL_KINDS, toWire, type Signal } from './signal.ts';
import { findSignal, lastAbout, listSignals, newestSignals } from './store.ts';

const signalView = z
  .object({
    id: z.string(),
    seq: z.number(),
    at: z.number(),
    kind: z.enum(SIGNAL_KINDS),
    subject: z.string(),
    state: z.enum(['frozen', 'revoked', 'restored']),
    reason: z.string(),
  })
  .meta({ id: 'Signal' });
const ms = z.number().nullable();
const spreadView = z.object({
  acknowledged: z.number(),
  silent: z.number(),
  away: z.number(),
  p50: ms,
  p95: ms,
  slowest: ms,
});
const serverView = z.object({
  client: z.string(),
  instance: z.string(),
  resources: z.array(z.string()),
  state: z.enum(['acknowledged', 'silent', 'away']),
  at: z.number().nullable(),
  ms,
});
const heardView = z.object({ signal: signalView, spread: spreadView, servers: z.array(serverView) }).meta({ id: 'SignalHeard' });
const listenerView = z.object({
  client: z.string(),
  instance: z.string(),
  resources: z.array(z.string()),
  listening: z.boolean(),
  seq: z.number(),
  seenAt: z.number(),
  signals: z.number(),
  p50: ms,
  p95: ms,
});
const propagationView = z
  .object({
    since: z.number(),
    signals: z.number(),
    p50: ms,
    p95: ms,
    slowest: ms,
    histogram: z.array(z.object({ to: z.number().nullable(), count: z.number() })),
    servers: z.array(listenerView),
  })
  .meta({ id: 'SignalPropagation' });

const listQuery = pageQuery.extend({
  cursor: z.coerce.number().int().min(0).optional(),
  order: z.enum(['oldest', 'newest']).default('oldest'),
});
const aboutQuery = z.strictObject({ kind: z.enum(SIGNAL_KINDS), subject: z.string().min(1) });

export type SignalRoutesDeps = { db: Db; clock: Clock };

/** What was told, and how soon each resource server acted on it. */
export function signalRoutes(deps: SignalRoutesDeps): Route[] {
  return [listRoute(deps), propagationRoute(deps), aboutRoute(deps), oneRoute(deps)];
}

function listRoute({ db }: SignalRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/signals',
    access: 'admin:signals:read',
    audit: ['admin.read'],
    summary: 'Signals sent, oldest first unless asked otherwise; the cursor is the last number seen',
    input: { query: listQuery },
    output: { 200: z.object({ items: z.array(signalView), next: z.string().nullable() }) },
    async handle({ query }) {
      const { limit, cursor, order } = query;
      const found =
        order === 'newest' ? await newestSignals(db, { before: cursor, limit }) : await listSignals(db, { after: cursor ?? 0, limit });
      return json(200, { items: found.map(toWire), next: found.length === limit ? String(found.at(-1)?.seq) : null });
    },
  });
}

function oneRoute(deps: SignalRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/signals/:seq',
    access: 'admin:signals:read',
    audit: ['admin.read'],
    summary: 'One signal, and when each resource server that listens acted on it',
    output: { 200: heardView, 404: 'No such number' },
    async handle({ params }) {
      const seq = versionIn(params['seq'] ?? '');
      const found = seq === undefined ? undefined : await findSignal(deps.db, seq);
      return found === undefined ? notFound('signal', params['seq'] ?? '') : json(200, await heard(deps, found));
    },
  });
}

function aboutRoute(deps: SignalRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/signals/newest',
    access: 'admin:signals:read',
    audit: ['admin.read'],
    summary: 'The newest signal about something, and when each resource server that listens acted on it',
    input: { query: aboutQuery },
    output: { 200: z.object({ newest: heardView.nullable().describe('None was sent about it') }) },
    async handle({ query }) {
      const found = await lastAbout(deps.db, query.kind, query.subject);
      return json(200, { newest: found === undefined ? null : await heard(deps, found) });
    },
  });
}

async function heard({ db, clock }: SignalRoutesDeps, signal: Signal): Promise<z.infer<typeof heardView>> {
  const now = clock.now();
  const listeners = await listenersFor(db, signal, now);
  const clients = await clientsServing(
    db,
    listeners.map(({ receiver }) => receiver),
  );
  const of = listeners.map((one) => ({ ...one, tenants: clients.get(one.receiver)?.tenants ?? [] }));
  const servers = heardOf(signal, of, now);
  return {
    signal: signalView.parse(toWire(signal)),
    spread: spreadOf(servers),
    servers: servers.map(({ receiver, ...rest }) => ({
      client: receiver,
      resources: [...(clients.get(receiver)?.resources ?? [])],
      ...rest,
    })),
  };
}

/** Milliseconds, as the metric has them. */
const STEPS = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
const hoursQuery = z.strictObject({ hours: z.coerce.number().int().min(1).max(168).default(24) });

function propagationRoute({ db, clock }: SignalRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/signals/propagation',
    access: 'admin:signals:read',
    audit: ['admin.read'],
    summary: 'How long signals took to resource servers lately, and who listens',
    input: { query: hoursQuery },
    output: { 200: propagationView },
    async handle({ query }) {
      const now = clock.now();
      const since = now - query.hours * 3_600_000;
      const [took, listeners] = await Promise.all([propagationSince(db, since), listListeners(db, now)]);
      const clients = await clientsServing(
        db,
        listeners.map(({ receiver }) => receiver),
      );
      const all = took.map((one) => one.ms).toSorted((a, b) => a - b);
      return json(200, {
        since,
        signals: all.length,
        ...spread(all),
        slowest: all.at(-1) ?? null,
        histogram: histogramOf(all),
        servers: listeners.map((one) => {
          const mine = took
            .filter(({ receiver, instance }) => receiver === one.receiver && instance === one.instance)
            .map((each) => each.ms)
            .toSorted((a, b) => a - b);
          return {
            client: one.receiver,
            instance: one.instance,
            resources: clients.get(one.receiver)?.resources ?? [],
            listening: isListening(one, now),
            seq: Math.max(one.seq, one.began),
            seenAt: one.seenAt,
            signals: mine.length,
            ...spread(mine),
          };
        }),
      });
    },
  });
}

function spread(sorted: readonly number[]): { p50: number | null; p95: number | null } {
  return { p50: percentile(sorted, 0.5) ?? null, p95: percentile(sorted, 0.95) ?? null };
}

function histogramOf(sorted: readonly number[]): { to: number | null; count: number }[] {
  const upTo = (bound: number): number => sorted.filter((one) => one <= bound).length;
  const counts = STEPS.map((to, index) => ({ to, count: upTo(to) - (index === 0 ? 0 : upTo(STEPS[index - 1] ?? 0)) }));
  return [...counts, { to: null, count: sorted.length - upTo(STEPS.at(-1) ?? 0) }];
}
