import { AUTH_METHODS, IDENTITY_SCOPES, WELL_KNOWN } from '@writ/protocol';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { ASSERTION_ALGORITHMS } from '../../rooms/issuers/jwks.ts';
import type { Issuer } from '../../rooms/issuers/issuer.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import { MULTI_FACTOR, SINGLE_FACTOR } from '../../rooms/users/events.ts';
import { idJagMetadata } from './token/id-jag-issue.ts';
import { DPOP_ALGORITHMS } from '../../rooms/tokens/proof.ts';
import type { ProtectionSetting } from '../../rooms/tokens/protection.ts';

export type MetadataDeps = {
  /** From which every address is built; never from the Host header. */
  issuer: string;
  keys: { algs(): readonly string[] };
  catalogue: { all(): readonly Pick<Resource, 'scopes' | 'registration' | 'detailTypes'>[]; external(): readonly unknown[] };
  trust: { all(): readonly Pick<Issuer, 'purposes'>[] };
  settings: { current(): { cimd: { enabled: boolean } } };
  protection: { current(): ProtectionSetting };
  /** Grants of the token endpoint. */
  grantTypes: readonly string[];
};

const PATHS = [WELL_KNOWN.authorizationServer, WELL_KNOWN.openidConfiguration] as const;
const AUDIT = { none: 'what anybody may know' } as const;
const HEADERS = { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' };
const MAX_SCOPES = 200;

/**
 * RFC 8414 and OpenID Connect discovery: one document at two paths. Clients that take the issuer for one with a path probe longer paths first;
 * they are told 404 in a way that a browser lets them read, and go on (anything else ends their discovery).
 */
export function metadataRoutes(deps: MetadataDeps): Route[] {
  return PATHS.flatMap((path) => [
    route({
      method: 'GET',
      path,
      access: 'public',
      audit: AUDIT,
      cors: 'any',
      summary: 'Authorization server metadata (RFC 8414, OpenID Connect discovery)',
      handle: () => ({ status: 200, headers: { ...HEADERS }, body: JSON.stringify(metadataOf(deps)) }),
    }),
    route({
      method: 'GET',
      path: `${path}/:issuer{.+}`,
      access: 'public',
      audit: AUDIT,
      cors: 'any',
      summary: 'There is one issuer here, and it has no path',
      handle: ({ request }) =>
        json(404, { error: 'not_found', error_description: `The issuer here is ${deps.issuer}.`, request_id: request.requestId }),
    }),
  ]);
}

/** Only what is true now: a client believes every line. */
export function metadataOf({ issuer, keys, catalogue, trust, settings, protection, grantTypes }: MetadataDeps): Record<string, unknown> {
  const at = (name: string): string => `${issuer}/oauth/${name}`;
  return {
    issuer,
    authorization_endpoint: at('authorize'),
    token_endpoint: at('token'),
    registration_endpoint: at('register'),
    revocation_endpoint: at('revoke'),
    introspection_endpoint: at('introspect'),
    pushed_authorization_request_endpoint: at('par'),
    device_authorization_endpoint: at('device'),
    backchannel_authentication_endpoint: at('backchannel'),
    backchannel_token_delivery_modes_supported: ['poll', 'ping'],
    backchannel_user_code_parameter_supported: false,
    userinfo_endpoint: at('userinfo'),
    end_session_endpoint: at('logout'),
    jwks_uri: at('jwks'),
    scopes_supported: scopesOf(catalogue.all()),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: grantTypes,
    code_challenge_methods_supported: ['S256'],
    acr_values_supported: [SINGLE_FACTOR, MULTI_FACTOR],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: AUTH_METHODS.filter((method) => method !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_signing_alg_values_supported: keys.algs(),
    ...detailTypesOf(catalogue.all()),
    dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: keys.algs(),
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'at_hash', 'email', 'email_verified', 'name'],
    claims_parameter_supported: false,
    request_parameter_supported: true,
    request_object_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    require_signed_request_object: protection.current().requestObjects.required,
    require_pushed_authorization_requests: protection.current().par.required,
    // Said outright, because OIDC Discovery §3 takes silence for yes.
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: settings.current().cimd.enabled,
    ...idJagMetadata({
      accepts: trust.all().some(({ purposes }) => purposes.includes('id_jag')),
      issues: catalogue.external().length > 0,
      grantTypes,
    }),
  };
}

/** RFC 9396 §10, of the resources that a stranger may come for; left out when there are none. */
function detailTypesOf(resources: readonly Pick<Resource, 'detailTypes' | 'registration'>[]): {
  authorization_details_types_supported?: readonly string[];
} {
  const open = resources.filter(({ registration }) => registration.cimd.enabled || registration.dcr.enabled);
  const types = new Set(open.flatMap(({ detailTypes = [] }) => detailTypes.map(({ type }) => type)));
  return types.size === 0 ? {} : { authorization_details_types_supported: [...types] };
}

/**
 * Scopes that a stranger may come for. Those of a resource where only configured clients are admitted are nobody's business here; each
 * resource announces its own (RFC 9728), so a long list is cut without loss.
 */
function scopesOf(resources: readonly Pick<Resource, 'scopes' | 'registration'>[]): readonly string[] {
  const open = resources.filter(({ registration }) => registration.cimd.enabled || registration.dcr.enabled);
  const names = new Set(open.flatMap(({ scopes }) => scopes.map(({ name }) => name)));
  return [...[...names].slice(0, MAX_SCOPES), ...IDENTITY_SCOPES];
}
