import { PURPOSES } from '@writ/flow';
import { z } from 'zod';
import type { Db, Tx } from '../../base/db.ts';
import { etag } from '../../base/http/admin.ts';
import { json, problem, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { presentTarget, targetOf, targetShape, type Target } from './assignment.ts';
import { assignFlow, findAssignments, unassignFlow } from './assignment.store.ts';
import type { FlowBook } from './book.store.ts';
import type { Flow } from './flow.ts';
import { changing, type FlowRoutesDeps } from './http.ts';
import { flowView, presentFlow } from './view.ts';

const assignmentView = z.object({ purpose: z.enum(PURPOSES), target: targetShape, flow: z.string() }).meta({ id: 'FlowAssignment' });

const id = z.string().min(1).max(2_048).optional();
const askedQuery = z.strictObject({ purpose: z.enum(PURPOSES).default('authorize'), client: id, resource: id, tenant: id });

const choiceView = z
  .object({
    flow: z.string(),
    digest: z.string(),
    /** By which assignment; null: none fits, and the built-in flow of the purpose runs, or what was published in its place. */
    by: targetShape.nullable(),
  })
  .meta({ id: 'FlowChoice' });

/** Which flow runs where. Precedence: client, resource, tenant, everywhere, built-in. */
export function flowAssignmentRoutes(deps: FlowRoutesDeps & { book: Pick<FlowBook, 'choose'> }): Route[] {
  return [
    deedRoute(
      deps,
      'assign',
      ['flow.assigned'],
      'Let this flow run for a client, a resource, a tenant or everywhere, in the place of what ran there',
      (tx, flow, target, by) => assignFlow(tx, flow, target, by, deps.builtIn),
    ),
    deedRoute(
      deps,
      'unassign',
      ['flow.unassigned'],
      'Take the flow away from there; the next in the order of precedence runs',
      unassignFlow,
    ),
    ...readRoutes(deps),
  ];
}

type Deed = (tx: Tx, flow: string, target: Target, by: Author) => Promise<Result<PutOutcome<Flow>, Problem>>;

function deedRoute(deps: FlowRoutesDeps, verb: string, audit: Route['audit'], summary: string, deed: Deed): Route {
  return route({
    method: 'POST',
    path: `/admin/v1/flows/:id/${verb}`,
    access: 'admin:flows:write',
    audit,
    summary,
    input: { body: targetShape },
    output: { 200: flowView, 404: 'No such id', 409: 'It was never published', 412: 'If-Match names another version' },
    async handle(call: Call<z.output<typeof targetShape>>): Promise<Reply> {
      const done = await changing(deps, call, (tx, flow, by) => deed(tx, flow, targetOf(call.body), by));
      if (!done.ok) return problem(done.error);
      return json(200, presentFlow(done.value.value), etag(done.value.value.version));
    },
  });
}

function readRoutes({ db, book }: { db: Db; book: Pick<FlowBook, 'choose'> }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/flow-assignments',
      access: 'admin:flows:read',
      audit: ['admin.read'],
      summary: 'Every assignment: for this purpose, at this place, this flow',
      output: { 200: z.object({ items: z.array(assignmentView) }) },
      handle: async () =>
        json(200, {
          items: (await findAssignments(db)).map(({ purpose, target, flow }) => ({ purpose, target: presentTarget(target), flow })),
        }),
    }),
    route({
      method: 'GET',
      path: '/admin/v1/flow-assignments/effective',
      access: 'admin:flows:read',
      audit: ['admin.read'],
      summary: 'Which flow a journey of this client, resource and tenant would begin with, and by which assignment',
      input: { query: askedQuery },
      output: { 200: choiceView },
      handle({ query: { purpose, client, resource, tenant } }) {
        const chosen = book.choose({ purpose, clientId: client, resourceId: resource, tenantId: tenant });
        return json(200, { flow: chosen.id, digest: chosen.digest, by: chosen.by === undefined ? null : presentTarget(chosen.by) });
      },
    }),
  ];
}
