import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { json, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { PolicyDesk } from './desk.store.ts';
import { walkDecisions } from './recorded.store.ts';
import { createShadowBoard } from './shadow.ts';

export type ShadowDeps = { db: Db; desk: Pick<PolicyDesk, 'book'> };

const moment = z.iso.datetime({ offset: true });
const query = z.strictObject({
  rule: z.string().max(128).optional(),
  since: moment.optional(),
  until: moment.optional(),
  /** At most so many decisions are looked at, the newest first. */
  limit: z.coerce.number().int().min(1).max(100_000).default(10_000),
});

const counted = { decisions: z.number() } as const;
const shadowView = z
  .object({
    items: z.array(
      z.object({
        rule: z.string(),
        effect: z.string(),
        /** What the rule is today; null: it is gone. */
        state: z.enum(['off', 'shadow', 'enforce']).nullable(),
        spoke: z.number(),
        wouldChange: z.number(),
        since: z.number().nullable(),
        last: z.number().nullable(),
        agents: z.array(z.object({ ...counted, agent: z.string(), client: z.string() })),
        scopes: z.array(
          z.object({
            ...counted,
            target: z.object({ kind: z.string(), id: z.string() }),
            scope: z.string(),
            change: z.enum(['gained', 'lost', 'required']),
          }),
        ),
        /** Ids of decisions, for explain. */
        samples: z.array(z.string()),
      }),
    ),
    read: z.number(),
    scanned: z.number(),
    complete: z.boolean(),
    oldest: z.number().nullable(),
    newest: z.number().nullable(),
  })
  .meta({ id: 'PolicyShadow' });

export function shadowRoutes(deps: ShadowDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/policies/shadow',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'What shadow rules, each alone, would have changed of what was decided: how often, for which agents and scopes, since when',
      input: { query },
      output: { 200: shadowView },
      handle: (call) => shadow(deps, call),
    }),
  ];
}

async function shadow({ db, desk }: ShadowDeps, { query: of }: Call<undefined, z.output<typeof query>>): Promise<Reply> {
  const board = createShadowBoard();
  const walk = await walkDecisions(
    db,
    {
      limit: of.limit,
      ...(of.since === undefined ? {} : { from: Date.parse(of.since) }),
      ...(of.until === undefined ? {} : { until: Date.parse(of.until) }),
    },
    ({ id, policy, request: { request, client, agent, target } }) =>
      board.add({ id, policy, time: request.time, client: client.id, agent: agent?.id, target: { kind: target.kind, id: target.id } }),
  );
  const { rules } = desk.book();
  const states = new Map(rules.map(({ id, state }) => [id, state]));
  const rows = new Map(board.rows().map((row) => [row.rule, row]));
  // A shadow rule that never spoke is worth seeing too: perhaps it is for nobody.
  for (const { id, state, effect } of rules)
    if (state === 'shadow' && !rows.has(id))
      rows.set(id, { rule: id, effect, spoke: 0, wouldChange: 0, since: null, last: null, agents: [], scopes: [], samples: [] });
  const items = [...rows.values()].filter(({ rule }) => of.rule === undefined || rule === of.rule);
  return json(200, { items: items.map((row) => ({ ...row, state: states.get(row.rule) ?? null })), ...walk });
}
