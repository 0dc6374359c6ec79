import { fetchObject } from './http.ts';

/** RFC 8414 §3.1: the well-known name goes between host and path of the issuer. */
export function issuerMetadataUrl(issuer: string): string {
  const url = new URL(issuer);
  return `${url.origin}/.well-known/oauth-authorization-server${url.pathname.replace(/\/$/, '')}`;
}

/**
 * The address of the hub's keys, or undefined when the hub does not answer properly.
 * A document with another `issuer` is not ours (RFC 8414 §3.3), and keys come only from the issuer's own origin or over https.
 */
export function discoverKeys(fetcher: typeof fetch, issuer: string): Promise<string | undefined> {
  return discover(fetcher, issuer, 'jwks_uri');
}

/** The address of the hub's token endpoint, under the same conditions: secrets and tokens are sent there. */
export function discoverTokenEndpoint(fetcher: typeof fetch, issuer: string): Promise<string | undefined> {
  return discover(fetcher, issuer, 'token_endpoint');
}

async function discover(fetcher: typeof fetch, issuer: string, name: 'jwks_uri' | 'token_endpoint'): Promise<string | undefined> {
  const metadata = await fetchObject(fetcher, issuerMetadataUrl(issuer));
  const uri = metadata?.[name];
  if (metadata?.['issuer'] !== issuer || typeof uri !== 'string' || !URL.canParse(uri)) return undefined;
  const url = new URL(uri);
  return url.protocol === 'https:' || url.origin === new URL(issuer).origin ? uri : undefined;
}
