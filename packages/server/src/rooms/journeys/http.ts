import { PURPOSES } from '@writ/flow';
import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { digestsOf, namesOf } from '../flows/version.store.ts';
import { purposeOf } from './facts.ts';
import { clientOf, knownIn, type Journey } from './journey.ts';
import { listJourneys } from './list.store.ts';
import { findJourney } from './store.ts';

const state = z.enum(['running', 'ended', 'expired']);

/** One run of a flow, as far as it has come. Times in milliseconds since the epoch. What a page asked and nobody has sent is not known here. */
const journeyView = z
  .object({
    id: z.string(),
    purpose: z.enum(PURPOSES),
    /** The version that it keeps; `version` 0: a built-in flow as it came; null: it is of a hub that is gone. */
    flow: z.object({ id: z.string(), version: z.number(), digest: z.string() }).nullable(),
    client: z.string().nullable(),
    user: z.string().nullable(),
    tenant: z.string().nullable(),
    /** `ended`: by a code or a refusal; the record says which (`txn`). */
    state,
    /** The node where it stands. */
    node: z.string(),
    trail: z.array(z.object({ node: z.string(), branch: z.string() })),
    acr: z.string().nullable(),
    amr: z.array(z.string()),
    /** Claims that the flow has set so far. */
    claims: z.record(z.string(), z.unknown()),
    txn: z.string(),
    startedAt: z.number(),
    expiresAt: z.number(),
    endedAt: z.number().nullable(),
  })
  .meta({ id: 'Journey' });

type Names = Awaited<ReturnType<typeof namesOf>>;

/** Without secrets, pages, what a person typed, and what is known of them but who they are. */
function presentJourney(journey: Journey, names: Names, now: number): z.infer<typeof journeyView> {
  const { id, request, flow, createdAt, expiresAt, finishedAt } = journey;
  const { at, trail, claims, proof } = journey.state;
  const { user, tenant } = knownIn(journey);
  const name = names.get(flow);
  return {
    id,
    purpose: purposeOf(request),
    flow: name === undefined ? null : { ...name, digest: flow },
    client: clientOf(request) ?? null,
    user: user ?? null,
    tenant: tenant ?? null,
    state: finishedAt !== undefined ? 'ended' : expiresAt > now ? 'running' : 'expired',
    node: at,
    trail: trail.map(({ node, branch }) => ({ node, branch })),
    acr: proof?.acr ?? null,
    amr: [...(proof?.amr ?? [])],
    claims,
    txn: request.txn,
    startedAt: createdAt,
    expiresAt,
    endedAt: finishedAt ?? null,
  };
}

const text = z.string().min(1).max(2_048).optional();
const query = pageQuery.extend({ client: text, user: text, tenant: text, flow: text, state: state.optional() });

/** Runs of flows, to look at. A journey that needed no page has no row, and only its entry tells of it; the others lie for a day. */
export function journeyAdminRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/journeys',
      access: 'admin:journeys:read',
      audit: ['admin.read'],
      summary: 'Journeys of the last day that showed a page, newest first; by client, user, tenant, flow and state',
      input: { query },
      output: { 200: pageOf(journeyView) },
      async handle({ query: { limit, cursor, flow, ...by }, now }) {
        const digests = flow === undefined ? undefined : await digestsOf(db, flow);
        const found = await listJourneys(db, { ...by, digests, now }, { limit: limit + 1, cursor: cursorOf({ cursor }) });
        const names = await namesOf(
          db,
          found.map((one) => one.flow),
        );
        return page(
          found,
          limit,
          (one) => one.id,
          (one) => presentJourney(one, names, now),
        );
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/journeys/:id',
      access: 'admin:journeys:read',
      audit: ['admin.read'],
      summary: 'One journey: where it stands, and the way that it took',
      output: { 200: journeyView, 404: 'No such id, or it lay longer than a day' },
      async handle({ params, now }) {
        const id = params['id'] ?? '';
        const found = await findJourney(db, id);
        return found === undefined ? notFound('journey', id) : json(200, presentJourney(found, await namesOf(db, [found.flow]), now));
      },
    }),
  ];
}
