import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { authorOf, badInput, notFound } from '../../base/http/admin.ts';
import { json, problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Audit } from '../audit/store.ts';
import { findAgent } from '../agents/store.ts';
import { authorId } from '../tenants/config.ts';
import { findTenant } from '../tenants/store.ts';
import { findUser } from '../users/store.ts';
import type { Connection } from './connection.ts';
import { isServiceAccount, type ConnectLink } from './connect.ts';
import { actsAsUser } from './service-account.ts';
import type { ObtainServiceAccount } from './service-account.store.ts';
import type { ConnectLinks } from './connect.store.ts';
import { credentialView, presentCredential } from './credentials.http.ts';
import { findCredential } from './credential.store.ts';
import { ownerWords, type Credential } from './credential.ts';
import { serviceUrl } from './config.ts';
import { callbackUri } from './oauth-client.ts';
import type { Refresher } from './refresh.store.ts';

const connectBody = z.strictObject({
  user: authorId.optional().describe('Whose account is connected; nobody else can open the link'),
  tenant: authorId
    .optional()
    .describe('With user: theirs within this tenant. Alone: the tenant’s own, connected by whoever manages its connections'),
  agent: authorId.optional().describe('An account of the agent itself; say by `person` who connects it'),
  person: authorId.optional().describe('Who alone may open the link, where the owner is not a user'),
  label: z.string().max(200).optional().describe('Which of several accounts'),
  scopes: z.array(z.string().min(1).max(256)).max(200).optional().describe('Absent: all that the connection knows'),
  returnTo: serviceUrl.optional().describe('Shown as a link when all is done; never followed by itself'),
});

const connectView = z
  .object({
    connect_url: z.string().describe('For one person, once'),
    expires_at: z.number().describe('Milliseconds since the epoch'),
    redirect_uri: z.string().describe('What has to be registered at the provider'),
  })
  .meta({ id: 'ConnectLink' });

const refreshView = z
  .object({
    result: z.enum(['fresh', 'reauth', 'unavailable']),
    renewed: z
      .boolean()
      .describe('False with the result fresh: it is good as it was, and `reason` says why nothing was asked of the provider'),
    reason: z.string().nullable(),
    retryAt: z.number().nullable().describe('Milliseconds since the epoch'),
    credential: credentialView,
  })
  .meta({ id: 'CredentialRefresh' });

export type ConnectRoutesDeps = {
  db: Db;
  audit: Audit;
  clock: Clock;
  issuer: string;
  connections: { byId(id: string): Connection | undefined };
  connectLinks: ConnectLinks;
  refresher: Refresher;
  obtainServiceAccount: ObtainServiceAccount;
};

export function connectRoutes(deps: ConnectRoutesDeps): Route[] {
  return [startRoute(deps), refreshRoute(deps)];
}

function startRoute({ db, audit, issuer, connections, connectLinks, obtainServiceAccount }: ConnectRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/connections/:id/connect',
    access: 'admin:credentials:write',
    audit: ['link.made', 'credential.stored'],
    summary: 'A link by which one person connects one account; a connection with an account of its own gets its token at once',
    input: { body: connectBody },
    output: {
      200: credentialView,
      201: connectView,
      400: 'Nobody could connect that',
      404: 'No such id',
      502: 'The provider gave no token',
    },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const connection = connections.byId(id);
      if (connection === undefined) return notFound('connection', id);
      const { user, tenant, agent, ...rest } = call.body;
      if (user === undefined && tenant === undefined && agent === undefined)
        return problem(badInput([{ field: 'user', message: 'a user, a tenant or an agent' }]));
      if (agent !== undefined && (user !== undefined || tenant !== undefined))
        return problem(badInput([{ field: 'agent', message: 'an agent, or a user and a tenant' }]));
      const nobody = await whoIsNot(db, call.body);
      if (nobody !== undefined) return problem(badInput([nobody]));
      if (actsAsUser(connection))
        return problem(
          badInput([{ field: 'connection', message: 'it acts as each user, and there is nothing to connect before it is used' }]),
        );
      if (isServiceAccount(connection)) {
        if (tenant === undefined || user !== undefined)
          return problem(badInput([{ field: 'tenant', message: 'a tenant, whose account this is' }]));
        const { label = '', scopes = [] } = rest;
        const obtained = await obtainServiceAccount({ connection, owner: { tenant }, label, scopes, by: authorOf(call) });
        if (obtained.ok) return json(200, presentCredential(obtained.value));
        return problem({ status: 502, type: 'provider_refused', title: 'The provider gave no token', detail: obtained.error });
      }
      const made = connectLinks.make(connection, { ...rest, owner: { user, tenant, agent } });
      if (!made.ok) return problem(badInput([made.error]));
      const { url, link } = made.value;
      await audit.record(linkMade(link, authorOf(call)));
      return json(201, { connect_url: url, expires_at: link.expiresAt, redirect_uri: callbackUri(issuer, id) });
    },
  });
}

/** A link for nobody would be noticed by whoever waits for it, days later. */
async function whoIsNot(db: Db, of: z.output<typeof connectBody>): Promise<{ field: string; message: string } | undefined> {
  for (const field of ['user', 'person'] as const) {
    const id = of[field];
    if (id !== undefined && (await findUser(db, id)) === undefined) return { field, message: `there is no user ${id}` };
  }
  if (of.tenant !== undefined && (await findTenant(db, of.tenant)) === undefined)
    return { field: 'tenant', message: `there is no tenant ${of.tenant}` };
  if (of.agent !== undefined && (await findAgent(db, of.agent)) === undefined)
    return { field: 'agent', message: `there is no agent ${of.agent}` };
  return undefined;
}

function linkMade(link: ConnectLink, by: ReturnType<typeof authorOf>): Parameters<Audit['record']>[0] {
  return {
    tenant: link.owner.tenant,
    type: 'link.made',
    ...by,
    target: { type: 'connection', id: link.connection },
    outcome: 'success',
    data: { purpose: 'connect', link: link.id, owner: ownerWords(link.owner), person: link.person, label: link.label, scopes: link.scopes },
  };
}

/** Why nothing had to be, or could be, renewed. */
function notRenewed(
  { kind, refreshable }: Credential,
  connection: Connection | undefined,
): 'nothing_to_renew' | 'no_refresh_token' | 'renewed_just_now' {
  if (kind !== 'oauth') return 'nothing_to_renew';
  return refreshable || isServiceAccount(connection) ? 'renewed_just_now' : 'no_refresh_token';
}

function refreshRoute({ db, refresher, connections }: ConnectRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/credentials/:id/refresh',
    access: 'admin:credentials:write',
    audit: ['credential.refreshed', 'credential.failed'],
    summary: 'Renew a credential now; the secret stays where it is',
    output: { 200: refreshView, 404: 'No such id' },
    async handle({ params }) {
      const id = params['id'] ?? '';
      const found = await findCredential(db, id);
      if (found === undefined) return notFound('credential', id);
      const outcome = await refresher.fresh(found, { force: true });
      const renewed = outcome.kind === 'fresh' && outcome.credential.version !== found.version;
      return json(200, {
        result: outcome.kind,
        renewed,
        reason: outcome.kind === 'fresh' ? (renewed ? null : notRenewed(found, connections.byId(found.connection))) : outcome.reason,
        retryAt: outcome.kind === 'unavailable' ? outcome.retryAt : null,
        credential: presentCredential(outcome.credential),
      });
    },
  });
}
