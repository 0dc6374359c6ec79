import { compareFlows, exportFlow, flowDocument, type FlowGraph } from '@writ/flow';
import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { cursorOf, etag, notFound, page, pageOf, pageQuery, versionIn } from '../../base/http/admin.ts';
import { json, problem, text, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Result } from '../../base/result.ts';
import type { PutOutcome } from '../audit/author.ts';
import { builtInOf } from './built-in.ts';
import { graphOfSource } from './config.ts';
import type { Flow, PublishedVersion } from './flow.ts';
import { changing, type FlowRoutesDeps } from './http.ts';
import { publishDraft, rollBackTo } from './publish.store.ts';
import { findFlow } from './store.ts';
import { findVersion, listVersions } from './version.store.ts';
import { documentView, flowView, presentFlow, presentVersion, presentWhole, versionView } from './view.ts';

const publishBody = z.strictObject({ note: z.string().min(1).max(500).optional() }).meta({ id: 'FlowPublish' });
const rollbackBody = z.strictObject({ version: z.number().int().min(1) }).meta({ id: 'FlowRollback' });

/** What was in force and is, and the ways from one to another. */
export function flowVersionRoutes(deps: FlowRoutesDeps): Route[] {
  return [...deedRoutes(deps), ...readRoutes(deps)];
}

function deedRoutes(deps: FlowRoutesDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: '/admin/v1/flows/:id/publish',
      access: 'admin:flows:write',
      audit: ['flow.published'],
      summary: 'Put the draft in force on every node; journeys that are under way keep the version they began with',
      input: { body: publishBody },
      output: {
        200: flowView,
        404: 'No such id',
        409: 'A lint is an error, or it names what does not exist: every one by node and field',
        412: 'If-Match names another version',
      },
      handle: async (call) => reply(await changing(deps, call, (tx, id, by) => publishDraft(tx, id, call.body.note, by))),
    }),
    route({
      method: 'POST',
      path: '/admin/v1/flows/:id/rollback',
      access: 'admin:flows:write',
      audit: ['flow.rolled_back'],
      summary: 'Publish an older version again, to the letter; the draft follows unless it is ahead',
      input: { body: rollbackBody },
      output: {
        200: flowView,
        404: 'No such version',
        409: 'What that version names is gone, or it would not be let through now',
        412: 'If-Match names another version',
      },
      handle: async (call) => reply(await changing(deps, call, (tx, id, by) => rollBackTo(tx, id, call.body.version, by))),
    }),
  ];
}

function reply(outcome: Result<PutOutcome<Flow>, Problem>): Reply {
  if (!outcome.ok) return problem(outcome.error);
  const { value } = outcome.value;
  return json(200, presentFlow(value), etag(value.version));
}

const wholeView = z.object({ ...versionView.shape, document: documentView }).meta({ id: 'FlowVersionWhole' });

const names = z.array(z.string());
const comparedView = z
  .object({
    /** A version by its number, or `draft`. */
    from: z.string(),
    to: z.string(),
    nodes: z.object({ added: names, removed: names, changed: names }),
    /** As `node.branch -> node`. */
    lines: z.object({ added: names, removed: names }),
    /** Of the flow itself: name, description, purpose, start. */
    fields: names,
    documents: z.object({ from: documentView, to: documentView }),
  })
  .meta({ id: 'FlowCompared' });

const state = z.string().regex(/^(draft|0|[1-9]\d{0,14})$/, 'the number of a version, or draft');

function readRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/flows/:id/versions',
      access: 'admin:flows:read',
      audit: ['admin.read'],
      summary: 'Every version of a flow, newest first',
      input: { query: pageQuery },
      output: { 200: pageOf(versionView), 404: 'No such id' },
      async handle({ params, query }) {
        const id = params['id'] ?? '';
        const cursor = cursorOf(query);
        const found = await listVersions(db, id, { limit: query.limit + 1, cursor });
        if (found.length === 0 && cursor === undefined && (await findFlow(db, id)) === undefined) return notFound('flow', id);
        return page(found, query.limit, (one) => String(one.version), presentVersion);
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/flows/:id/versions/:version',
      access: 'admin:flows:read',
      audit: ['admin.read'],
      summary: 'One version of a flow, as it was drawn',
      output: { 200: wholeView, 404: 'No such version' },
      async handle({ params }) {
        const id = params['id'] ?? '';
        const version = await versionOf(db, id, params['version'] ?? '');
        return version === undefined ? notFound('version', `${params['version'] ?? ''} of flow ${id}`) : json(200, presentWhole(version));
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/flows/:id/compare',
      access: 'admin:flows:read',
      audit: ['admin.read'],
      summary: 'What lies between two versions of a flow, or a version and the draft',
      input: { query: z.strictObject({ from: state, to: state.default('draft') }) },
      output: { 200: comparedView, 404: 'No such version' },
      handle: ({ params, query }) => compare(db, params['id'] ?? '', query),
    }),
    route({
      method: 'GET',
      path: '/admin/v1/flows/:id/export',
      access: 'admin:flows:read',
      audit: ['admin.read'],
      summary: 'The flow as stable text: the same for equal flows, and read again by PUT',
      input: { query: z.strictObject({ version: state.default('draft') }) },
      output: { 200: documentView, 404: 'No such version' },
      async handle({ params, query }) {
        const id = params['id'] ?? '';
        const graph = await stateOf(db, id, query.version);
        if (graph === undefined) return notFound('flow', `${id}, ${query.version}`);
        return text(200, exportFlow(graph), { 'content-type': 'application/json; charset=utf-8' });
      },
    }),
  ];
}

async function versionOf(db: Db, id: string, number: string): Promise<PublishedVersion | undefined> {
  const version = versionIn(number);
  return version === undefined ? undefined : findVersion(db, id, version);
}

/** 0 is the built-in flow as it came. */
async function stateOf(db: Db, id: string, which: string): Promise<FlowGraph | undefined> {
  if (which === 'draft') return (await findFlow(db, id))?.draft;
  if (which === '0') return builtInOf(id)?.graph;
  const version = await versionOf(db, id, which);
  return version === undefined ? undefined : graphOfSource(id, version.source);
}

async function compare(db: Db, id: string, { from, to }: { from: string; to: string }): Promise<Reply> {
  const [older, newer] = [await stateOf(db, id, from), await stateOf(db, id, to)];
  if (older === undefined || newer === undefined) return notFound('version', `${older === undefined ? from : to} of flow ${id}`);
  return json(200, { from, to, ...compareFlows(older, newer), documents: { from: flowDocument(older), to: flowDocument(newer) } });
}
