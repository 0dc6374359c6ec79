import type { Clock } from '../../base/clock.ts';
import { isObject, parseJson } from '../../base/json.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { createRemoteKeys, type RemoteKeys } from '../issuers/remote-keys.store.ts';
import { createRemote } from '../issuers/remote.store.ts';
import { clientRequest, type OAuthServer } from '../connections/oauth-client.ts';
import type { KeyRing } from '../keys/ring.store.ts';
import { newSecret } from '../../base/ids.ts';
import { readMetadata, type Metadata } from './metadata.ts';
import type { OidcProvider } from './provider.ts';

/** What is in the way upstream; `unavailable`: it may do better later. */
export type UpstreamFault = { kind: 'unavailable' | 'refused'; reason: string };

/** The hub as a client of OpenID providers. Never throws for what a provider does. */
export type Upstream = {
  metadata(provider: Pick<OidcProvider, 'issuer'>): Promise<Result<Metadata, UpstreamFault>>;
  keys: RemoteKeys;
  /** The code for an id_token, and an access token for userinfo. */
  redeem(
    provider: OidcProvider,
    metadata: Metadata,
    of: { code: string; redirectUri: string; verifier: string; secret: string | undefined },
  ): Promise<Result<{ idToken: string; accessToken: string | undefined }, UpstreamFault>>;
  /** What userinfo says; undefined: nothing that could be used. Whose it is, the caller compares (OIDC Core §5.3.2). */
  userinfo(url: string, accessToken: string): Promise<Readonly<Record<string, unknown>> | undefined>;
};

export type UpstreamDeps = {
  outbound: Pick<Outbound, 'get' | 'request'>;
  clock: Clock;
  issuer: string;
  signer: KeyRing['signer'];
};

/** A person waits: longer than a token request, shorter than they would. */
const PATIENCE_MS = 5_000;
const BOUNDS = { maxBytes: 256 * 1024, timeoutMs: 8_000 };

export function createUpstream(deps: UpstreamDeps): Upstream {
  const documents = createRemote<Metadata>({ ...deps, accept: 'application/json', patienceMs: PATIENCE_MS, read: readMetadata });
  return {
    keys: createRemoteKeys({ ...deps, patienceMs: PATIENCE_MS }),
    async metadata({ issuer }) {
      // OIDC Discovery §4: after the issuer without a slash at its end.
      const found = await documents.find(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      if (!found.ok) return fail({ kind: 'unavailable', reason: 'discovery_unavailable' });
      // A document about somebody else is not this provider's (OIDC Discovery §4.3).
      return found.value.issuer === issuer ? found : fail({ kind: 'refused', reason: 'discovery_mismatch' });
    },
    redeem: (provider, metadata, of) => redeem(deps, provider, metadata, of),
    async userinfo(url, accessToken) {
      const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/json' };
      const answer = await deps.outbound.request({ method: 'GET', url, headers, ...BOUNDS });
      if (!answer.ok || answer.status !== 200) return undefined;
      const parsed = parseJson(answer.body.toString('utf8'));
      return parsed.ok && isObject(parsed.value) ? parsed.value : undefined;
    },
  };
}

async function redeem(
  deps: UpstreamDeps,
  provider: OidcProvider,
  { tokenEndpoint }: Metadata,
  of: { code: string; redirectUri: string; verifier: string; secret: string | undefined },
): ReturnType<Upstream['redeem']> {
  const { clientId, clientAuth } = provider;
  const bySecret = clientAuth === 'client_secret_basic' || clientAuth === 'client_secret_post';
  const server: OAuthServer = {
    name: provider.id,
    authorizationUrl: undefined,
    tokenUrl: tokenEndpoint,
    clientId,
    clientSecret: bySecret ? of.secret : undefined,
    quirks: { tokenAuth: clientAuth === 'client_secret_basic' ? 'basic' : clientAuth === 'client_secret_post' ? 'post' : 'none' },
  };
  const params = {
    grant_type: 'authorization_code',
    code: of.code,
    redirect_uri: of.redirectUri,
    code_verifier: of.verifier,
    ...(clientAuth === 'private_key_jwt' ? assertionOf(deps, provider) : {}),
  };
  const { headers, body } = clientRequest(server, params, (text) => Buffer.from(text).toString('base64'));
  const answer = await deps.outbound.request({ method: 'POST', url: tokenEndpoint, headers, body, ...BOUNDS });
  if (!answer.ok) return fail({ kind: 'unavailable', reason: `token_${answer.reason}` });
  const parsed = parseJson(answer.body.toString('utf8'));
  const members = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const { error, id_token: idToken, access_token: accessToken } = members;
  if (answer.status !== 200) {
    const word = typeof error === 'string' && /^[\x20-\x7e]{1,60}$/.test(error) ? error : String(answer.status);
    return fail({ kind: answer.status >= 500 || answer.status === 429 ? 'unavailable' : 'refused', reason: `token_refused: ${word}` });
  }
  if (typeof idToken !== 'string') return fail({ kind: 'refused', reason: 'token_without_id_token' });
  const visible = typeof accessToken === 'string' && /^[\x21-\x7e]{1,16384}$/.test(accessToken) ? accessToken : undefined;
  return ok({ idToken, accessToken: visible });
}

const ASSERTION_S = 60;

/** RFC 7523 §2.2 with the audience of its revision: the issuer, so that the assertion is worth nothing at another server. */
function assertionOf({ signer, clock }: UpstreamDeps, { clientId, issuer }: OidcProvider): Record<string, string> {
  const now = Math.floor(clock.now() / 1000);
  const claims = { iss: clientId, sub: clientId, aud: issuer, iat: now, exp: now + ASSERTION_S, jti: newSecret() };
  return {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signer().sign('client-authentication+jwt', claims),
  };
}
