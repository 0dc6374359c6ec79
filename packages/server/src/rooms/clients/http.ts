import { z } from 'zod';
import {
  authorOf,
  badInput,
  CHANGED_MEANWHILE,
  cursorOf,
  etag,
  isPreconditionMet,
  notFound,
  page,
  pageOf,
  pageQuery,
} from '../../base/http/admin.ts';
import { json, problem, type Problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import type { PutOutcome } from '../audit/author.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { commitDeed } from '../audit/deed.store.ts';
import { isWrittenHere, type Client } from './client.ts';
import { clientConfig, type ClientConfig } from './config.ts';
import { listClients } from './list.store.ts';
import { patchClient } from './patch.store.ts';
import { findClient, putClient, removeClient } from './store.ts';
import { clientView, listedClientView, presentClient } from './view.ts';
import { workloadObstacle } from './workloads.store.ts';

const PATH = '/admin/v1/clients';

/** A NUL in a query reaches Postgres as an error, so it is refused as input. */
const asked = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes('\0'), 'no control characters')
    .optional();

const filter = pageQuery.extend({
  registrationType: z.enum(['manual', 'dcr', 'cimd', 'workload']).optional(),
  status: z.enum(['verified', 'unverified']).optional(),
  state: z.enum(['active', 'frozen', 'revoked']).optional(),
  kind: z.enum(['app', 'cli', 'service', 'agent']).optional(),
  tag: asked(64),
  owner: asked(128),
  tenant: asked(64),
  name: asked(200),
  fingerprint: asked(64),
});

const patchBody = z.strictObject({
  status: z.enum(['verified', 'unverified']).optional(),
  kind: z.enum(['app', 'cli', 'service', 'agent']).optional(),
  tags: z.array(z.string().min(1).max(64)).max(50).optional(),
  owner: z.string().min(1).max(128).nullable().optional(),
  tenants: z.array(z.string().min(1).max(64)).max(1_000).optional(),
  scopes: z.array(z.string().min(1).max(200)).max(1_000).nullable().optional(),
});

const clients: Collection<Client, ClientConfig> = {
  kind: 'client',
  plural: 'clients',
  config: clientConfig,
  view: clientView,
  writes: { put: ['client.registered', 'client.changed', 'drift.found', 'drift.returned'], remove: ['client.removed', 'signal.sent'] },
  present: presentClient,
  idOf: (client) => client.id,
  list: async (db, at) => (await listClients(db, {}, at)).map(({ client }) => client),
  find: findClient,
  async put(tx, input, by) {
    const fault = await workloadObstacle(tx, input);
    return fault === undefined ? ok(await putClient(tx, input, by)) : fail(badInput([fault], 'A trust rule cannot hold'));
  },
  remove: removeClient,
};

/** `endOf`: what else ends with a removed client (refresh families, live tokens by signal). */
export function clientRoutes(deps: CollectionDeps): Route[] {
  const single = collectionRoutes(deps, clients).filter(({ method, path }) => !(method === 'GET' && path === PATH));
  return [listRoute(deps), ...single, patchRoute(deps)];
}

function listRoute({ db }: CollectionDeps): Route {
  return route({
    method: 'GET',
    path: PATH,
    access: 'admin:clients:read',
    audit: ['admin.read'],
    summary: 'Clients; dynamic registrations of one program are one row with their number, unless asked for by fingerprint',
    input: { query: filter },
    output: { 200: pageOf(listedClientView) },
    async handle({ query }) {
      const { limit, cursor, ...by } = query;
      const found = await listClients(db, by, { limit: limit + 1, cursor: cursorOf({ cursor }) });
      const present = ({ client, registrations }: (typeof found)[number]) => ({ ...presentClient(client), registrations });
      return page(found, limit, ({ client }) => client.id, present);
    },
  });
}

const NOBODY: Problem = { status: 404, type: 'not_found', title: 'No client has this id' };
const WRITTEN_WHOLE: Problem = {
  status: 409,
  type: 'written_whole',
  title: 'This client is written whole',
  detail: 'An administrator registered it: PUT the config form instead, so that a config file and the hub do not disagree.',
};

function patchRoute(deps: CollectionDeps): Route {
  return route({
    method: 'PATCH',
    path: `${PATH}/:id`,
    access: 'admin:clients:write',
    audit: ['client.changed'],
    summary: 'Verify, tag, own or limit a client that registered by itself',
    input: { body: patchBody },
    output: { 200: clientView, 404: 'No such id', 409: 'Registered by an administrator', 412: 'If-Match names another version' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const outcome = await commitDeed<PutOutcome<Client>, Problem>(deps.audit, async (tx) => {
        const before = await findClient(tx, id);
        if (before === undefined) return fail(NOBODY);
        if (isWrittenHere(before)) return fail(WRITTEN_WHOLE);
        if (!isPreconditionMet(call.request, before.version)) return fail(CHANGED_MEANWHILE);
        const patched = await patchClient(tx, id, call.body, authorOf(call));
        return patched === undefined ? fail(NOBODY) : ok(patched);
      });
      if (!outcome.ok) return outcome.error === NOBODY ? notFound('client', id) : problem(outcome.error);
      await deps.settled?.();
      const { value } = outcome.value;
      return json(200, presentClient(value), etag(value.version));
    },
  });
}
