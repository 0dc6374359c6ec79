import { z } from 'zod';
import { cursorOf, etag, notFound, page, pageQuery } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Db } from '../../base/db.ts';
import type { Grant } from './grant.ts';
import { findGrant, listGrants } from './store.ts';

const state = z.enum(['active', 'frozen', 'revoked']);

/** A grant as the admin API shows it. */
export const grantView = z.object({
  id: z.string(),
  client: z.string(),
  agent: z.string(),
  /** Null: the whole tenant's. */
  user: z.string().nullable(),
  tenant: z.string().nullable(),
  resource: z.string(),
  scopes: z.array(z.string()),
  authorizationDetails: z.array(z.looseObject({ type: z.string() })).optional(),
  redirectUri: z.string(),
  persistent: z.boolean(),
  state,
  createdAt: z.number(),
  updatedAt: z.number(),
  expiresAt: z.number().nullable(),
  /** The grant of the tenant that a user's follows from. */
  under: z.string().nullable(),
});

export function presentGrant(grant: Grant): z.infer<typeof grantView> {
  return {
    id: grant.id,
    client: grant.clientId,
    agent: grant.agentId,
    user: grant.userId ?? null,
    tenant: grant.tenantId ?? null,
    resource: grant.resourceId,
    scopes: [...grant.scopes],
    ...(grant.authorizationDetails === undefined ? {} : { authorizationDetails: [...grant.authorizationDetails] }),
    redirectUri: grant.redirectUri,
    persistent: grant.persistent,
    state: grant.state,
    createdAt: grant.createdAt,
    updatedAt: grant.updatedAt,
    expiresAt: grant.expiresAt ?? null,
    under: grant.under ?? null,
  };
}

const filter = pageQuery.extend({
  client: z.string().optional(),
  user: z.string().optional(),
  agent: z.string().optional(),
  tenant: z.string().optional(),
  resource: z.string().optional(),
  state: state.optional(),
});

export function grantRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/grants',
      access: 'admin:grants:read',
      audit: ['admin.read'],
      summary: 'What users allowed which clients',
      input: { query: filter },
      output: { 200: z.object({ items: z.array(grantView), next: z.string().nullable() }) },
      async handle({ query }) {
        const { limit, cursor, ...by } = query;
        const found = await listGrants(db, by, { limit: limit + 1, cursor: cursorOf({ cursor }) });
        return page(found, limit, (grant) => grant.id, presentGrant);
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/grants/:id',
      access: 'admin:grants:read',
      audit: ['admin.read'],
      summary: 'One grant',
      output: { 200: grantView },
      async handle({ params }) {
        const grant = await findGrant(db, params['id'] ?? '');
        return grant === undefined ? notFound('grant', params['id'] ?? '') : json(200, presentGrant(grant), etag(grant.version));
      },
    }),
  ];
}
