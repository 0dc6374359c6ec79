import { catalogue, verifiedBy, type Provider } from '@writ/providers';
import { z } from 'zod';
import { notFound } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';

const evidence = z.union([
  z.object({ kind: z.literal('metadata'), issuer: z.string() }),
  z.object({ kind: z.literal('documentation'), url: z.string(), read: z.array(z.enum(['authorizationUrl', 'tokenUrl'])) }),
  z.object({ kind: z.literal('program'), name: z.string() }),
]);

/** A provider of the catalogue. `verified` says how far its addresses were checked; `variables` are what a connection fills in. */
export const providerView = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(['oauth', 'api_key', 'basic']),
    category: z.string(),
    docs: z.string(),
    verified: z.enum(['metadata', 'documentation', 'unverified']),
    evidence: z.array(evidence),
    variables: z.array(z.object({ name: z.string(), title: z.string(), example: z.string(), default: z.string().nullable() })),
    authorizationUrl: z.string().nullable(),
    tokenUrl: z.string().nullable(),
    revocationUrl: z.string().nullable(),
    userinfoUrl: z.string().nullable(),
    pkce: z.enum(['required', 'supported', 'unknown', 'refused']).nullable(),
    refresh: z.enum(['rotates', 'keeps', 'none']).nullable(),
    quirks: z.record(z.string(), z.unknown()),
    scopes: z.array(z.object({ name: z.string(), title: z.string(), writes: z.boolean() })),
    alwaysScopes: z.array(z.string()),
    header: z.string().nullable().describe('Where calls carry the secret; null: Authorization: Bearer, Basic, or the query'),
    prefix: z.string().nullable(),
    query: z.string().nullable(),
    baseUrl: z.string(),
    allowedHosts: z.array(z.string()),
    allowedPaths: z.array(z.string()),
    headers: z.record(z.string(), z.string()).describe('What every call needs beside the secret'),
    test: z.object({ method: z.string(), path: z.string() }).nullable(),
    makeAt: z.string().nullable().describe('Where people make a key'),
    notes: z.string().nullable(),
  })
  .meta({ id: 'Provider' });

export function presentProvider(provider: Provider): z.infer<typeof providerView> {
  const { id, name, type, category, docs, baseUrl } = provider;
  const oauth = provider.type === 'oauth' ? provider : undefined;
  const key = provider.type === 'oauth' ? undefined : provider;
  return {
    id,
    name,
    type,
    category,
    docs,
    verified: verifiedBy(provider),
    evidence: provider.evidence.map((one) => (one.kind === 'documentation' ? { ...one, read: [...one.read] } : one)),
    variables: (provider.variables ?? []).map(({ name: of, title, example, default: usual = null }) => ({
      name: of,
      title,
      example,
      default: usual,
    })),
    authorizationUrl: oauth?.authorizationUrl ?? null,
    tokenUrl: oauth?.tokenUrl ?? null,
    revocationUrl: oauth?.revocationUrl ?? null,
    userinfoUrl: oauth?.userinfoUrl ?? null,
    pkce: oauth?.pkce ?? null,
    refresh: oauth?.refresh ?? null,
    quirks: { ...oauth?.quirks },
    scopes: (oauth?.scopes ?? []).map((scope) => ({ name: scope.name, title: scope.title, writes: scope.writes === true })),
    alwaysScopes: [...(oauth?.alwaysScopes ?? [])],
    header: provider.header ?? null,
    prefix: provider.prefix ?? null,
    query: key?.query ?? null,
    baseUrl,
    allowedHosts: [...provider.allowedHosts],
    allowedPaths: [...(provider.allowedPaths ?? [])],
    headers: { ...provider.headers },
    test: provider.test ?? null,
    makeAt: key?.makeAt ?? null,
    notes: provider.notes ?? null,
  };
}

const query = z.object({
  type: z.enum(['oauth', 'api_key', 'basic']).optional(),
  category: z.string().max(50).optional(),
  verified: z.enum(['metadata', 'documentation', 'unverified']).optional(),
  search: z.string().max(100).optional().describe('Part of the id or the name'),
});

/** The catalogue. It came with the program, so it has no pages and nobody changes it here. */
export function providerRoutes(): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/providers',
      access: 'admin:connections:read',
      audit: ['admin.read'],
      summary: 'Services the hub knows how to connect to, with what is known of them',
      input: { query },
      output: { 200: z.object({ items: z.array(providerView), next: z.null() }) },
      async handle(call) {
        const items = [...catalogue().values()].map(presentProvider).filter(isWanted(call.query));
        return json(200, { items, next: null });
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/providers/:id',
      access: 'admin:connections:read',
      audit: ['admin.read'],
      summary: 'One provider of the catalogue',
      output: { 200: providerView, 404: 'No such id' },
      async handle(call) {
        const id = call.params['id'] ?? '';
        const provider = catalogue().get(id);
        return provider === undefined ? notFound('provider', id) : json(200, presentProvider(provider));
      },
    }),
  ];
}

function isWanted(by: z.output<typeof query>): (one: z.infer<typeof providerView>) => boolean {
  const words = by.search?.toLowerCase() ?? '';
  return ({ id, name, type, category, verified }) =>
    (by.type === undefined || by.type === type) &&
    (by.category === undefined || by.category === category) &&
    (by.verified === undefined || by.verified === verified) &&
    (id.includes(words) || name.toLowerCase().includes(words));
}
