import type { z } from 'zod';
import { holdName } from '../../base/lock.ts';
import type { Db, Tx } from '../../base/db.ts';
import {
  authorOf,
  CHANGED_MEANWHILE,
  cursorOf,
  etag,
  isPreconditionMet,
  notFound,
  page,
  pageOf,
  pageQuery,
} from '../../base/http/admin.ts';
import { json, problem, type Inbound, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from './author.ts';
import { commitDeed, type Done } from './deed.store.ts';
import type { EventType } from './event.ts';
import type { Audit } from './store.ts';

type Written = readonly [EventType, ...EventType[]];

/** A collection of the admin API whose objects an author writes whole, by an id of his own. */
export type Collection<T extends { version: number }, Input> = {
  kind: string;
  plural: string;
  /** Whose `admin:<room>:read|write` opens it. Default: the plural. */
  room?: string;
  /** The member that is the id; also the name of the path parameter. Default `id`. */
  key?: string;
  config: z.ZodType<Input>;
  view: z.ZodType;
  /** Bytes of one object at most. Default: those of every route. */
  maxBody?: number;
  /** Types of the entries that each of the two deeds may write. */
  writes: { put: Written; remove: Written };
  present(value: T): unknown;
  idOf(value: T): string;
  list(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<T[]>;
  find(db: Db, id: string): Promise<T | undefined>;
  /** Refuses what only the database can know: a name that is taken, a reference to nothing. */
  put(tx: Tx, input: Input, by: Author, request: Inbound): Promise<Result<PutOutcome<T>, Problem>>;
  /** Absent: the room declares its own DELETE, because removing means more than dropping a row. */
  remove?(tx: Tx, id: string, by: Author): Promise<PutOutcome<T> | undefined>;
};

export type CollectionDeps = {
  db: Db;
  audit: Audit;
  /** Resolves when this node's caches have taken the change in: the caller who was told "done" sees it in force. */
  settled?(): Promise<void>;
  /** What else ends with a removed object, in rooms below this one, in the same transaction. */
  endOf?(tx: Tx, id: string, by: Author): Promise<Done>;
};

type Versioned = { version: number };

/** `GET /admin/v1/<plural>` and `GET|PUT|DELETE /admin/v1/<plural>/:id`. */
export function collectionRoutes<T extends Versioned, Input>(deps: CollectionDeps, of: Collection<T, Input>): Route[] {
  const at = {
    path: `/admin/v1/${of.plural}/:${of.key ?? 'id'}`,
    idIn: (call: { params: Call['params'] }): string => call.params[of.key ?? 'id'] ?? '',
  };
  return [...readRoutes(deps, of, at), ...writeRoutes(deps, of, at)];
}

type Place = { path: string; idIn(call: { params: Call['params'] }): string };

function readRoutes<T extends Versioned, Input>(deps: CollectionDeps, of: Collection<T, Input>, { path, idIn }: Place): Route[] {
  const { plural, kind, view } = of;
  return [
    route({
      method: 'GET',
      path: `/admin/v1/${plural}`,
      access: `admin:${of.room ?? plural}:read`,
      audit: ['admin.read'],
      summary: `All ${plural}, by ${of.key ?? 'id'}`,
      input: { query: pageQuery },
      output: { 200: pageOf(view) },
      async handle({ query }) {
        const found = await of.list(deps.db, { limit: query.limit + 1, cursor: cursorOf(query) });
        return page(found, query.limit, of.idOf, of.present);
      },
    }),
    route({
      method: 'GET',
      path,
      access: `admin:${of.room ?? plural}:read`,
      audit: ['admin.read'],
      summary: `One ${kind}`,
      output: { 200: view, 404: 'No such id' },
      async handle(call) {
        const found = await of.find(deps.db, idIn(call));
        return found === undefined ? notFound(kind, idIn(call)) : json(200, of.present(found), etag(found.version));
      },
    }),
  ];
}

function writeRoutes<T extends Versioned, Input>(deps: CollectionDeps, of: Collection<T, Input>, { path, idIn }: Place): Route[] {
  const { plural, kind, view } = of;
  const put = route({
    method: 'PUT',
    path,
    access: `admin:${of.room ?? plural}:write`,
    audit: of.writes.put,
    summary: `Create or replace a ${kind} by an id of your own`,
    ...(of.maxBody === undefined ? {} : { maxBody: of.maxBody }),
    input: { body: of.config },
    output: { 200: view, 201: view, 409: 'It contradicts something that exists', 412: 'If-Match names another version' },
    handle: (call) => putOne(deps, of, call, idIn(call)),
  });
  const { remove } = of;
  if (remove === undefined) return [put];
  const removal = route({
    method: 'DELETE',
    path,
    access: `admin:${of.room ?? plural}:write`,
    audit: of.writes.remove,
    summary: `Remove a ${kind}`,
    output: { 204: 'Removed', 404: 'No such id', 412: 'If-Match names another version' },
    handle: (call) => removeOne(deps, { ...of, remove }, call, idIn(call)),
  });
  return [put, removal];
}

async function putOne<T extends Versioned, Input>(
  deps: CollectionDeps,
  of: Collection<T, Input>,
  call: Call<Input>,
  id: string,
): Promise<Reply> {
  const outcome = await commitDeed<PutOutcome<T>, Problem>(deps.audit, async (tx) => {
    await holdName(tx, `${of.kind} ${id}`);
    if (!(await isCurrent(tx, of, call, id))) return fail(CHANGED_MEANWHILE);
    return of.put(tx, call.body, authorOf(call), call.request);
  });
  if (!outcome.ok) return problem(outcome.error);
  await deps.settled?.();
  const { value } = outcome.value;
  return json(outcome.value.outcome === 'created' ? 201 : 200, of.present(value), etag(value.version));
}

async function removeOne<T extends Versioned, Input>(
  deps: CollectionDeps,
  of: Collection<T, Input> & Required<Pick<Collection<T, Input>, 'remove'>>,
  call: Call,
  id: string,
): Promise<Reply> {
  const outcome = await commitDeed<PutOutcome<T>, Problem>(deps.audit, async (tx) => {
    await holdName(tx, `${of.kind} ${id}`);
    if (!(await isCurrent(tx, of, call, id))) return fail(CHANGED_MEANWHILE);
    const removed = await of.remove(tx, id, authorOf(call));
    if (removed === undefined) return fail(NOTHING_THERE);
    const also = (await deps.endOf?.(tx, id, authorOf(call))) ?? { entries: [], changed: [] };
    return ok({ ...removed, entries: [...removed.entries, ...also.entries], changed: [...removed.changed, ...also.changed] });
  });
  if (!outcome.ok) return outcome.error === NOTHING_THERE ? notFound(of.kind, id) : problem(outcome.error);
  await deps.settled?.();
  return { status: 204, headers: { 'cache-control': 'no-store' } };
}

const NOTHING_THERE: Problem = { status: 404, type: 'not_found', title: 'No such id' };

async function isCurrent<T extends Versioned, Input>(
  tx: Tx,
  of: Collection<T, Input>,
  { request }: { request: Call['request'] },
  id: string,
): Promise<boolean> {
  if (request.header('if-match') === undefined) return true;
  return isPreconditionMet(request, (await of.find(tx, id))?.version);
}
