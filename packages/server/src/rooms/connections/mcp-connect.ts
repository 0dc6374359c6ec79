/** What an MCP server and its authorization server say of themselves, read strictly: both are strangers, and we are about to send people there. */

export type ResourceFacts = { resource: string; servers: readonly string[]; scopes: readonly string[] };

export type ServerFacts = {
  issuer: string;
  authorizationUrl: string;
  tokenUrl: string;
  revocationUrl?: string;
  registrationUrl?: string;
  takesUrlClients: boolean;
  authMethods: readonly string[];
  scopes: readonly string[];
  sendsIss: boolean;
};

/** Parameters of the Bearer challenge of a 401 (RFC 9110 §11.6.1, RFC 9728 §5.1). */
export function challengeOf(header: string | undefined): { metadata?: string; scopes: readonly string[] } {
  const value = (name: string): string | undefined =>
    new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*"([^"\\\\]{1,2048})"`, 'i').exec(header ?? '')?.[1];
  const metadata = value('resource_metadata');
  return { ...(metadata === undefined ? {} : { metadata }), scopes: scopesIn(value('scope')?.split(' ')) };
}

/** RFC 9728 §3.1: the well-known path goes between host and path; a server may also have one document for its whole host. */
export function resourceMetadataUrls(url: string): string[] {
  const { origin, pathname } = new URL(url);
  const path = pathname === '/' ? '' : pathname.replace(/\/$/, '');
  return [...new Set([`${origin}/.well-known/oauth-protected-resource${path}`, `${origin}/.well-known/oauth-protected-resource`])];
}

/** RFC 8414 §3.1 and OIDC Discovery §4, in the order of the MCP specification. */
export function serverMetadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const inserted = [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}/.well-known/openid-configuration${path}`];
  return path === '' ? inserted : [...inserted, `${origin}${path}/.well-known/openid-configuration`];
}

/** Undefined: it describes another resource, or none. A document may speak for the whole host (RFC 9728 §3.3 is stricter than what servers do). */
export function readResource(value: unknown, url: string): ResourceFacts | undefined {
  const members = membersOf(value);
  const resource = address(members['resource']);
  if (resource === undefined || !covers(resource, url)) return undefined;
  const servers = list(members['authorization_servers']).flatMap((one) => address(one) ?? []);
  return { resource, servers: servers.slice(0, 5), scopes: scopesIn(list(members['scopes_supported'])) };
}

function covers(resource: string, url: string): boolean {
  const [general, exact] = [new URL(resource), new URL(url)];
  if (general.origin !== exact.origin) return false;
  const prefix = general.pathname.replace(/\/$/, '');
  return exact.pathname === general.pathname || exact.pathname.replace(/\/$/, '') === prefix || exact.pathname.startsWith(`${prefix}/`);
}

/** Undefined: not of this issuer (RFC 8414 §3.3), or without what we need; PKCE by S256 must be announced (MCP, authorization code protection). */
export function readServer(value: unknown, issuer: string): ServerFacts | undefined {
  const members = membersOf(value);
  const authorizationUrl = address(members['authorization_endpoint']);
  const tokenUrl = address(members['token_endpoint']);
  const challenges = list(members['code_challenge_methods_supported']);
  if (members['issuer'] !== issuer || authorizationUrl === undefined || tokenUrl === undefined || !challenges.includes('S256'))
    return undefined;
  const revocationUrl = address(members['revocation_endpoint']);
  const registrationUrl = address(members['registration_endpoint']);
  return {
    issuer,
    authorizationUrl,
    tokenUrl,
    ...(revocationUrl === undefined ? {} : { revocationUrl }),
    ...(registrationUrl === undefined ? {} : { registrationUrl }),
    takesUrlClients: members['client_id_metadata_document_supported'] === true,
    authMethods: texts(members['token_endpoint_auth_methods_supported']),
    scopes: scopesIn(list(members['scopes_supported'])),
    sendsIss: members['authorization_response_iss_parameter_supported'] === true,
  };
}

export type Registered = { clientId: string; clientSecret?: string; authMethod: string };

/** RFC 7591 §3.2.1. Undefined: no registration. */
export function readRegistration(value: unknown): Registered | undefined {
  const { client_id, client_secret, token_endpoint_auth_method } = membersOf(value);
  if (typeof client_id !== 'string' || client_id === '' || client_id.length > 1_024) return undefined;
  const secret = typeof client_secret === 'string' && client_secret !== '' && client_secret.length <= 4_096 ? client_secret : undefined;
  const authMethod =
    typeof token_endpoint_auth_method === 'string' ? token_endpoint_auth_method : secret === undefined ? 'none' : 'client_secret_basic';
  return { clientId: client_id, ...(secret === undefined ? {} : { clientSecret: secret }), authMethod };
}

/** What we are at an MCP server's authorization server, as a metadata document (CIMD) and as a registration. */
export function clientMetadata(of: { issuer: string; redirectUri: string; authMethods: readonly string[] }): Record<string, unknown> {
  // Without a secret where that is taken: what a registration hands out to anybody who asks proves nothing.
  const method = ['none', 'client_secret_basic', 'client_secret_post'].find((one) => of.authMethods.includes(one)) ?? 'none';
  return {
    client_name: `Writ at ${new URL(of.issuer).host}`,
    client_uri: of.issuer,
    redirect_uris: [of.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: method,
    application_type: new URL(of.issuer).protocol === 'https:' ? 'web' : 'native',
  };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, 500) : []);
const texts = (value: unknown): string[] => list(value).flatMap((one) => (typeof one === 'string' ? [one] : []));

function scopesIn(value: readonly unknown[] | undefined): string[] {
  return (value ?? [])
    .flatMap((one) => (typeof one === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(one) ? [one] : []))
    .slice(0, 100);
}

/** https (http only on loopback: people are sent there, and base/outbound has no say in that), without fragment and user. */
function address(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 2_048 || !/^https?:\/\/[^/\s\\]/i.test(value) || !URL.canParse(value)) return undefined;
  const { protocol, hostname, hash, username, password } = new URL(value);
  const isSafe = protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return isSafe && hash === '' && username === '' && password === '' ? value : undefined;
}
