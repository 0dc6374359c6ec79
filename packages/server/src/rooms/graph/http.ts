import { z } from 'zod';
import { badInput, cursorOf, notFound, pageQuery } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type AdminPrincipal, type Call, type Route } from '../../base/http/route.ts';
import { draftShape, readDraft } from '../policies/draft.store.ts';
import { bookOf, drafted, type Draft } from '../policies/rulebook.ts';
import { sentencesOf } from './compare.ts';
import { ENTRY_KINDS, type Entry, type EntryKind } from './entry.ts';
import { compare, explore, type Compared, type ExploreDeps } from './explore.store.ts';
import { bonds, nodesOf } from './nodes.ts';
import { CAUSE_KINDS, CONDITION_KINDS, EDGE_KINDS, keyOf, NODE_KINDS, RISKS } from './graph.ts';

const risk = z.enum(RISKS);
const scopes = z.array(z.string());
const nodeView = z
  .object({
    key: z.string(),
    kind: z.enum(NODE_KINDS),
    id: z.string(),
    name: z.string(),
    state: z.string().optional(),
    risk: risk.optional(),
    scopes: scopes.optional(),
  })
  .meta({ id: 'GraphNode' });
const conditionView = z
  .object({ kind: z.enum(CONDITION_KINDS), sentence: z.string(), rule: z.string().optional(), scopes: scopes.optional() })
  .meta({ id: 'GraphCondition' });
/** `by`: what makes it. Of each kind that is there something must hold. `refused`: what stops it as long as that is so. */
const edgeView = z
  .object({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    kind: z.enum(EDGE_KINDS),
    by: z.array(z.object({ kind: z.enum(CAUSE_KINDS), id: z.string(), sentence: z.string(), scopes: scopes.optional() })),
    conditions: z.array(conditionView),
    client: z.string().optional(),
    way: z.string().optional(),
    for: z.string().optional(),
    tenant: z.string().optional(),
    scopes: scopes.optional(),
    risk: risk.optional(),
    through: z.array(z.string()).optional(),
    credential: z.string().optional(),
    refused: z.object({ what: z.string(), id: z.string(), state: z.string(), sentence: z.string() }).optional(),
  })
  .meta({ id: 'GraphEdge' });
const graphView = z
  .object({
    nodes: z.array(nodeView),
    edges: z.array(edgeView),
    /** There is more; `narrow` says what to do about it. */
    truncated: z.boolean(),
    narrow: z.string().nullable(),
    /** Whose agents, tenants and clients were looked at in this part. */
    looked: z.number(),
    next: z.string().nullable(),
  })
  .meta({ id: 'Graph' });
const differenceView = z
  .object({
    edge: edgeView,
    is: z.enum(['gone', 'new', 'less', 'more', 'other']),
    lost: scopes,
    gained: scopes,
    asks: z.array(conditionView),
    spares: z.array(conditionView),
  })
  .meta({ id: 'GraphDifference' });
const withoutView = z
  .object({
    sentences: z.array(
      z.object({ sentence: z.string(), client: z.string(), target: z.string(), lost: scopes, gained: scopes, people: z.number() }),
    ),
    /** Sentences that are left out. */
    more: z.number(),
    differences: z.array(differenceView),
    nodes: z.array(nodeView),
    truncated: z.boolean(),
    narrow: z.string().nullable(),
    looked: z.number(),
    next: z.string().nullable(),
  })
  .meta({ id: 'GraphWithout' });

const name = z.string().min(1).max(2_048).optional();
const LIMIT = z.coerce.number().int().min(1).max(100).default(25);
const query = z.strictObject({
  agent: name,
  client: name,
  user: name,
  tenant: name,
  resource: name,
  connection: name,
  policy: name,
  role: name,
  grant: name,
  credential: name,
  cursor: pageQuery.shape.cursor,
  /** People, tenants and clients that are looked at for one answer. */
  limit: LIMIT,
});
/** What can be taken away. A tenant and an agent are frozen or revoked, not removed: `writ agent freeze` says itself what it stops. */
const REMOVABLE = ['policy', 'grant', 'credential', 'connection', 'role', 'client', 'user', 'resource'] as const;
const withoutBody = z
  .strictObject({
    policy: name,
    grant: name,
    credential: name,
    connection: name,
    role: name,
    client: name,
    user: name,
    resource: name,
    draft: draftShape.optional(),
    /** Only what has to do with this. */
    within: z.strictObject({ kind: z.enum(ENTRY_KINDS), id: z.string().min(1).max(2_048) }).optional(),
    cursor: pageQuery.shape.cursor,
    limit: LIMIT,
  })
  .meta({ id: 'GraphChange' });

/** Who reaches what, and through what: worked out when it is asked for, by the code that decides. Nothing of it is stored. */
export function graphRoutes(deps: ExploreDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/graph',
      access: 'admin:graph:read',
      audit: ['admin.read'],
      summary:
        'What an agent, client, user, tenant or role reaches, or who reaches a resource or connection, and through which policy, consent and credential; several narrow',
      input: { query },
      output: { 200: graphView, 400: 'Nothing is named', 404: 'No such thing' },
      handle: (call) => show(deps, call),
    }),
    route({
      method: 'POST',
      path: '/admin/v1/graph/without',
      access: 'admin:graph:read',
      audit: ['admin.read'],
      summary:
        'What would be reached no more, or anew, without a policy, grant, credential, connection, role, client, user or resource, or with policies as in a draft',
      maxBody: 4_000_000,
      input: { body: withoutBody },
      output: {
        200: withoutView,
        400: 'Nothing is named, or the draft is not well-formed',
        403: 'Not with these scopes',
        404: 'No such thing',
      },
      handle: (call) => without(deps, call),
    }),
  ];
}

/** From the fewest to the most: where one begins, the others narrow. */
const ORDER: readonly EntryKind[] = [
  'agent',
  'grant',
  'credential',
  'user',
  'client',
  'policy',
  'connection',
  'resource',
  'role',
  'tenant',
];

async function show(deps: ExploreDeps, { query: asked, now }: Call<undefined, z.output<typeof query>>): Promise<Reply> {
  const entries = ORDER.flatMap((kind): Entry[] => {
    const id = asked[kind];
    return id === undefined ? [] : [{ kind, id }];
  });
  const [first] = entries;
  if (first === undefined) return problem(badInput([{ field: 'agent', message: `say from where to look: ${ENTRY_KINDS.join(', ')}` }]));
  const cursor = cursorOf({ cursor: asked.cursor });
  const explored = await explore(deps, entries, { limit: asked.limit, cursor, now });
  if (explored === undefined) return notFound(first.kind, first.id);
  const { hub, households, edges, next, cut } = explored;
  const all = [...bonds(hub, households, edges), ...edges];
  const own = entries.map(({ kind, id }) => keyOf(kind, id));
  const nodes = nodesOf(hub, households, all, own);
  return json(200, {
    nodes,
    edges: all,
    ...extent({ next, cut }, households.length),
  });
}

function extent({ next, cut }: { next: string | undefined; cut: boolean }, looked: number) {
  const narrow = cut
    ? 'Somebody here has more than is looked at. Name a tenant, client, resource or connection as well.'
    : next === undefined
      ? null
      : 'This is a part. Go on with `next`, or name a tenant, client or user as well.';
  return { truncated: narrow !== null, narrow, looked, next: next === undefined ? null : encoded(next) };
}

function encoded(cursor: string): string {
  return Buffer.from(cursor, 'utf8').toString('base64url');
}

async function without(deps: ExploreDeps, { body, now, admin }: Call<z.output<typeof withoutBody>>): Promise<Reply> {
  const { draft, cursor, limit, within, ...gone } = body;
  const touched = REMOVABLE.flatMap((kind): Entry[] => {
    const id = gone[kind];
    return id === undefined ? [] : [{ kind, id }];
  });
  if (touched.length === 0 && draft === undefined)
    return problem(badInput([{ field: 'policy', message: `say what is taken away: ${REMOVABLE.join(', ')}, or give a draft` }]));
  // A draft that compares people's attributes would spell them out to whoever may not read people.
  const lacking =
    draft === undefined
      ? undefined
      : ['admin:policies:read', 'admin:users:read', 'admin:tenants:read'].find((scope) => !holds(admin, scope));
  if (lacking !== undefined)
    return problem({ status: 403, type: 'forbidden', title: 'A draft needs a scope that the token does not hold', detail: lacking });
  const read = draft === undefined ? undefined : await readDraft(deps.db, draft, deps.builtIn);
  if (read?.ok === false) return problem(badInput(read.error));
  const book = deps.desk.book();
  const change: Draft = {
    put: read?.value.put ?? [],
    remove: [...(read?.value.remove ?? []), ...(gone.policy === undefined ? [] : [gone.policy])],
  };
  const what = {
    gone,
    book: bookOf(drafted(book.rules, change), book.builtIn),
    touched: [...touched, ...drawn(book.rules, change, gone.policy)],
    put: change.put,
    within,
  };
  const compared = await compare(deps, what, { limit, cursor: cursorOf({ cursor }), now });
  if (compared === undefined) return notFound(touched[0]?.kind ?? 'policy', touched[0]?.id ?? '');
  return json(200, presentCompared(compared));
}

/** Rules of now that a draft replaces or removes: whom they are about is touched as well. */
function drawn(rules: readonly { id: string }[], { put, remove }: Draft, named: string | undefined): Entry[] {
  const ids = new Set([...put.map(({ id }) => id), ...remove]);
  return rules.filter(({ id }) => ids.has(id) && id !== named).map(({ id }): Entry => ({ kind: 'policy', id }));
}

function holds(admin: AdminPrincipal | undefined, scope: string): boolean {
  return admin?.scopes === 'all' || admin?.scopes.has(scope) === true;
}

function presentCompared({ hub, households, found, next, cut, looked }: Compared): object {
  const nodes = nodesOf(
    hub,
    households,
    found.map(({ edge }) => edge),
    found.flatMap(({ edge: { client } }) => (client === undefined ? [] : [keyOf('client', client)])),
  );
  const told = sentencesOf(found, nodes);
  return { ...told, differences: found, nodes, ...extent({ next, cut }, looked) };
}
