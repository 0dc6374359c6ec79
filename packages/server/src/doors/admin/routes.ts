import { WELL_KNOWN } from '@writ/protocol';
import { z } from 'zod';
import { stringify } from 'yaml';
import type { Db } from '../../base/db.ts';
import { authorOf } from '../../base/http/admin.ts';
import { json, problem, text, type Inbound, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { Result } from '../../base/result.ts';
import { FORCE_HEADER, isForced } from '../../rooms/policies/gate.store.ts';
import { adminResource } from '../../rooms/resources/built-in.ts';
import type { HubSettings } from './config-settings.ts';
import { configDocument, configSchema, type ConfigDocument } from './config-document.ts';
import type { Configurator, Plan } from './configurator.ts';
import { exportConfig } from './export.ts';
import { openApiOf } from './open-api.ts';

/** Bytes of a config at most. */
const MAX_CONFIG = 4_000_000;

const planView = z
  .object({
    changes: z.array(
      z.object({
        kind: z.string(),
        id: z.string(),
        change: z.enum(['create', 'change', 'none']),
        fields: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
      }),
    ),
    warnings: z.array(z.object({ kind: z.string(), id: z.string(), message: z.string() })),
  })
  .meta({ id: 'Plan' });

const DESCRIBES = { none: 'describes the program, not what is in it' } as const;

export type AdminOwnRoutesDeps = {
  db: Db;
  issuer: string;
  configurator: Configurator;
  hubSettings: HubSettings;
  /** The whole route table: asked when the first request comes, so that it may contain these routes. */
  table(): readonly Route[];
};

/** Config as code, and the documents that describe the admin API. */
export function adminOwnRoutes(deps: AdminOwnRoutesDeps): Route[] {
  return [...configRoutes(deps), ...describingRoutes(deps)];
}

function configRoutes({ db, configurator, hubSettings }: AdminOwnRoutesDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: '/admin/v1/plan',
      // Not read: that a password in the config changes nothing would tell a reader that it is the right one.
      access: 'admin:config:write',
      audit: ['admin.read'],
      summary: 'What applying this config would change, by rehearsing it',
      maxBody: MAX_CONFIG,
      input: { body: configDocument },
      output: { 200: planView, 400: 'The config is not well-formed or contradicts what exists', 409: 'It breaks saved policy tests' },
      handle: async (call) => planReply(await configurator.plan(call.body, authorOf(call), { force: isForced(call.request) })),
    }),
    route({
      method: 'POST',
      path: '/admin/v1/apply',
      access: 'admin:config:write',
      audit: [
        'admin.changed',
        'client.registered',
        'drift.found',
        'drift.returned',
        'client.changed',
        'user.created',
        'user.changed',
        'credential.stored',
        'policy.changed',
        'policy.forced',
        'flow.published',
        'flow.assigned',
        'flow.unassigned',
      ],
      summary: `Make the hub as this config says: all of it, or nothing; refused when it breaks a saved policy test, unless ${FORCE_HEADER}: true`,
      maxBody: MAX_CONFIG,
      input: { body: configDocument },
      output: {
        200: planView,
        400: 'The config is not well-formed or contradicts what exists; nothing was changed',
        409: 'It breaks saved policy tests; nothing was changed',
      },
      handle: async (call: Call<ConfigDocument>) =>
        planReply(await configurator.apply(call.body, authorOf(call), { force: isForced(call.request) })),
    }),
    route({
      method: 'GET',
      path: '/admin/v1/export',
      access: 'admin:config:read',
      audit: ['admin.read'],
      summary: 'The hub as a config, without secrets; YAML when the caller accepts application/yaml',
      output: { 200: z.record(z.string(), z.unknown()) },
      handle: async ({ request }) => exportReply(request, await exportConfig(db, hubSettings)),
    }),
  ];
}

function planReply(outcome: Result<Plan, Problem>): Reply {
  return outcome.ok ? json(200, outcome.value) : problem(outcome.error);
}

function exportReply(request: Inbound, config: Record<string, unknown>): Reply {
  const wantsYaml = (request.header('accept') ?? '').includes('application/yaml');
  return wantsYaml
    ? text(200, stringify(config, { lineWidth: 120 }), { 'content-type': 'application/yaml; charset=utf-8' })
    : json(200, config);
}

function describingRoutes({ issuer, table }: AdminOwnRoutesDeps): Route[] {
  let document: Record<string, unknown> | undefined;
  const resource = adminResource(issuer);
  return [
    route({
      method: 'GET',
      path: '/admin/v1/openapi.json',
      access: 'public',
      audit: DESCRIBES,
      summary: 'This API as OpenAPI 3.1',
      output: { 200: z.record(z.string(), z.unknown()) },
      handle: () => json(200, (document ??= openApiOf(table(), issuer)), CACHED),
    }),
    route({
      method: 'GET',
      path: '/admin/v1/config.schema.json',
      access: 'public',
      audit: DESCRIBES,
      summary: 'JSON Schema of the config file',
      output: { 200: z.record(z.string(), z.unknown()) },
      handle: () => json(200, configSchema(issuer), CACHED),
    }),
    route({
      method: 'GET',
      path: `${WELL_KNOWN.protectedResource}/admin/v1`,
      access: 'public',
      audit: DESCRIBES,
      summary: 'The admin API as a protected resource (RFC 9728)',
      cors: 'any',
      handle: () =>
        json(
          200,
          {
            resource: resource.uri,
            authorization_servers: [issuer],
            scopes_supported: resource.scopes.map((scope) => scope.name),
            bearer_methods_supported: ['header'],
            resource_name: resource.name,
          },
          CACHED,
        ),
    }),
  ];
}

const CACHED = { 'cache-control': 'public, max-age=300' };
