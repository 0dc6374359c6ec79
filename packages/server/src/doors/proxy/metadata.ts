import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { PROXY_SCOPE, proxiedByUri, proxyUri } from '../../rooms/resources/proxied.ts';
import { DPOP_ALGORITHMS } from '../../rooms/tokens/proof.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Where the metadata of a connection's proxy are (RFC 9728 §3.1); undefined for what can be no connection, which is never repeated. */
export function metadataUri(issuer: string, connection: string): string | undefined {
  return proxiedByUri(issuer, proxyUri(issuer, connection)) === connection ? `${issuer}${WELL_KNOWN}/proxy/${connection}` : undefined;
}

/**
 * RFC 9728: a client that is given the address of a proxy, an MCP client above all, finds out by itself which token opens it. The same for every name,
 * so that nobody learns here which connections there are.
 */
export function proxyMetadata(issuer: string): Route {
  return route({
    method: 'GET',
    path: `${WELL_KNOWN}/proxy/:connection`,
    access: 'public',
    audit: { none: 'what anybody may know' },
    cors: 'any',
    summary: 'Metadata of the proxy of a connection as a protected resource (RFC 9728)',
    handle({ request, params }) {
      const { connection = '' } = params;
      if (metadataUri(issuer, connection) === undefined) return json(404, { error: 'not_found', request_id: request.requestId });
      return json(200, {
        resource: proxyUri(issuer, connection),
        authorization_servers: [issuer],
        scopes_supported: [PROXY_SCOPE],
        bearer_methods_supported: ['header'],
        dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
      });
    },
  });
}
