import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK } from 'jose';

/** Somebody with a key, who signs proofs. What `of` does not say is as it should be; a member that is undefined is left out. */
export type Prover = { jkt: string; jwk: JWK; secret: JWK; proof(of: ProofOf): Promise<string> };
export type ProofOf = { url: string; method?: string; header?: Record<string, unknown>; claims?: Record<string, unknown> };

let count = 0;

export async function prover(): Promise<Prover> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  return {
    jkt: await calculateJwkThumbprint(jwk),
    jwk,
    secret: await exportJWK(privateKey),
    proof({ url, method = 'POST', header = {}, claims = {} }) {
      count += 1;
      const all = { jti: `e2e-${count}`, htm: method, htu: url, iat: Math.floor(Date.now() / 1000), ...claims };
      return new SignJWT(JSON.parse(JSON.stringify(all)))
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header })
        .sign(privateKey);
    },
  };
}
