import { z } from 'zod';
import { authorId, host } from '../tenants/config.ts';
import { catalogueFaults } from './catalogue-faults.ts';
import { CONNECTION_GRANTS, CONNECTION_TYPES, isOwnAccount, OWNER_KINDS, type ConnectionGrant, type ConnectionType } from './kinds.ts';

const MAX_SECRET = 64 * 1024;

/** A secret from the author: a reference, resolved before anything is put. */
export const secretConfig = z.union([
  z.strictObject({ value: z.string().min(1).max(MAX_SECRET) }),
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
]);

/** https, or http on loopback (which base/outbound reaches only where it may). Never with a user, a password or a fragment. */
export const serviceUrl = z
  .string()
  .max(2_048)
  .refine((text) => isServiceUrl(text), 'an https URL without user, password and fragment (http only on loopback)');

function isServiceUrl(text: string): boolean {
  if (!/^https?:\/\/[^/\s\\]/i.test(text) || /[\s\\]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return username === '' && password === '' && hash === '' && (protocol === 'https:' || loopback);
}

const method = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const path = z.string().regex(/^\/[^\s\\?#]{0,1023}$/, 'a path from the root; * at its end stands for everything below');
/** RFC 6749 §3.3 scope-token. */
export const scopeName = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'a scope name (RFC 6749 §3.3)');
/** RFC 9110 §5.1. Headers that steer the connection itself are no place for a secret. */
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'a header name')
  .refine(
    (name) => !/^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|keep-alive|cookie)$/i.test(name),
    'not this header',
  );
const parameters = z.record(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/), z.string().max(1_024)).default({});

const settings = {
  /** Of the catalogue; what it says of the provider is used where this object says nothing. */
  provider: authorId.optional(),
  /** What the addresses of that provider leave open: `subdomain`, `tenant`. */
  variables: z.record(z.string().regex(/^[a-z]{1,20}$/), z.string().min(1).max(253)).default({}),
  authorizationUrl: serviceUrl.optional(),
  tokenUrl: serviceUrl.optional(),
  revocationUrl: serviceUrl.optional(),
  /** RFC 9207: compared with `iss` of the answer. */
  issuer: serviceUrl.optional(),
  clientId: z.string().min(1).max(1_024).optional(),
  clientAuth: z.enum(['client_secret_basic', 'client_secret_post', 'none']).optional(),
  /** How tokens are had. Default: a person connects an account. */
  grant: z.enum(CONNECTION_GRANTS).optional(),
  /** `jwt_bearer` (RFC 7523 §2.1): the account is `clientId`, its private key `clientSecret` (PEM of PKCS #8, or a Google key file). */
  assertion: z
    .strictObject({
      /** `user`: the service is asked to act as the user of the hand-out, by their verified e-mail address. */
      subject: z.enum(['account', 'user']).default('account'),
      /** Default: the token endpoint. */
      audience: z.string().min(1).max(2_048).optional(),
      alg: z.enum(['RS256', 'ES256', 'EdDSA']).default('RS256'),
      keyId: z.string().min(1).max(256).optional(),
    })
    .optional(),
  scopes: z.array(scopeName).max(500).default([]),
  /** Asked for at every connect, whatever else is asked (offline_access and the like). */
  alwaysScopes: z.array(scopeName).max(50).default([]),
  authorizationParams: parameters,
  tokenParams: parameters,
  /** MCP: the server's endpoint. */
  url: serviceUrl.optional(),
  /** API key: where the key goes; default Authorization with the prefix "Bearer ". */
  header: headerName.optional(),
  prefix: z.string().max(64).optional(),
  query: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .optional(),
  baseUrl: serviceUrl.optional(),
  allowedHosts: z.array(host).max(100).default([]).describe('Of the proxy. Empty: that of its address, or as the catalogue says'),
  allowedMethods: z.array(method).max(10).default([]).describe('Of the proxy. Empty: every method'),
  allowedPaths: z.array(path).max(500).default([]).describe('Of the proxy. Empty: as the catalogue says, else every path'),
  /** What a new key is tried with. */
  test: z.strictObject({ method: method.default('GET'), path }).optional(),
};

/** A connection as the config file says it. */
export const connectionConfig = z
  .strictObject({
    id: authorId,
    name: z.string().min(1).max(200).optional(),
    type: z.enum(CONNECTION_TYPES),
    ...settings,
    /** Absent: what is there stays. An export never holds it, and applying it again must not take it away. */
    clientSecret: secretConfig.optional(),
    tags: z.array(z.string().min(1).max(64)).max(50).default([]),
    tenants: z.array(authorId).max(1_000).default([]).describe('Empty: every tenant'),
    /** Whose credentials are handed out, of those that fit. */
    owners: z
      .array(z.enum(OWNER_KINDS))
      .min(1)
      .max(3)
      .default([...OWNER_KINDS]),
  })
  .superRefine((value, context) => {
    for (const [field, message] of [...missing(value), ...catalogueFaults(value)])
      context.addIssue({ code: 'custom', path: field.split('.'), message });
  })
  .meta({ id: 'ConnectionConfig' });
export type ConnectionConfig = z.output<typeof connectionConfig>;

type Shape = { type: ConnectionType } & Partial<
  Record<'provider' | 'tokenUrl' | 'authorizationUrl' | 'clientId' | 'url' | 'header' | 'query', string | undefined> & {
    grant: ConnectionGrant | undefined;
    assertion: object | undefined;
  }
>;

function missing(value: Shape): [string, string][] {
  const faults: [string, string][] = [];
  if (value.type === 'mcp' && value.url === undefined) faults.push(['url', 'an MCP connection names its server']);
  if (value.type === 'oauth') {
    const needed = value.provider === undefined ? (['tokenUrl', 'clientId'] as const) : (['clientId'] as const);
    for (const name of needed) if (value[name] === undefined) faults.push([name, 'an OAuth connection needs it']);
    if (value.provider === undefined && !isOwnAccount(value) && value.authorizationUrl === undefined)
      faults.push(['authorizationUrl', 'people connect there; without it: grant client_credentials']);
  }
  if (value.grant !== undefined && value.type !== 'oauth') faults.push(['grant', 'only of an OAuth connection']);
  if (value.assertion !== undefined && value.grant !== 'jwt_bearer') faults.push(['assertion', 'only with the grant jwt_bearer']);
  if (value.header !== undefined && value.query !== undefined) faults.push(['query', 'the key goes into a header or into the query']);
  return faults;
}
