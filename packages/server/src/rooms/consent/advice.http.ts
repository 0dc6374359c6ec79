import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { cursorOf, notFound, pageQuery } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { AgentSettings } from '../agents/setting.store.ts';
import { findAgent } from '../agents/store.ts';
import { ADVICE_KINDS, adviceOn, adviceOnDrift, type Advice, type AdviceKind, type AdviceRules } from './advice.ts';
import { adviceCandidates, adviceFacts, type AdvicePlace } from './advice.store.ts';

const kind = z.enum(ADVICE_KINDS);

/** `deed`: the request that would settle it, for somebody to look at and send. Times in milliseconds since the epoch. */
const adviceView = z.object({
  id: z.string(),
  kind,
  weight: z.number(),
  sentence: z.string(),
  at: z.number(),
  client: z.string().nullable(),
  agent: z.string().nullable(),
  resource: z.string().nullable(),
  grant: z.string().nullable(),
  drift: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
  deed: z.object({ label: z.string(), method: z.string(), path: z.string(), body: z.record(z.string(), z.unknown()).nullable() }),
});

function present(one: Advice): z.infer<typeof adviceView> {
  const { client = null, agent = null, resource = null, grant = null, drift = null, evidence, deed, ...rest } = one;
  const { body, ...request } = deed;
  return {
    ...rest,
    client,
    agent,
    resource,
    grant,
    drift,
    evidence: { ...evidence },
    deed: { ...request, body: body === undefined ? null : { ...body } },
  };
}

export type AdviceRoutesDeps = { db: Db; clock: Clock; agentSettings: Pick<AgentSettings, 'current'> };

export function adviceRoutes({ db, clock, agentSettings }: AdviceRoutesDeps): Route[] {
  const rules = (): AdviceRules => ({ now: clock.now(), dormantDays: agentSettings.current().dormantDays });
  return [
    route({
      method: 'GET',
      path: '/admin/v1/agents/:id/advice',
      access: 'admin:agents:read',
      audit: ['admin.read'],
      summary: 'What should be looked at about one agent, worst first, each with its evidence and what would settle it',
      output: { 200: z.object({ items: z.array(adviceView) }) },
      async handle({ params }) {
        const id = params['id'] ?? '';
        if ((await findAgent(db, id)) === undefined) return notFound('agent', id);
        const { now } = rules();
        const found = await adviceFacts(db, [id], now);
        return json(200, { items: found.flatMap((facts) => adviceOn(facts, rules())).map(present) });
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/advice',
      access: 'admin:agents:read',
      audit: ['admin.read'],
      summary:
        'What should be looked at in the whole hub, worst kind first. A page may have fewer than asked for and still have a next one',
      input: { query: pageQuery.extend({ kind: kind.optional() }) },
      output: { 200: z.object({ items: z.array(adviceView), next: z.string().nullable() }) },
      async handle({ query }) {
        const from = placeIn(cursorOf(query), query.kind);
        const of = rules();
        const { found, next } = await adviceCandidates(db, { from, only: query.kind, limit: query.limit, ...of });
        const agents = found.flatMap(({ agent }) => (agent === undefined ? [] : [agent]));
        const facts = new Map((await adviceFacts(db, agents, of.now)).map((one) => [one.agent, one]));
        const items = found.flatMap(({ agent, drift, place }) => {
          if (drift !== undefined) return [adviceOnDrift(drift)];
          const known = facts.get(agent ?? '');
          return known === undefined ? [] : adviceOn(known, of).filter((one) => isMeant(one, place));
        });
        return json(200, {
          items: [...new Map(items.map((one) => [one.id, one])).values()].map(present),
          next: next === undefined ? null : Buffer.from(`${next.kind}\n${next.after}`, 'utf8').toString('base64url'),
        });
      },
    }),
  ];
}

/** Kinds that speak of one grant were found by it; the others speak of the agent. */
function isMeant(one: Advice, { kind: found, after }: AdvicePlace): boolean {
  return one.kind === found && (one.grant === undefined || one.grant === after);
}

function placeIn(cursor: string | undefined, only: AdviceKind | undefined): AdvicePlace {
  const [word, after = ''] = cursor?.split('\n') ?? [];
  const known = ADVICE_KINDS.find((one) => one === word);
  if (known !== undefined && (only === undefined || only === known)) return { kind: known, after };
  return { kind: only ?? ADVICE_KINDS[0], after: '' };
}
