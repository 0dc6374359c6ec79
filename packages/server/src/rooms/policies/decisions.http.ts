import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json, problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { findDecided, listDecided } from '../audit/decided.store.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { PolicyDesk } from './desk.store.ts';
import { readRecorded } from './recorded.ts';

export type DecisionRoutesDeps = { db: Db; desk: Pick<PolicyDesk, 'explain' | 'version'> };

/** A decision as the admin API shows it: what was asked (redacted) and what came out, as the entry that rests on it says. */
const decisionView = z
  .object({
    id: z.string(),
    time: z.string(),
    event: z.string(),
    type: z.string(),
    outcome: z.enum(['allow', 'narrow', 'deny']).nullable(),
    client: z.string().nullable(),
    user: z.string().nullable(),
    agent: z.string().nullable(),
    tenant: z.string().nullable(),
    granted: z.array(z.string()),
    refused: z.array(z.object({ scope: z.string(), by: z.string(), rule: z.string().optional() })),
    rules: z.array(z.string()),
    shadow: z.array(z.object({ rule: z.string(), effect: z.string(), scopes: z.array(z.string()) })),
    met: z.array(z.object({ needs: z.string(), rule: z.string() })).describe('Requirements that were met'),
    unmet: z
      .array(z.object({ needs: z.string(), rule: z.string(), scopes: z.array(z.string()) }))
      .describe('Requirements that held granted scopes back'),
    request: z.unknown(),
  })
  .meta({ id: 'Decision' });

function presentDecision(event: AuditEvent): z.infer<typeof decisionView> {
  const policy = readRecorded(event.data)?.policy;
  return {
    id: event.decision ?? '',
    time: event.time,
    event: event.id,
    type: event.type,
    outcome: policy?.outcome ?? null,
    client: event.actor.client ?? null,
    user: event.actor.user ?? null,
    agent: event.actor.agent ?? null,
    tenant: event.tenant,
    granted: policy?.granted ?? [],
    refused: policy?.refused ?? [],
    rules: policy?.rules ?? [],
    shadow: policy?.shadow ?? [],
    met: policy?.met ?? [],
    unmet: policy?.unmet ?? [],
    request: policy?.request ?? null,
  };
}

const filter = pageQuery.extend({
  client: z.string().max(512).optional(),
  user: z.string().max(200).optional(),
  agent: z.string().max(200).optional(),
  outcome: z.enum(['success', 'refused', 'failed']).optional(),
});

export function decisionRoutes(deps: DecisionRoutesDeps): Route[] {
  const { db } = deps;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/decisions',
      access: 'admin:decisions:read',
      audit: ['admin.read'],
      summary: 'Policy decisions, newest first, by client, user, agent and what became of the request',
      input: { query: filter },
      output: { 200: pageOf(decisionView) },
      async handle({ query }) {
        const { limit, cursor, ...by } = query;
        const found = await listDecided(db, { ...by, limit: limit + 1, cursor: cursorOf({ cursor }) });
        return page(found, limit, (event) => event.id, presentDecision);
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/decisions/:id',
      access: 'admin:decisions:read',
      audit: ['admin.read'],
      summary: 'One decision, with its redacted input',
      output: { 200: decisionView, 404: 'No such id' },
      async handle({ params }) {
        const event = await findDecided(db, params['id'] ?? '');
        return event === undefined ? notFound('decision', params['id'] ?? '') : json(200, presentDecision(event));
      },
    }),
    explainRoute(deps),
  ];
}

const explanationView = z.looseObject({
  id: z.string(),
  /** False: policies changed since; `explanation` says what the rules of today make of the same request. */
  current: z.boolean(),
  recorded: decisionView,
  explanation: z.looseObject({
    scopes: z.array(z.object({ scope: z.string(), granted: z.boolean(), sentence: z.string() })),
    missing: z.array(z.string()),
  }),
});

function explainRoute({ db, desk }: DecisionRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/decisions/:id/explain',
    access: 'admin:decisions:read',
    audit: ['admin.read'],
    summary: 'Why a decision is as it is: rules matched, first obstacle of the others, missing attributes, a sentence per scope',
    output: { 200: explanationView, 404: 'No such id', 409: 'Its entry does not hold the input' },
    async handle({ params }) {
      const id = params['id'] ?? '';
      const event = await findDecided(db, id);
      if (event === undefined) return notFound('decision', id);
      const recorded = readRecorded(event.data);
      if (recorded?.request === undefined)
        return problem({ status: 409, type: 'not_explainable', title: 'The entry of this decision does not hold its input' });
      return json(200, {
        id,
        current: recorded.policy.policies === desk.version(),
        recorded: presentDecision(event),
        explanation: desk.explain(recorded.request),
      });
    },
  });
}
