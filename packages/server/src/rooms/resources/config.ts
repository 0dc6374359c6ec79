import { IDENTITY_SCOPES, isIdentityScope } from '@writ/protocol';
import { z } from 'zod';
import { authorId, host } from '../tenants/config.ts';
import { readSchema } from './detail-schema.ts';
import { TOKEN_ALGS, type Resource, type Scope } from './resource.ts';
import { resourceUriFault } from './uri.ts';

const uri = z.string().superRefine((value, context) => {
  const fault = resourceUriFault(value);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `must be ${fault}` });
});

/** RFC 6749 §3.3 scope-token. */
const scopeName = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'a scope name (RFC 6749 §3.3): printable ASCII without space, quote and backslash');

const scope = z.strictObject({
  name: scopeName.refine((name) => !isIdentityScope(name), `${IDENTITY_SCOPES.join(', ')} belong to the hub`),
  title: z.string().min(1).max(120).optional(),
  description: z.string().max(500).optional(),
  risk: z.enum(['low', 'elevated', 'high']).default('low'),
  required: z.boolean().default(false),
  kind: z.enum(['permission', 'attribute', 'connection']).default('permission'),
  stepUp: z.boolean().default(false),
});

/** RFC 9396 §2: a type that clients may name in `authorization_details`, and how a person is asked about it. */
const detailType = z
  .strictObject({
    type: z.string().regex(/^[!-~]{1,200}$/, 'printable ASCII without spaces'),
    title: z.string().min(1).max(120),
    description: z.string().max(500).default(''),
    schema: z.record(z.string(), z.json()).default({}),
  })
  .superRefine(({ schema }, context) => {
    const read = readSchema(schema);
    if (!read.ok) context.addIssue({ code: 'custom', path: ['schema'], message: read.error });
  });

/** A resource as the config file says it. */
export const resourceConfig = z
  .strictObject({
    id: authorId,
    type: z.enum(['mcp', 'api', 'external']),
    uri,
    aliases: z.array(uri).max(20).default([]),
    name: z.string().min(1).max(200).optional(),
    scopes: z.array(scope).min(1).max(500),
    tools: z
      .array(z.strictObject({ name: z.string().min(1).max(128), scopes: z.array(scopeName).max(50) }))
      .max(1_000)
      .default([]),
    detailTypes: z.array(detailType).max(100).default([]),
    tags: z.array(z.string().min(1).max(64)).max(50).default([]),
    registration: z
      .strictObject({
        cimd: z
          .strictObject({ enabled: z.boolean().default(true), hosts: z.array(host).max(200).default([]) })
          .default({ enabled: true, hosts: [] }),
        dcr: z.strictObject({ enabled: z.boolean().default(true) }).default({ enabled: true }),
      })
      .default({ cimd: { enabled: true, hosts: [] }, dcr: { enabled: true } }),
    settings: z
      .strictObject({
        accessTokenTtl: z.number().int().min(30).max(86_400).optional(),
        onExcess: z.enum(['narrow', 'reject']).default('narrow'),
        claimAliases: z.literal('descope').optional(),
        signingAlg: z.enum(TOKEN_ALGS).optional(),
        external: z
          .strictObject({
            authorizationServer: uri,
            clients: z
              .record(z.string().min(1).max(512), z.string().min(1).max(512))
              .refine((all) => Object.keys(all).length <= 1_000, 'at most 1000'),
          })
          .optional(),
        dpop: z.enum(['required', 'nonce']).optional(),
      })
      .default({ onExcess: 'narrow' }),
  })
  .superRefine((value, context) => {
    if ((value.type === 'external') !== (value.settings.external !== undefined))
      context.addIssue({ code: 'custom', path: ['settings', 'external'], message: 'goes with the type external, and only with it' });
    const names = new Set<string>();
    value.scopes.forEach(({ name }, index) => {
      if (names.has(name)) context.addIssue({ code: 'custom', path: ['scopes', index, 'name'], message: `scope ${name} stands twice` });
      names.add(name);
    });
    const types = value.detailTypes.map(({ type }) => type);
    if (new Set(types).size < types.length) context.addIssue({ code: 'custom', path: ['detailTypes'], message: 'a type stands twice' });
    value.tools.forEach((tool, index) => {
      const unknown = tool.scopes.filter((name) => !names.has(name));
      if (unknown.length > 0)
        context.addIssue({ code: 'custom', path: ['tools', index, 'scopes'], message: `no such scope: ${unknown.join(', ')}` });
    });
  })
  .meta({ id: 'ResourceConfig' });
export type ResourceConfig = z.infer<typeof resourceConfig>;

/** Fills in what the author left out: a title from the name, so that the consent page always has words. */
export function withTitles(input: ResourceConfig): { name: string; scopes: Scope[] } {
  const scopes = input.scopes.map((one) => ({ ...one, title: one.title ?? titleOf(one.name), description: one.description ?? '' }));
  return { name: input.name ?? input.id, scopes };
}

/** `incidents:read` → "Incidents: read". */
function titleOf(name: string): string {
  const words = name
    .replaceAll(/[._-]+/g, ' ')
    .replaceAll(':', ': ')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function toResourceConfig(resource: Resource): ResourceConfig {
  const { id, type, uri: identifier, aliases, name, scopes, tools, detailTypes = [], tags, registration, settings } = resource;
  return resourceConfig.parse({
    id,
    type,
    uri: identifier,
    aliases,
    name,
    scopes: scopes.map(writtenScope),
    tools,
    detailTypes,
    tags,
    registration,
    settings,
  });
}

function writtenScope(one: Scope): Record<string, unknown> {
  const { description, ...rest } = one;
  return { ...rest, ...(description === '' ? {} : { description }) };
}
