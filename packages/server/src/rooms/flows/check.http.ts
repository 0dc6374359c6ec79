import { FLOW_TEMPLATES, parseFlow } from '@writ/flow';
import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { isPublishable } from './check.ts';
import { MAX_FLOW } from './http.ts';
import { checkHere } from './known.store.ts';
import { findFlow } from './store.ts';
import { purposeProblems } from './unfit.http.ts';
import { documentView, presentProblem, problemView } from './view.ts';

const templateView = z
  .object({ id: z.string(), title: z.string(), says: z.string(), needs: z.array(z.string()), flow: documentView })
  .meta({ id: 'FlowTemplate' });

const checkedView = z
  .object({
    /** It can be read, and nothing in it is an error. */
    publishable: z.boolean(),
    /** Why it cannot be read, by place; then there are no lints. */
    faults: z.array(z.object({ path: z.string(), message: z.string() })),
    lints: z.array(problemView),
    /** Of what would run; null where it cannot be put together. */
    digest: z.string().nullable(),
  })
  .meta({ id: 'FlowChecked' });

/** What helps whoever draws: what is wrong with a flow that nobody has saved, and flows to begin with. */
export function flowHelpRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/admin/v1/flows/validate',
      access: 'admin:flows:read',
      audit: ['admin.read'],
      summary: 'What is wrong with this flow, saved or not: what cannot be read, lints, names that lead to nothing',
      maxBody: MAX_FLOW,
      input: { body: z.strictObject({ flow: z.unknown() }) },
      output: { 200: checkedView },
      async handle({ body }) {
        const parsed = parseFlow(body.flow);
        if (!parsed.ok) return json(200, { publishable: false, faults: parsed.faults, lints: [], digest: null });
        const { problems, made } = await checkHere(db, parsed.graph);
        const all = [...problems, ...purposeProblems(parsed.graph, await findFlow(db, parsed.graph.id))];
        return json(200, { publishable: isPublishable(all), faults: [], lints: all.map(presentProblem), digest: made?.digest ?? null });
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/flow-templates',
      access: 'admin:flows:read',
      audit: ['admin.read'],
      summary: 'Flows to begin with, and what each needs before it can run',
      output: { 200: z.object({ items: z.array(templateView) }) },
      handle: () => json(200, { items: FLOW_TEMPLATES }),
    }),
  ];
}
