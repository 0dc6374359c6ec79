import { z } from 'zod';
import type { Role, Tenant } from './tenant.ts';

/** Ids chosen by the author: safe in paths, headers and logs. */
export const authorId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash and underscore; at most 64');

/** A domain of the internet, in lower case. */
export const domain = z
  .string()
  .toLowerCase()
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'a domain name');

/** A host with its port, or all hosts below one. */
export const host = z
  .string()
  .toLowerCase()
  .regex(/^(\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+(:\d{1,5})?$/, 'a host name, or *.host');

/** How the tenant is told from others on the hub's pages. One colour and a few letters; no picture, which would be a file to keep or a server to call. */
const branding = z.strictObject({
  color: z
    .string()
    .toLowerCase()
    .regex(/^#[0-9a-f]{6}$/, 'a colour such as #22406b')
    .optional(),
  logoText: z
    .string()
    .regex(/^[\p{L}\p{N}&+]{1,3}$/u, 'one to three letters or digits')
    .optional(),
});

const seconds = z.number().int().min(30).max(31_536_000);

/** A tenant as the config file says it. */
export const tenantConfig = z
  .strictObject({
    id: authorId,
    name: z.string().min(1).max(200),
    domains: z.array(domain).max(50).default([]),
    attributes: z.record(z.string().max(100), z.json()).default({}),
    settings: z
      .strictObject({
        accessTokenTtl: seconds.max(86_400).optional(),
        refreshTokenIdleTtl: seconds.optional(),
        refreshTokenTtl: seconds.optional(),
        allowedGrants: z.array(z.string()).optional(),
        branding: branding.optional(),
      })
      .default({}),
  })
  .meta({ id: 'TenantConfig' });
export type TenantConfig = z.infer<typeof tenantConfig>;

export function toTenantConfig(tenant: Tenant): TenantConfig {
  const { id, name, domains, attributes, settings } = tenant;
  const { allowedGrants, ...rest } = settings;
  return tenantConfig.parse({
    id,
    name,
    domains,
    attributes,
    settings: { ...rest, ...(allowedGrants === undefined ? {} : { allowedGrants: [...allowedGrants] }) },
  });
}

/** A role as the config file says it. */
export const roleConfig = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, 'letters, digits, space, dot, dash and underscore; at most 64'),
    description: z.string().max(500).optional(),
    permissions: z.array(z.string().min(1).max(100)).max(500).default([]),
  })
  .meta({ id: 'RoleConfig' });
export type RoleConfig = z.infer<typeof roleConfig>;

export function toRoleConfig({ name, description, permissions }: Role): RoleConfig {
  return { name, ...(description === undefined ? {} : { description }), permissions: [...permissions] };
}
