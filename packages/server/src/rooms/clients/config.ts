import { AUTH_METHODS, GRANT_TYPES } from '@writ/protocol';
import { z } from 'zod';
import type { Client } from './client.ts';
import { claimPatterns, subjectPattern } from '../issuers/config.ts';
import { ASSERTION_ALGORITHMS, readJwks } from '../issuers/jwks.ts';
import { protectionsOf } from './protections.ts';
import { CONSOLE_CLIENT_ID } from './reserved.ts';
import { isLoopbackRedirect, redirectFault } from './redirect.ts';

/** Ids chosen by the author, or brought along from another system. `dcr_` and URLs are ids that the hub gives or reads itself. */
const clientId = z
  .string()
  .refine((id) => id !== CONSOLE_CLIENT_ID, 'an id that is the hub’s own')
  .regex(/^(?!dcr_)[A-Za-z0-9][A-Za-z0-9._~@+=-]{0,127}$/, 'letters, digits and ._~@+=- ; at most 128, not starting with dcr_');
const word = z.string().regex(/^[!#-[\]-~]{1,200}$/, 'a word without spaces, quotes and backslashes');
const label = z.string().min(1).max(64);

const secretRest = { name: label.optional(), expiresAt: z.iso.datetime({ offset: true }).optional() };
/** A secret of the author's own making: kept as SHA-256, so it must not be guessable from its digest. */
const secretConfig = z.union([
  z.strictObject({ value: z.string().regex(/^[ -~]{16,256}$/, '16 to 256 printable ASCII characters'), ...secretRest }),
  z.strictObject({ env: z.string().min(1), ...secretRest }),
  z.strictObject({ file: z.string().min(1), ...secretRest }),
]);

const authConfig = z.strictObject({
  method: z.enum(AUTH_METHODS).optional(),
  /** Absent: secrets stay as they are. Given: those listed here before and no longer are revoked; issued ones are left alone. */
  secrets: z.array(secretConfig).max(10).optional(),
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.json())) }).optional(),
  jwksUri: z
    .url({ protocol: /^https$/ })
    .max(2_000)
    .optional(),
});

/** Whom a trusted issuer vouches for is this client. At least one pattern: the issuer alone knows everybody of its platform. */
const workloadRule = z
  .strictObject({ issuer: z.string().min(1).max(64), subject: subjectPattern.optional(), claims: claimPatterns.optional() })
  .refine(({ subject, claims = {} }) => subject !== undefined || Object.keys(claims).length > 0, 'says at least a subject or one claim');

/** How a client hears that its user has answered (CIBA §4). http only to this computer, which the hub calls in development alone. */
const backchannelConfig = z
  .strictObject({
    delivery: z.enum(['poll', 'ping']),
    notificationEndpoint: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .refine((url) => url.startsWith('https://') || isLoopbackRedirect(url), 'an https URL')
      .optional(),
  })
  .refine(
    ({ delivery, notificationEndpoint }) => (delivery === 'ping') === (notificationEndpoint !== undefined),
    'ping, and only ping, has a notificationEndpoint',
  );

const form = z.strictObject({
  id: clientId,
  name: z.string().min(1).max(200),
  kind: z.enum(['app', 'cli', 'service', 'agent']).default('app'),
  public: z.boolean().optional(),
  grants: z.array(word).max(20).optional(),
  auth: authConfig.optional(),
  workload: z.array(workloadRule).min(1).max(50).optional(),
  tags: z.array(label).max(50).default([]),
  owner: z.string().min(1).max(128).optional(),
  tenants: z.array(z.string().min(1).max(64)).max(1_000).default([]),
  redirectUris: z.array(z.string()).max(50).default([]),
  scopes: z.array(word).max(1_000).optional(),
  firstParty: z.boolean().default(false),
  settings: z
    .strictObject({
      responseIss: z.boolean().optional(),
      dpopBoundAccessTokens: z.boolean().optional(),
      dpopNonce: z.boolean().optional(),
      requirePushedAuthorizationRequests: z.boolean().optional(),
      requireSignedRequestObject: z.boolean().optional(),
      requestObjectSigningAlg: z.enum(ASSERTION_ALGORITHMS).optional(),
      backchannel: backchannelConfig.optional(),
    })
    .default({}),
});
type Form = z.output<typeof form>;

/** A client as the config file says it: what is left out is filled in, what contradicts itself is refused by the name of the field. */
export const clientConfig = form.superRefine(refuseContradictions).transform(fillIn);
export type ClientConfig = z.output<typeof clientConfig>;
export type SecretConfig = z.output<typeof secretConfig>;

function isPublic(of: Pick<Form, 'public' | 'auth'>): boolean {
  return of.public ?? of.auth?.method === 'none';
}

function methodOf(of: Pick<Form, 'public' | 'auth' | 'workload'>) {
  return of.auth?.method ?? (isPublic(of) ? 'none' : of.workload === undefined ? 'client_secret_basic' : 'private_key_jwt');
}

/** Grants by the short names that policies use as well (`token_exchange`), and by their own; kept by their own. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map(Object.entries(GRANT_TYPES));

function grantsOf(of: Pick<Form, 'grants' | 'kind' | 'workload'>): string[] {
  if (of.grants === undefined && of.workload !== undefined) return [GRANT_TYPES.client_credentials, GRANT_TYPES.jwt_bearer];
  return (
    of.grants?.map((grant) => SHORT_NAMES.get(grant) ?? grant) ??
    (of.kind === 'service' ? ['client_credentials'] : ['authorization_code', 'refresh_token'])
  );
}

function fillIn({ auth = {}, ...of }: Form) {
  const keys = auth.jwks === undefined ? undefined : readJwks(auth.jwks, false);
  const { secrets, jwksUri } = auth;
  return {
    ...of,
    public: isPublic({ ...of, auth }),
    grants: grantsOf(of),
    auth: {
      method: methodOf({ ...of, auth }),
      ...(secrets === undefined ? {} : { secrets }),
      ...(keys?.ok === true ? { jwks: { keys: [...keys.value.keys] } } : {}),
      ...(jwksUri === undefined ? {} : { jwksUri }),
    },
  };
}

function refuseContradictions(of: Form, context: z.RefinementCtx): void {
  const refuse = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
  const method = methodOf(of);
  const grants = grantsOf(of);
  if (isPublic(of) !== (method === 'none')) refuse(['auth', 'method'], 'a public client has the method none, and only a public client');
  for (const grant of [GRANT_TYPES.client_credentials, GRANT_TYPES.token_exchange])
    if (isPublic(of) && grants.includes(grant)) refuse(['grants'], `${grant} needs a client that can prove itself`);
  if (grants.includes('authorization_code') && of.redirectUris.length === 0)
    refuse(['redirectUris'], 'authorization_code needs a redirect URI');
  of.redirectUris.forEach((uri, index) => {
    const fault = redirectFault(uri);
    if (fault !== undefined) refuse(['redirectUris', index], fault);
  });
  refuseAuth(of, method, refuse);
}

function refuseAuth(
  { auth = {}, settings, workload }: Form,
  method: string,
  refuse: (path: (string | number)[], message: string) => void,
): void {
  const { secrets = [], jwks, jwksUri } = auth;
  if (secrets.length > 0 && !method.startsWith('client_secret_')) refuse(['auth', 'secrets'], `secrets are nothing to ${method}`);
  const names = secrets.map((secret, index) => secretName(secret, index));
  if (new Set(names).size < names.length) refuse(['auth', 'secrets'], 'two secrets have one name');
  if (jwks !== undefined && jwksUri !== undefined) refuse(['auth', 'jwksUri'], 'jwks and jwksUri exclude each other');
  const owns = secrets.length > 0 || jwks !== undefined || jwksUri !== undefined;
  if (workload !== undefined && (owns || method !== 'private_key_jwt'))
    refuse(['auth'], 'a workload proves itself by its platform: no secret and no key of its own');
  if (workload === undefined && method === 'private_key_jwt' && jwks === undefined && jwksUri === undefined)
    refuse(['auth'], 'private_key_jwt needs jwks or jwksUri');
  const keys = jwks === undefined ? undefined : readJwks(jwks, false);
  if (keys !== undefined && !keys.ok) refuse(['auth', 'jwks'], keys.error);
  if (settings.requireSignedRequestObject === true && jwks === undefined && jwksUri === undefined)
    refuse(['settings', 'requireSignedRequestObject'], 'signed requests need auth.jwks or auth.jwksUri');
}

/** Secrets without a name are called by their place. */
export function secretName(secret: Pick<SecretConfig, 'name'>, index: number): string {
  return secret.name ?? `secret-${index + 1}`;
}

/** The stored client in the same form: for export and comparison. Secrets are not among it, because they are not known. */
export function toClientConfig(client: Client): ClientConfig {
  const { id, name, kind, tags, owner, tenants, redirectUris, scopes, firstParty, grants, authMethod, jwks, jwksUri, workload } = client;
  return {
    id,
    name,
    kind,
    public: client.public,
    grants: [...grants],
    auth: {
      method: authMethod,
      ...(jwks === undefined ? {} : { jwks: { keys: [...jwks.keys] } }),
      ...(jwksUri === undefined ? {} : { jwksUri }),
    },
    ...(workload === undefined ? {} : { workload: workload.map((rule) => workloadRule.parse(rule)) }),
    tags: [...tags],
    ...(owner === undefined ? {} : { owner }),
    tenants: [...tenants],
    redirectUris: [...redirectUris],
    ...(scopes === undefined ? {} : { scopes: [...scopes] }),
    firstParty,
    settings: {
      ...(client.settings.responseIss === undefined ? {} : { responseIss: client.settings.responseIss }),
      ...(client.settings.dpopNonce === undefined ? {} : { dpopNonce: client.settings.dpopNonce }),
      ...(client.settings.backchannel === undefined ? {} : { backchannel: client.settings.backchannel }),
      ...protectionsOf(client.settings),
    },
  };
}
