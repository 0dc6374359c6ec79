import type { CryptoKey, JWK } from 'jose';
import { SignJWT, base64url, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

/** A key whose possession the agent proves with every request (RFC 9449), and the newest nonce of each server. */
export type ProofKey = {
  readonly thumbprint: string;
  /** A proof for one request. `now` in milliseconds; `accessToken` where the proof goes with one. */
  proof(of: { method: string; url: string; accessToken?: string | undefined; now: number }): Promise<string>;
  /** Remembers the nonce a server handed out; true when it is a new one, so that the request is worth repeating. */
  learn(url: string, headers: Headers): boolean;
};

export type KeyPair = { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };

/** SHA-256 as base64url. */
export async function digest(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

/** RFC 9449 §4.2: the address without query and fragment. */
function bareUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** Makes a key that cannot leave the process, unless one is given. ES256. */
export async function createProofKey(pair?: KeyPair): Promise<ProofKey> {
  const { privateKey, publicKey } = pair ?? (await generateKeyPair('ES256'));
  const jwk: JWK = await exportJWK(publicKey);
  const nonces = new Map<string, string>();
  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    async proof({ method, url, accessToken, now }) {
      const nonce = nonces.get(new URL(url).origin);
      return new SignJWT({
        jti: crypto.randomUUID(),
        htm: method.toUpperCase(),
        htu: bareUrl(url),
        ...(accessToken !== undefined && { ath: await digest(accessToken) }),
        ...(nonce !== undefined && { nonce }),
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt(Math.floor(now / 1000))
        .sign(privateKey);
    },
    learn(url, headers) {
      const nonce = headers.get('dpop-nonce');
      const { origin } = new URL(url);
      if (nonce === null || nonces.get(origin) === nonce) return false;
      nonces.set(origin, nonce);
      return true;
    },
  };
}
