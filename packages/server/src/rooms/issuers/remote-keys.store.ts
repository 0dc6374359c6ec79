import type { Clock } from '../../base/clock.ts';
import { isObject } from '../../base/json.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Issuer } from './issuer.ts';
import { readJwks, type PublicJwks } from './jwks.ts';
import { createRemote } from './remote.store.ts';

/** The keys behind a jwks_uri, remembered by this node. */
export type RemoteKeys = {
  /** `missing`: a signature names a key that the remembered set does not have; asks again, at most once a minute. */
  find(url: string, options?: { missing: boolean }): Promise<Result<PublicJwks, string>>;
};

/** `patienceMs`: how long a caller waits for a first answer; a person at a page waits longer than a token request. */
export type RemoteDeps = { outbound: Pick<Outbound, 'get'>; clock: Clock; patienceMs?: number };

const UNAVAILABLE = 'assertion_keys_unavailable';

export function createRemoteKeys(deps: RemoteDeps): RemoteKeys {
  const sets = createRemote<PublicJwks>({
    ...deps,
    accept: 'application/jwk-set+json, application/json',
    read(value) {
      const keys = readJwks(value, true);
      return keys.ok ? keys.value : undefined;
    },
  });
  return {
    async find(url, options) {
      const found = await sets.find(url, options);
      return found.ok ? found : fail(UNAVAILABLE);
    },
  };
}

/** Where an issuer has its keys: OpenID Connect discovery, and where that says nothing RFC 8414. */
export type IssuerKeys = { find(issuer: Issuer, options?: { missing: boolean }): Promise<Result<PublicJwks, string>> };

/** Written keys, a written address, or discovery; all of it by `base/outbound`, so that an issuer cannot make the hub look inside its own network. */
export function createIssuerKeys(deps: RemoteDeps): IssuerKeys {
  const keys = createRemoteKeys(deps);
  const places = createRemote<{ issuer: string; jwksUri: string }>({
    ...deps,
    accept: 'application/json',
    read(value) {
      const { issuer, jwks_uri: jwksUri } = isObject(value) ? value : { issuer: undefined, jwks_uri: undefined };
      return typeof issuer === 'string' && typeof jwksUri === 'string' ? { issuer, jwksUri } : undefined;
    },
  });
  const discover = async (issuer: string): Promise<Result<string, string>> => {
    for (const url of discoveryUrls(issuer)) {
      const found = await places.find(url);
      if (!found.ok) continue;
      // A document about somebody else is not this issuer's (OIDC Discovery §4.3, RFC 8414 §3.3).
      return found.value.issuer === issuer ? ok(found.value.jwksUri) : fail('assertion_discovery_mismatch');
    }
    return fail(UNAVAILABLE);
  };
  return {
    async find(issuer, options) {
      if (issuer.jwks !== undefined) return ok(issuer.jwks);
      const url = issuer.jwksUri === undefined ? await discover(issuer.issuer) : ok(issuer.jwksUri);
      return url.ok ? keys.find(url.value, options) : url;
    },
  };
}

/** OIDC Discovery §4 appends to the path, RFC 8414 §3 puts its own before it. */
function discoveryUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [`${origin}${path}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
}
