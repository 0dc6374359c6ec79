import type { Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { DataKeys } from '../keys/data-keys.store.ts';
import { assertionOf } from './assertion.ts';
import { isServiceAccount } from './connect.ts';
import type { Connection } from './connection.ts';
import type { Secret } from './credential.ts';
import type { McpServers } from './mcp-connect.store.ts';
import type { OAuthServer, ServerFault } from './oauth-client.ts';
import type { Quirks } from './quirks.ts';
import { openClientSecret } from './store.ts';

/** What is known of a provider beside what its connection says; the connection's word counts first. */
export type ProviderFacts = {
  authorizationUrl?: string | undefined;
  tokenUrl?: string | undefined;
  revocationUrl?: string | undefined;
  issuer?: string | undefined;
  quirks?: Quirks | undefined;
};

/** Finds the authorization server behind a connection. */
export type Servers = {
  /** Where somebody is sent to connect: for MCP this asks the server itself where its authorization server is, and registers us there. */
  forConnecting(connection: Connection): Promise<Result<OAuthServer, ServerFault>>;
  /** The one that issued this secret: an MCP server that has moved to another must not make us show it a token of the one before. */
  ofSecret(connection: Connection, secret: Secret): Promise<Result<OAuthServer, ServerFault>>;
};

export type ServersDeps = {
  db: Db;
  keys: DataKeys;
  mcp: McpServers;
  /** Of the catalogue. */
  provider(id: string): ProviderFacts | undefined;
};

export function createServers(deps: ServersDeps): Servers {
  const configured = async (connection: Connection): Promise<Result<OAuthServer, ServerFault>> => {
    const facts = connection.provider === undefined ? undefined : deps.provider(connection.provider);
    const secret = connection.hasSecret ? await openClientSecret(deps.db, deps.keys, connection.id) : undefined;
    return serverFrom(connection, facts, secret);
  };
  return {
    forConnecting: (connection) => (connection.type === 'mcp' ? deps.mcp.discover(connection) : configured(connection)),
    async ofSecret(connection, secret) {
      if (connection.type !== 'mcp') return configured(connection);
      const issuer = secret.kind === 'oauth' ? secret.extra?.['issuer'] : undefined;
      const found = issuer === undefined ? undefined : await deps.mcp.known(connection, issuer);
      return found === undefined ? fail(UNREGISTERED) : ok(found);
    },
  };
}

const UNREGISTERED: ServerFault = { reason: 'not_registered', words: 'We are not registered where this account was connected.' };

const AUTH = { client_secret_basic: 'basic', client_secret_post: 'post', none: 'none' } as const;

function serverFrom(connection: Connection, facts: ProviderFacts = {}, clientSecret?: string): Result<OAuthServer, ServerFault> {
  const { clientId, clientAuth } = connection;
  const authorizationUrl = connection.authorizationUrl ?? facts.authorizationUrl;
  const tokenUrl = connection.tokenUrl ?? facts.tokenUrl;
  const needsPlace = !isServiceAccount(connection) && authorizationUrl === undefined;
  if (connection.type !== 'oauth' || clientId === undefined || tokenUrl === undefined || needsPlace)
    return fail({ reason: 'not_configured', words: 'It is not set up completely.' });
  const known = facts.quirks ?? {};
  return ok({
    name: connection.provider ?? connection.id,
    authorizationUrl,
    tokenUrl,
    revocationUrl: connection.revocationUrl ?? facts.revocationUrl,
    issuer: connection.issuer ?? facts.issuer,
    clientId,
    ...(connection.grant === 'jwt_bearer' ? { assertion: assertionOf(connection, tokenUrl, clientSecret) } : { clientSecret }),
    quirks: {
      ...known,
      ...(clientAuth === undefined ? {} : { tokenAuth: AUTH[clientAuth] }),
      authorizationParams: { ...known.authorizationParams, ...connection.authorizationParams },
      tokenParams: { ...known.tokenParams, ...connection.tokenParams },
    },
  });
}
