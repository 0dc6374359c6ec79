import { z } from 'zod';
import { scopeName, secretConfig, serviceUrl } from '../connections/config.ts';
import { userMapping } from '../issuers/config.ts';
import { ASSERTION_ALGORITHMS, readJwks } from '../issuers/jwks.ts';
import { authorId, domain } from '../tenants/config.ts';
import { CLIENT_AUTH, type Provider, type StoredProvider } from './provider.ts';

const words = z.array(z.string().min(1).max(200)).max(20).default([]);
const parameters = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/)
      .refine((name) => !OURS.has(name), 'is set by the hub'),
    z.string().max(1_024),
  )
  .default({});

/** Parameters of an authorization request that bind it to this journey: an administrator cannot have meant to replace them. */
const OURS = new Set(
  (
    'response_type response_mode client_id redirect_uri state nonce code_challenge code_challenge_method scope request request_uri max_age prompt ' +
    'login_hint acr_values id_token_hint'
  ).split(' '),
);

const form = z.strictObject({
  id: authorId,
  name: z.string().min(1).max(100).optional(),
  type: z.enum(['oidc', 'external']).default('oidc'),
  tenant: authorId.optional(),
  state: z.enum(['on', 'off']).default('on'),
  domains: z.array(domain).max(50).default([]),
  enforced: z.boolean().default(false),
  exclusions: z
    .strictObject({
      users: z.array(z.string().min(1).max(64)).max(100).default([]),
      roles: z.array(z.string().min(1).max(64)).max(50).default([]),
    })
    .default({ users: [], roles: [] }),
  users: userMapping.extend({ trustEmail: z.boolean().default(false) }).prefault({}),
  secondFactor: z.strictObject({ acr: words, amr: words }).default({ acr: [], amr: [] }),
  /** To the letter as `iss` says it. Of an external page: default the origin of its address. */
  issuer: serviceUrl.optional(),
  clientId: z.string().min(1).max(1_024).optional(),
  clientAuth: z.enum(CLIENT_AUTH).optional(),
  /** oidc: our client secret there. external: the key of its answers (HS256). Absent: what is there stays. */
  clientSecret: secretConfig.optional(),
  scopes: z.array(scopeName).min(1).max(50).optional(),
  algorithms: z.array(z.enum(ASSERTION_ALGORITHMS)).min(1).optional(),
  authorizationParams: parameters,
  url: serviceUrl.optional(),
  jwksUri: serviceUrl.optional(),
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.json())) }).optional(),
});
type Form = z.output<typeof form>;

/** In the form that OpenAPI can show. */
export const providerShape = form;

/** An identity provider as the config file says it. */
export const providerConfig = form
  .superRefine((of, context) => {
    for (const [field, message] of faultsOf(of)) context.addIssue({ code: 'custom', path: field.split('.'), message });
  })
  .meta({ id: 'IdentityProviderConfig' });
export type ProviderConfig = z.output<typeof providerConfig>;

/** Members that one type has and the other has not: there they are a mistake about which it is. */
const ONLY: Readonly<Record<'oidc' | 'external', readonly (keyof Form)[]>> = {
  oidc: ['clientId', 'clientAuth', 'scopes', 'algorithms'],
  external: ['url', 'jwksUri', 'jwks'],
};

function faultsOf(of: Form): [string, string][] {
  const faults: [string, string][] = [];
  const other = of.type === 'oidc' ? 'external' : 'oidc';
  for (const name of ONLY[other]) if (of[name] !== undefined) faults.push([name, `an identity provider of type ${of.type} has none`]);
  const needed: readonly (keyof Form)[] = of.type === 'oidc' ? ['issuer', 'clientId'] : ['url'];
  for (const name of needed) if (of[name] === undefined) faults.push([name, `an identity provider of type ${of.type} needs it`]);
  if (of.type === 'external' && Object.keys(of.authorizationParams).length > 0)
    faults.push(['authorizationParams', 'an identity provider of type external has none']);
  if (of.tenant === undefined) faults.push(...hubWideFaults(of));
  if (of.jwks !== undefined && of.jwksUri !== undefined) faults.push(['jwksUri', 'jwks and jwksUri exclude each other']);
  const keys = of.jwks === undefined ? undefined : readJwks(of.jwks, false);
  if (keys !== undefined && !keys.ok) faults.push(['jwks', keys.error]);
  if (of.clientAuth === 'none' || of.clientAuth === 'private_key_jwt')
    if (of.clientSecret !== undefined) faults.push(['clientSecret', `with ${of.clientAuth} there is none`]);
  if (of.type === 'external' && (of.jwks !== undefined || of.jwksUri !== undefined) && of.clientSecret !== undefined)
    faults.push(['clientSecret', 'answers are signed with a key or with a secret, and then by nothing else']);
  if (of.scopes?.includes('openid') === false) faults.push(['scopes', 'openid is among them, or there is no id_token']);
  return faults;
}

function hubWideFaults({ domains, enforced, users }: Form): [string, string][] {
  const faults: [string, string][] = [];
  if (domains.length > 0) faults.push(['domains', 'domains lead to a tenant: name the tenant']);
  if (enforced) faults.push(['enforced', 'a tenant demands it: name the tenant']);
  if (users.roles.length > 0) faults.push(['users.roles', 'roles are held in a tenant: name the tenant']);
  return faults;
}

/** Of a checked config. */
export function toProvider(config: Omit<ProviderConfig, 'clientSecret'>): Provider {
  const { id, name = id, tenant, state, domains, enforced, exclusions, users, secondFactor } = config;
  const shared = { id, name, state, domains, enforced, exclusions, users, secondFactor, ...(tenant === undefined ? {} : { tenant }) };
  if (config.type === 'external') {
    const { url = '', issuer = new URL(url).origin, jwksUri, jwks: given } = config;
    const read = given === undefined ? undefined : readJwks(given, false);
    const keys = read?.ok === true ? { jwks: read.value } : {};
    return { ...shared, type: 'external', url, issuer, ...(jwksUri === undefined ? {} : { jwksUri }), ...keys };
  }
  return {
    ...shared,
    type: 'oidc',
    issuer: config.issuer ?? '',
    clientId: config.clientId ?? '',
    clientAuth: config.clientAuth ?? 'client_secret_basic',
    scopes: config.scopes ?? ['openid', 'email', 'profile'],
    algorithms: config.algorithms ?? [...ASSERTION_ALGORITHMS],
    authorizationParams: config.authorizationParams,
  };
}

/** The stored provider in the same form, without its secret: for export and comparison. */
export function toProviderConfig({ hasSecret: _s, version: _v, createdAt: _c, ...provider }: StoredProvider): ProviderConfig {
  return providerConfig.parse(provider);
}
