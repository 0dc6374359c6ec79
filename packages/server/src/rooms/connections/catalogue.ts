import { fillIn, providerById, type OAuthProvider, type Provider } from '@writ/providers';
import type { Connection } from './connection.ts';
import type { Quirks } from './quirks.ts';

/**
 * The connection with what the catalogue knows of its provider, wherever the author said nothing. What the hub works with; admin API and export show
 * what the author wrote, so that a better catalogue reaches connections that exist. Lists are not mixed: who names hosts names all of them.
 */
export function withProvider(connection: Connection): Connection {
  const known = connection.provider === undefined ? undefined : providerById(connection.provider);
  if (known === undefined || known.type !== connection.type) return connection;
  const provider = fillIn(known, connection.variables);
  return { ...connection, ...access(connection, provider), ...(provider.type === 'oauth' ? endpoints(connection, provider) : {}) };
}

const or = <T>(said: readonly T[], known: readonly T[] = []): T[] => [...(said.length > 0 ? said : known)];

/** Where its API is, and where the secret goes. */
function access(connection: Connection, provider: Provider): Partial<Connection> {
  const { baseUrl = provider.baseUrl, allowedHosts, allowedPaths } = connection;
  // Who says where the key goes says all of it: a prefix of the catalogue before a key in a header of the author's would be neither's.
  const { header, prefix, query } =
    connection.header !== undefined || connection.query !== undefined || connection.prefix !== undefined
      ? connection
      : { header: provider.header, prefix: provider.prefix, query: provider.type === 'oauth' ? undefined : provider.query };
  // A host of the author's own is not what the catalogue's paths and test call are about.
  const isTheirs = connection.baseUrl === undefined || connection.baseUrl === provider.baseUrl;
  // A call that needs headers beside the secret would be refused for the lack of them, and good keys with it.
  const test = connection.test ?? (isTheirs && provider.headers === undefined ? provider.test : undefined);
  return {
    baseUrl,
    allowedHosts: or(allowedHosts, provider.allowedHosts),
    allowedPaths: or(allowedPaths, isTheirs ? provider.allowedPaths : []),
    header,
    prefix,
    query,
    test,
  };
}

function endpoints(connection: Connection, provider: OAuthProvider): Partial<Connection> {
  const own = connection.tokenUrl !== undefined;
  return {
    authorizationUrl: connection.authorizationUrl ?? provider.authorizationUrl,
    tokenUrl: connection.tokenUrl ?? provider.tokenUrl,
    // Another server's tokens are not taken to the catalogue's for revocation, and are not held against its issuer.
    revocationUrl: connection.revocationUrl ?? (own ? undefined : provider.revocationUrl),
    issuer: connection.issuer ?? (own ? undefined : provider.issuer),
    alwaysScopes: or(connection.alwaysScopes, provider.alwaysScopes),
  };
}

/** What is odd about a provider of the catalogue. */
export function quirksOf(id: string): Quirks | undefined {
  const provider = providerById(id);
  if (provider?.type !== 'oauth') return undefined;
  return provider.refreshUrl === undefined ? provider.quirks : { ...provider.quirks, refreshUrl: provider.refreshUrl };
}
