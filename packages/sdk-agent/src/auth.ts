import type { CryptoKey, JWK } from 'jose';
import { SignJWT, importJWK } from 'jose';

/** How the agent proves who it is to the hub. Made by `secret`, `privateKeyJwt`, `workload` and `publicClient`. */
export type ClientAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'privateKeyJwt'; readonly key: CryptoKey | JWK; readonly alg: string; readonly kid: string | undefined }
  | { readonly kind: 'workload'; readonly token: () => string | Promise<string> };

/** A secret that was given to the client once; sent as HTTP Basic. */
export function secret(value: string): ClientAuth {
  return { kind: 'secret', secret: value };
}

/** A key pair whose public half the hub knows (`private_key_jwt`, OIDC Core §9). A JWK says its own `alg` and `kid`. */
export function privateKeyJwt(key: CryptoKey | JWK, of: { readonly alg?: string; readonly kid?: string } = {}): ClientAuth {
  const said = 'kty' in key ? key : undefined;
  return { kind: 'privateKeyJwt', key, alg: of.alg ?? said?.alg ?? 'ES256', kid: of.kid ?? said?.kid };
}

/**
 * The identity that the platform gives the workload: a Kubernetes service account token, a GitHub Actions id token, a SPIFFE JWT-SVID.
 * Read anew for each request, because platforms rotate them (RFC 7523 §2.2).
 */
export function workload(token: () => string | Promise<string>): ClientAuth {
  return { kind: 'workload', token };
}

/** A client that can keep no secret. */
export function publicClient(): ClientAuth {
  return { kind: 'none' };
}

export type Proved = { readonly headers: Readonly<Record<string, string>>; readonly form: Readonly<Record<string, string>> };

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Seconds: an assertion is made for one request. */
const ASSERTION_LIFETIME = 60;

// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
const formEncode = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);

/** The `Authorization` header of a client with a secret. */
export function basicOf(clientId: string, clientSecret: string): string {
  return `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}`;
}

/** What a token request carries so that the hub knows who asks. `now` in milliseconds. */
export async function prove(auth: ClientAuth, at: { clientId: string; issuer: string; now: number }): Promise<Proved> {
  switch (auth.kind) {
    case 'none':
      return { headers: {}, form: { client_id: at.clientId } };
    case 'secret':
      return { headers: { authorization: basicOf(at.clientId, auth.secret) }, form: {} };
    case 'privateKeyJwt':
      return asserted(at.clientId, await sign(auth, at));
    case 'workload':
      return asserted(at.clientId, (await auth.token()).trim());
  }
}

function asserted(clientId: string, assertion: string): Proved {
  return { headers: {}, form: { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion } };
}

/** RFC 7523 §3; its one audience is the issuer (7523bis: with the token endpoint as audience, one server could replay it at another). */
async function sign(
  { key, alg, kid }: Extract<ClientAuth, { kind: 'privateKeyJwt' }>,
  { clientId, issuer, now }: { clientId: string; issuer: string; now: number },
): Promise<string> {
  const seconds = Math.floor(now / 1000);
  const signer = 'kty' in key ? await importJWK(key, alg) : key;
  return new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg, typ: 'client-authentication+jwt', ...(kid !== undefined && { kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + ASSERTION_LIFETIME)
    .sign(signer);
}
