import { z } from 'zod';
import type { Db, Tx } from '../../base/db.ts';
import { authorOf, badInput, cursorOf, etag, notFound, page, pageOf, pageQuery, preconditionFailed } from '../../base/http/admin.ts';
import { json, problem, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { credentialConfig, type CredentialConfig } from './credential-config.ts';
import { findCredential, listCredentials, moveCredential } from './credential.store.ts';
import type { Disconnecting } from './disconnect.store.ts';
import type { Credential, CredentialState } from './credential.ts';
import { credentialEntry } from './events.ts';
import { applyCredential } from './put.store.ts';
import type { Vault } from './vault.store.ts';

const state = z.enum(['active', 'failed', 'locked', 'revoked']);
const owner = z.object({ user: z.string().optional(), tenant: z.string().optional(), agent: z.string().optional() });

/** A credential as the admin API shows it: everything but the secret, which is shown to nobody. Times in milliseconds since the epoch. */
export const credentialView = z
  .object({
    id: z.string(),
    connection: z.string(),
    owner,
    label: z.string(),
    kind: z.enum(['oauth', 'api_key', 'basic', 'certificate', 'reference']),
    origin: z.enum(['admin', 'connect', 'import', 'flow', 'service']),
    granted: z.array(z.string()),
    asked: z.array(z.string()),
    refreshable: z.boolean(),
    state,
    failure: z.string().nullable(),
    expiresAt: z.number().nullable(),
    connectedAt: z.number(),
    createdAt: z.number(),
  })
  .meta({ id: 'Credential' });

export function presentCredential(credential: Credential): z.infer<typeof credentialView> {
  const { granted, asked, failure = null, expiresAt = null, version: _, ...shown } = credential;
  return { ...shown, granted: [...granted], asked: [...asked], failure, expiresAt };
}

const query = pageQuery.extend({
  connection: z.string().optional(),
  user: z.string().optional(),
  tenant: z.string().optional(),
  agent: z.string().optional(),
  state: state.optional(),
});

export type CredentialRoutesDeps = {
  db: Db;
  audit: Audit;
  vault: Vault;
  /** Takes it out of the vault at once, and tells the service until it has heard. False: it was gone. */
  disconnecting: Pick<Disconnecting, 'disconnect' | 'letGo'>;
};

export function credentialRoutes(deps: CredentialRoutesDeps): Route[] {
  return [...readRoutes(deps), ...putRoutes(deps), removeRoute(deps), ...lockRoutes(deps)];
}

function readRoutes({ db }: CredentialRoutesDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/credentials',
      access: 'admin:credentials:read',
      audit: ['admin.read'],
      summary: 'Credentials, by connection, owner and state; never their secrets',
      input: { query },
      output: { 200: pageOf(credentialView) },
      async handle(call) {
        const { limit, cursor, ...by } = call.query;
        const found = await listCredentials(db, by, { limit: limit + 1, cursor: cursorOf({ cursor }) });
        return page(found, limit, ({ id }) => id, presentCredential);
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/credentials/:id',
      access: 'admin:credentials:read',
      audit: ['admin.read'],
      summary: 'One credential, without its secret',
      output: { 200: credentialView, 404: 'No such id' },
      async handle({ params }) {
        const id = params['id'] ?? '';
        const found = await findCredential(db, id);
        return found === undefined ? notFound('credential', id) : json(200, presentCredential(found), etag(found.version));
      },
    }),
  ];
}

function putRoutes(deps: CredentialRoutesDeps): Route[] {
  const rest = {
    access: 'admin:credentials:write',
    audit: ['credential.stored'],
    input: { body: credentialConfig },
    output: { 200: credentialView, 201: credentialView, 400: 'It names what does not exist', 412: 'If-Match names another version' },
    maxBody: 256 * 1024,
    handle: (call: Call<CredentialConfig>) => put(deps, call),
  } as const;
  return [
    route({
      ...rest,
      method: 'POST',
      path: '/admin/v1/credentials',
      summary: 'Put a secret into the vault, or another in its place; it is never shown again',
    }),
    route({ ...rest, method: 'PUT', path: '/admin/v1/credentials/:id', summary: 'The same, by an id of your own' }),
  ];
}

async function put({ db, audit, vault }: CredentialRoutesDeps, call: Call<CredentialConfig>): Promise<Reply> {
  const { id } = call.body;
  const stale = id === undefined ? undefined : preconditionFailed(call, (await findCredential(db, id))?.version);
  if (stale !== undefined) return stale;
  const outcome = await commitDeed<PutOutcome<Credential>, Problem>(audit, async (tx) => {
    const done = await applyCredential(tx, vault, call.body, authorOf(call));
    return done.ok ? done : fail(badInput([done.error], 'The credential cannot be stored'));
  });
  if (!outcome.ok) return problem(outcome.error);
  const { value } = outcome.value;
  return json(outcome.value.outcome === 'created' ? 201 : 200, presentCredential(value), etag(value.version));
}

const removedView = z
  .object({
    id: z.string(),
    upstream: z
      .enum(['told', 'unsupported', 'later', 'nothing'])
      .describe('Whether its service has taken it back: yes; it cannot be told; it is told again later; only its owner can, there'),
  })
  .meta({ id: 'CredentialRemoved' });

function removeRoute({ db, disconnecting }: CredentialRoutesDeps): Route {
  return route({
    method: 'DELETE',
    path: '/admin/v1/credentials/:id',
    access: 'admin:credentials:write',
    audit: ['credential.removed'],
    summary:
      'Remove a credential: it is unreadable at once. With `Prefer: return=representation` the answer waits a moment for what its service says',
    output: { 200: removedView, 204: 'Removed', 404: 'No such id', 412: 'If-Match names another version' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const found = await findCredential(db, id);
      if (found === undefined) return notFound('credential', id);
      const stale = preconditionFailed(call, found.version);
      if (stale !== undefined) return stale;
      if (call.request.header('prefer') === 'return=representation') {
        const upstream = await disconnecting.letGo(found, authorOf(call));
        return upstream === 'gone' ? notFound('credential', id) : json(200, { id, upstream });
      }
      if (!(await disconnecting.disconnect(found, authorOf(call)))) return notFound('credential', id);
      return { status: 204, headers: { 'cache-control': 'no-store' } };
    },
  });
}

const reasonBody = z
  .strictObject({ reason: z.string().min(1).max(500).default('by an administrator') })
  .default({ reason: 'by an administrator' });

const LOCKS = [
  { verb: 'lock', type: 'credential.locked', to: 'locked', from: ['active', 'failed'] },
  { verb: 'unlock', type: 'credential.unlocked', to: 'active', from: ['locked'] },
] as const;

function lockRoutes({ db, audit }: CredentialRoutesDeps): Route[] {
  return LOCKS.map(({ verb, type, to, from }) =>
    route({
      method: 'POST',
      path: `/admin/v1/credentials/:id/${verb}`,
      access: 'admin:credentials:write',
      audit: [type],
      summary: verb === 'lock' ? 'Hold a credential back: it is not handed out, nor refreshed' : 'Hand a locked credential out again',
      input: { body: reasonBody },
      output: { 200: z.object({ id: z.string(), state, moved: z.boolean() }), 404: 'No such id' },
      async handle(call) {
        const id = call.params['id'] ?? '';
        if ((await findCredential(db, id)) === undefined) return notFound('credential', id);
        const { reason } = call.body;
        const outcome = await commitDeed<Done, CredentialState>(audit, (tx) =>
          move(tx, { id, type, to, from, reason, by: authorOf(call) }),
        );
        return json(200, outcome.ok ? { id, state: to, moved: true } : { id, state: outcome.error, moved: false });
      },
    }),
  );
}

type Moving = {
  id: string;
  type: (typeof LOCKS)[number]['type'];
  to: CredentialState;
  from: readonly CredentialState[];
  reason: string;
  by: Author;
};

async function move(tx: Tx, { id, type, to, from, reason, by }: Moving): Promise<Result<Done, CredentialState>> {
  const moved = await moveCredential(tx, id, { state: to, from, failure: to === 'locked' ? reason : undefined });
  if (moved === undefined) return fail((await findCredential(tx, id))?.state ?? 'revoked');
  return ok({ entries: [credentialEntry(type, moved, { by, reason })], changed: [] });
}
