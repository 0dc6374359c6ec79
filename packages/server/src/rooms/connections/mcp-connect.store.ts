import { sql } from 'kysely';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { row, type Db } from '../../base/db.ts';
import { parseJson } from '../../base/json.ts';
import type { Outbound, OutboundResult } from '../../base/outbound/contract.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { DataKeys } from '../keys/data-keys.store.ts';
import type { Connection } from './connection.ts';
import {
  challengeOf,
  clientMetadata,
  readRegistration,
  readResource,
  readServer,
  resourceMetadataUrls,
  serverMetadataUrls,
  type Registered,
  type ResourceFacts,
  type ServerFacts,
} from './mcp-connect.ts';
import { callbackUri, type OAuthServer, type ServerFault } from './oauth-client.ts';
import { openClientSecret } from './store.ts';

/** The authorization servers of MCP servers: found by asking, registered at once, kept per issuer. */
export type McpServers = {
  discover(connection: Connection): Promise<Result<OAuthServer, ServerFault>>;
  /** As it was when we registered there; undefined: we never did. */
  known(connection: Connection, issuer: string): Promise<OAuthServer | undefined>;
};

export type McpDeps = { db: Db; clock: Clock; outbound: Outbound; box: SecretBox; keys: DataKeys; issuer: string };

const BOUNDS = { maxBytes: 128 * 1024, timeoutMs: 10_000 };

const metadataShape = z.object({
  authorizationUrl: z.string(),
  tokenUrl: z.string(),
  revocationUrl: z.string().optional(),
  resource: z.string(),
  scopes: z.array(z.string()),
  sendsIss: z.boolean(),
  authMethod: z.string(),
});
type Kept = z.output<typeof metadataShape>;

export function createMcpServers(deps: McpDeps): McpServers {
  return {
    async discover(connection) {
      const found = await look(deps, connection);
      if (!found.ok) return found;
      const { server, resource, scopes } = found.value;
      const registered = await registrationAt(deps, connection, server);
      if (registered === undefined)
        return fail({
          reason: 'not_registered',
          words: 'Its authorization server does not let us register. An administrator can do it by hand.',
        });
      const kept: Kept = {
        authorizationUrl: server.authorizationUrl,
        tokenUrl: server.tokenUrl,
        ...(server.revocationUrl === undefined ? {} : { revocationUrl: server.revocationUrl }),
        resource: resource.resource,
        scopes: [...scopes],
        sendsIss: server.sendsIss,
        authMethod: registered.authMethod,
      };
      await keep(deps, connection, server.issuer, { kept, registered });
      return ok(toServer(connection, server.issuer, kept, registered));
    },
    async known(connection, issuer) {
      const found = await registrationOf(deps, connection.id, issuer);
      return found === undefined ? undefined : toServer(connection, issuer, found.kept, found.registered);
    },
  };
}

function toServer(connection: Connection, issuer: string, kept: Kept, { clientId, clientSecret, authMethod }: Registered): OAuthServer {
  const tokenAuth = authMethod === 'client_secret_post' ? 'post' : authMethod === 'none' ? 'none' : 'basic';
  return {
    name: connection.id,
    authorizationUrl: kept.authorizationUrl,
    tokenUrl: kept.tokenUrl,
    revocationUrl: kept.revocationUrl,
    issuer,
    clientId,
    clientSecret,
    resource: kept.resource,
    suggestedScopes: kept.scopes,
    quirks: {
      tokenAuth,
      authorizationParams: connection.authorizationParams,
      tokenParams: connection.tokenParams,
      ...(kept.sendsIss ? {} : { omitsIss: true as const }),
    },
  };
}

type Found = { server: ServerFacts; resource: ResourceFacts; scopes: readonly string[] };

/** RFC 9728, then RFC 8414: what the 401 names, or the well-known places. */
async function look({ outbound }: McpDeps, { url = '' }: Connection): Promise<Result<Found, ServerFault>> {
  const challenge = await challengeAt(outbound, url);
  if (challenge === undefined) return fail({ reason: 'mcp_unreachable', words: 'The MCP server does not answer.' });
  const places = [...(challenge.metadata === undefined ? [] : [challenge.metadata]), ...resourceMetadataUrls(url)];
  const resource = await first(places, async (place) => readResource(await document(outbound, place), url));
  if (resource === undefined)
    return fail({ reason: 'mcp_no_resource_metadata', words: 'The MCP server does not say how to sign in to it.' });
  for (const issuer of resource.servers) {
    const server = await first(serverMetadataUrls(issuer), async (place) => readServer(await document(outbound, place), issuer));
    if (server === undefined) continue;
    const wanted = challenge.scopes.length > 0 ? challenge.scopes : resource.scopes;
    const offline = server.scopes.includes('offline_access') ? ['offline_access'] : [];
    return ok({ server, resource, scopes: [...new Set([...wanted, ...offline])] });
  }
  return fail({ reason: 'mcp_no_server_metadata', words: 'The authorization server of the MCP server does not say how to use it safely.' });
}

const PING = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'writ', version: '0' } },
});

async function challengeAt(outbound: Outbound, url: string): Promise<ReturnType<typeof challengeOf> | undefined> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const answer = await outbound.request({ method: 'POST', url, headers, body: PING, ...BOUNDS });
  if (answer.ok) return challengeOf(answer.headers.get('www-authenticate') ?? undefined);
  // A server that lets anybody in streams and does not end; its metadata may still say how to sign in.
  return answer.reason === 'timeout' || answer.reason === 'too_large' ? { scopes: [] } : undefined;
}

async function document(outbound: Outbound, url: string): Promise<unknown> {
  return jsonOf(await outbound.get(url, { ...BOUNDS, accept: 'application/json' }), 200);
}

function jsonOf(answer: OutboundResult, ...statuses: number[]): unknown {
  if (!answer.ok || !statuses.includes(answer.status)) return undefined;
  const parsed = parseJson(answer.body.toString('utf8'));
  return parsed.ok ? parsed.value : undefined;
}

async function first<T>(places: readonly string[], read: (place: string) => Promise<T | undefined>): Promise<T | undefined> {
  for (const place of places) {
    const found = await read(place);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The one an administrator made, the one we made before, our metadata document's address, or a new one (in the order of the MCP specification). */
async function registrationAt(deps: McpDeps, connection: Connection, server: ServerFacts): Promise<Registered | undefined> {
  if (connection.clientId !== undefined) {
    const home = await homeOf(deps, connection);
    if (home !== undefined && home !== server.issuer) return undefined;
    const clientSecret = connection.hasSecret ? await openClientSecret(deps.db, deps.keys, connection.id) : undefined;
    const authMethod = connection.clientAuth ?? (clientSecret === undefined ? 'none' : 'client_secret_basic');
    return { clientId: connection.clientId, ...(clientSecret === undefined ? {} : { clientSecret }), authMethod };
  }
  const before = await registrationOf(deps, connection.id, server.issuer);
  if (before !== undefined) return before.registered;
  if (server.takesUrlClients && deps.issuer.startsWith('https:'))
    return { clientId: clientDocumentUrl(deps.issuer, connection.id), authMethod: 'none' };
  if (server.registrationUrl === undefined) return undefined;
  const { issuer } = deps;
  const body = clientMetadata({ issuer, redirectUri: callbackUri(issuer, connection.id), authMethods: server.authMethods });
  const asked = {
    method: 'POST',
    url: server.registrationUrl,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return readRegistration(jsonOf(await deps.outbound.request({ ...asked, ...BOUNDS }), 200, 201));
}

/**
 * The one authorization server that gets the secret which an administrator was given there: the one they named, or the first that the MCP server
 * named. Without that, an MCP server that turns bad names another, and our secret is posted there with the next code.
 */
async function homeOf({ db }: McpDeps, { id, issuer, clientId, hasSecret }: Connection): Promise<string | undefined> {
  if (issuer !== undefined || !hasSecret) return issuer;
  const first = await row(
    db,
    sql<{ issuer: string }>`SELECT issuer FROM connection_servers WHERE connection_id = ${id} AND client_id = ${clientId}
      ORDER BY created_at, issuer LIMIT 1`,
  );
  return first?.issuer;
}

/** Our client id where metadata documents are taken. */
export function clientDocumentUrl(issuer: string, connectionId: string): string {
  return `${issuer}/connect/client/${encodeURIComponent(connectionId)}`;
}

async function registrationOf(
  { db, box }: McpDeps,
  connectionId: string,
  issuer: string,
): Promise<{ kept: Kept; registered: Registered } | undefined> {
  const found = await row(
    db,
    sql<{ metadata: unknown; client_id: string; sealed: Buffer | null }>`SELECT metadata, client_id, sealed FROM connection_servers
      WHERE connection_id = ${connectionId} AND issuer = ${issuer}`,
  );
  if (found === undefined) return undefined;
  const kept = metadataShape.parse(found.metadata);
  const clientSecret = found.sealed === null ? undefined : box.open(found.sealed, sealContext(connectionId, issuer)).toString('utf8');
  return {
    kept,
    registered: { clientId: found.client_id, ...(clientSecret === undefined ? {} : { clientSecret }), authMethod: kept.authMethod },
  };
}

const sealContext = (connectionId: string, issuer: string): string => `connection-server/${connectionId}/${issuer}`;

async function keep(deps: McpDeps, { id }: Connection, issuer: string, of: { kept: Kept; registered: Registered }): Promise<void> {
  const { clientId, clientSecret } = of.registered;
  const sealed = clientSecret === undefined ? null : deps.box.seal(clientSecret, sealContext(id, issuer));
  await sql`INSERT INTO connection_servers (connection_id, issuer, metadata, client_id, sealed, created_at)
    VALUES (${id}, ${issuer}, ${JSON.stringify(of.kept)}, ${clientId}, ${sealed}, ${new Date(deps.clock.now())})
    ON CONFLICT (connection_id, issuer) DO UPDATE SET metadata = excluded.metadata, client_id = excluded.client_id, sealed = excluded.sealed`.execute(
    deps.db,
  );
}
