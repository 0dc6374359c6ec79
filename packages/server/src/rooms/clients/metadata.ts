import { AUTH_METHODS, GRANT_TYPES, type AuthMethod, type RegistrationErrorCode } from '@writ/protocol';
import { isObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { usesSecret, type ClientMetadata } from './client.ts';
import { fetchFault, LINKS, readDescription, textList, TEXTS } from './description.ts';
import { hostListed } from './hosts.ts';
import { ASSERTION_ALGORITHMS, readJwks, type PublicJwks } from '../issuers/jwks.ts';
import { clientNameFault } from './name.ts';
import { protectionMembers, readProtections, type Protections } from './protections.ts';
import { isNativeRedirect, redirectFault } from './redirect.ts';
import type { Members, MetadataRules } from './rules.ts';

/** What a client says of itself, read from a registration (RFC 7591 §2) or its document (CIMD), with defaults filled in. */
export type Described = {
  name: string;
  redirectUris: readonly string[];
  grants: readonly string[];
  authMethod: AuthMethod;
  alsoPublic: boolean;
  jwks?: PublicJwks;
  jwksUri?: string;
  metadata: ClientMetadata;
  protections: Protections;
};

/** RFC 7591 §3.2.2. The description is for the client's developer: plain words, nothing of the input repeated. */
export type MetadataFault = {
  error: Extract<RegistrationErrorCode, 'invalid_redirect_uri' | 'invalid_client_metadata'>;
  description: string;
};

/** Grants that a client may have without an administrator. What else it lists is left out, not refused. */
const OPEN: readonly string[] = [GRANT_TYPES.authorization_code, GRANT_TYPES.refresh_token, GRANT_TYPES.device_code];
/**
 * A client at a URL may bring an ID-JAG as well, because that names the URL in the word of an issuer which an administrator trusts; other
 * assertions are refused to it (jwt-bearer.ts). A client that registers gets an id that no issuer could name.
 */
const GRANTS: Readonly<Record<MetadataRules['channel'], readonly string[]>> = { dcr: OPEN, cimd: [...OPEN, GRANT_TYPES.jwt_bearer] };
/** Grants that act without a user: asking for them openly is refused, so that nobody believes to have got them. */
const PRIVILEGED: ReadonlySet<string> = new Set([GRANT_TYPES.client_credentials, GRANT_TYPES.token_exchange, GRANT_TYPES.ciba]);
const MAX_REDIRECTS = 20;

/** Reads and judges client metadata. Members that we do not know are ignored, as RFC 7591 §2 demands. */
export function readMetadata(members: Members, rules: MetadataRules): Result<Described, MetadataFault> {
  const redirects = readRedirects(members, rules);
  if (!redirects.ok) return redirects;
  const name = readName(members, redirects.value, rules);
  const grants = readGrants(members, rules);
  const method = readMethod(members, redirects.value, rules);
  const keys = readKeys(members, rules);
  const metadata = readDescription(members, rules);
  const protections = readProtections(members);
  const judged = [name, grants, method, keys, metadata, protections, readAlgorithms(members), readResponseTypes(members)];
  const fault = judged.find((one) => !one.ok);
  if (fault !== undefined && !fault.ok) return bad(fault.error);
  if (!name.ok || !grants.ok || !method.ok || !keys.ok || !metadata.ok || !protections.ok) throw new Error('a fault was found and lost');
  const { authMethod, alsoPublic } = method.value;
  if (authMethod === 'private_key_jwt' && keys.value.jwks === undefined && keys.value.jwksUri === undefined)
    return bad('private_key_jwt needs jwks or jwks_uri');
  return ok({
    name: name.value,
    redirectUris: redirects.value,
    grants: grants.value,
    authMethod,
    alsoPublic,
    ...keys.value,
    metadata: metadata.value,
    protections: protections.value,
  });
}

const bad = (description: string): { ok: false; error: MetadataFault } => fail({ error: 'invalid_client_metadata', description });

function readRedirects(members: Members, rules: MetadataRules): Result<readonly string[], MetadataFault> {
  const refuse = (description: string) => fail<MetadataFault>({ error: 'invalid_redirect_uri', description });
  const listed: unknown = members['redirect_uris'];
  if (!Array.isArray(listed) || listed.length === 0) return refuse('redirect_uris is a list of at least one URI');
  if (listed.length > MAX_REDIRECTS) return refuse(`redirect_uris has at most ${MAX_REDIRECTS} URIs`);
  const uris: string[] = [];
  for (const uri of listed) {
    const fault = redirectFault(uri);
    if (fault !== undefined) return refuse(`redirect_uris: ${fault}`);
    if (!hostAllowed(String(uri), rules.redirectHosts)) return refuse('this hub does not redirect to that host');
    uris.push(String(uri));
  }
  return ok([...new Set(uris)]);
}

function hostAllowed(uri: string, hosts: readonly string[]): boolean {
  return hosts.length === 0 || isNativeRedirect(uri) || hostListed(hosts, new URL(uri).hostname);
}

function readName(members: Members, redirects: readonly string[], rules: MetadataRules): Result<string, string> {
  const given: unknown = members['client_name'];
  if (given === undefined || given === null)
    return rules.channel === 'cimd' ? fail('client_name is missing') : ok(unnamed(redirects[0] ?? ''));
  if (typeof given !== 'string') return fail('client_name is a text');
  const fault = clientNameFault(given, rules.hubHost);
  return fault === undefined ? ok(given.trim()) : fail(fault);
}

/** A client without a name is called after where its codes go: the one thing known of it. */
function unnamed(redirect: string): string {
  return isNativeRedirect(redirect) ? 'Unnamed app' : `Unnamed app at ${new URL(redirect).hostname}`.slice(0, 64);
}

function readGrants(members: Members, rules: MetadataRules): Result<readonly string[], string> {
  const listed = textList(members['grant_types']);
  if (listed === 'wrong') return fail('grant_types is a list of texts');
  // RFC 7591's default is the code grant alone; clients that leave the list out expect to stay logged in all the same.
  if (listed === undefined) return ok(['authorization_code', 'refresh_token']);
  if (rules.channel === 'dcr' && listed.some((grant) => PRIVILEGED.has(grant)))
    return fail('an administrator registers clients for grants without a user');
  const known = GRANTS[rules.channel].filter((grant) => listed.includes(grant));
  return known.some((grant) => grant !== 'refresh_token') ? ok(known) : fail('grant_types has none that this hub offers to such clients');
}

function readResponseTypes(members: Members): Result<undefined, string> {
  const listed = textList(members['response_types']);
  if (listed === 'wrong') return fail('response_types is a list of texts');
  return listed === undefined || listed.length === 0 || listed.includes('code') ? ok(undefined) : fail('the only response type is code');
}

function readMethod(
  members: Members,
  redirects: readonly string[],
  rules: MetadataRules,
): Result<{ authMethod: AuthMethod; alsoPublic: boolean }, string> {
  const given: unknown = members['token_endpoint_auth_method'];
  const method = given === undefined || given === null ? defaultMethod(redirects, rules) : AUTH_METHODS.find((known) => known === given);
  if (method === undefined) return fail(`token_endpoint_auth_method is one of ${AUTH_METHODS.join(', ')}`);
  if (rules.channel === 'dcr') return ok({ authMethod: method, alsoPublic: false });
  // A document that anybody can read cannot hold a shared secret.
  if (usesSecret(method) || 'client_secret' in members) return fail('a metadata document has no shared secret');
  const listed = textList(members['token_endpoint_auth_methods_supported']);
  return ok({ authMethod: method, alsoPublic: method !== 'none' && Array.isArray(listed) && listed.includes('none') });
}

/**
 * RFC 7591 says client_secret_basic. A client whose codes only go to the user's own device cannot keep a secret (RFC 8252 §8.5), and those
 * that leave the member out (FastMCP) read the answer: they are told `none`.
 */
function defaultMethod(redirects: readonly string[], rules: MetadataRules): AuthMethod {
  return rules.channel === 'cimd' || redirects.every(isNativeRedirect) ? 'none' : 'client_secret_basic';
}

function readKeys(members: Members, rules: MetadataRules): Result<{ jwks?: PublicJwks; jwksUri?: string }, string> {
  const { jwks, jwks_uri: uri } = members;
  if (jwks !== undefined && uri !== undefined) return fail('jwks and jwks_uri exclude each other');
  if (uri !== undefined) {
    if (typeof uri !== 'string') return fail('jwks_uri is a URL');
    const fault = fetchFault(uri, rules);
    return fault === undefined ? ok({ jwksUri: uri }) : fail(`jwks_uri: ${fault}`);
  }
  if (jwks === undefined) return ok({});
  const read = readJwks(jwks, false);
  return read.ok ? ok({ jwks: read.value }) : fail(`jwks: ${read.error}`);
}

/** No signature of ours or theirs may be switched off, whatever it is for. */
function readAlgorithms(members: Members): Result<undefined, string> {
  for (const [name, value] of Object.entries(members)) {
    if (name.endsWith('_alg') && typeof value === 'string' && /^none$/i.test(value))
      return fail(`${/^[a-z_]{1,60}$/.test(name) ? name : 'an algorithm'} is not none`);
  }
  const own: unknown = members['token_endpoint_auth_signing_alg'];
  if (own === undefined || own === null || (typeof own === 'string' && ASSERTION_ALGORITHMS.includes(own))) return ok(undefined);
  return fail(`token_endpoint_auth_signing_alg is one of ${ASSERTION_ALGORITHMS.join(', ')}`);
}

/** Metadata as the client reads it back (RFC 7591 §3.2.1): what is stored, in the RFC's words. */
export function toMembers(described: Described): Record<string, unknown> {
  const { name, redirectUris, grants, authMethod, jwks, jwksUri, metadata, protections } = described;
  const links = Object.entries({ ...LINKS, ...TEXTS }).flatMap(([member, field]) =>
    metadata[field] === undefined ? [] : [[member, metadata[field]]],
  );
  return {
    client_name: name,
    redirect_uris: redirectUris,
    grant_types: grants,
    response_types: grants.includes('authorization_code') ? ['code'] : [],
    token_endpoint_auth_method: authMethod,
    ...(jwks === undefined ? {} : { jwks }),
    ...(jwksUri === undefined ? {} : { jwks_uri: jwksUri }),
    ...Object.fromEntries(links),
    ...(metadata.contacts === undefined ? {} : { contacts: metadata.contacts }),
    ...(metadata.scope === undefined ? {} : { scope: metadata.scope }),
    ...(metadata.applicationType === undefined ? {} : { application_type: metadata.applicationType }),
    ...protectionMembers(protections),
  };
}

/** The object in a parsed body, or the fault that says there is none. */
export function membersOf(value: unknown): Result<Members, MetadataFault> {
  return isObject(value) ? ok(value) : bad('the body is a JSON object');
}
