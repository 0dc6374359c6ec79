import type { Settings } from './config.ts';
import { DPOP_ALGORITHMS } from './dpop-algorithms.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** RFC 9728 §2. */
export type ProtectedResourceMetadata = {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported?: readonly string[];
  readonly bearer_methods_supported: readonly string[];
  readonly resource_name?: string;
  readonly resource_documentation?: string;
  readonly dpop_signing_alg_values_supported: readonly string[];
  readonly dpop_bound_access_tokens_required?: true;
};

/** Where RFC 9728 §3.1 puts the document of a resource: the well-known name goes between host and path. */
export function metadataPathOf(resource: string): string {
  const path = new URL(resource).pathname.replace(/\/$/, '');
  return `${WELL_KNOWN}${path}`;
}

export function metadataUrlOf(resource: string): string {
  return new URL(metadataPathOf(resource), resource).href;
}

type Published = Pick<Settings, 'issuer' | 'scopes' | 'name' | 'documentation' | 'dpop'>;

export function describe(resource: string, published: Published): ProtectedResourceMetadata {
  const { issuer, scopes, name, documentation, dpop } = published;
  return {
    resource,
    authorization_servers: [issuer],
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
    dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
    ...(dpop.required && { dpop_bound_access_tokens_required: true }),
  };
}

/**
 * Which of the configured identifiers a request was addressed to: clients refuse a document whose `resource` is not the URL they called.
 * The request only chooses among configured names; nothing of it (a forged Host header, say) is ever published.
 */
export function addressed(settings: Pick<Settings, 'resource' | 'aliases'>, url: string | undefined): string {
  if (url === undefined || !URL.canParse(url)) return settings.resource;
  const { origin, pathname } = new URL(url);
  const path = pathname.startsWith(WELL_KNOWN) ? pathname.slice(WELL_KNOWN.length) : pathname;
  const names = [settings.resource, ...settings.aliases].map((name) => ({ name, at: new URL(name) }));
  const bare = (text: string): string => text.replace(/\/$/, '');
  const exact = names.find(({ at }) => at.origin === origin && bare(at.pathname) === bare(path));
  return (exact ?? names.find(({ at }) => at.origin === origin))?.name ?? settings.resource;
}

const OPEN_TO_BROWSERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, OPTIONS',
  // Browser clients send this header on metadata requests too; without it the preflight fails.
  'access-control-allow-headers': 'MCP-Protocol-Version, Authorization, Content-Type, DPoP',
};

/** Header fields of the metadata document. Public and the same for all, so caches may keep it for a few minutes. */
export const METADATA_HEADERS = { ...OPEN_TO_BROWSERS, 'cache-control': 'public, max-age=300' };

/** The answer to a metadata request, or undefined when the path is another one. */
export function wellKnownResponse(
  request: Request,
  paths: ReadonlySet<string>,
  document: () => ProtectedResourceMetadata,
): Response | undefined {
  const path = new URL(request.url).pathname;
  if (!paths.has(path) && !paths.has(path.replace(/\/$/, ''))) return undefined;
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: OPEN_TO_BROWSERS });
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return new Response(null, { status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } });
  return Response.json(document(), { headers: METADATA_HEADERS });
}

/** Every path the document is served at: each identifier's own, and the bare name that clients try last. */
export function metadataPaths(settings: Pick<Settings, 'resource' | 'aliases'>): ReadonlySet<string> {
  return new Set([...[settings.resource, ...settings.aliases].map(metadataPathOf), WELL_KNOWN]);
}
