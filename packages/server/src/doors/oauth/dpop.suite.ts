import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';

/** A client's key pair, made for tests, and the proofs that it signs. */
export type Prover = {
  jkt: string;
  publicJwk: JWK;
  privateJwk: JWK;
  /** What `of` does not say is as it should be. A member that is `undefined` is left out. */
  proof(of: ProofOf): Promise<string>;
};
export type ProofOf = {
  url: string;
  now: number;
  method?: string;
  nonce?: string;
  ath?: string;
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
};

let count = 0;

export async function prover(alg = 'ES256'): Promise<Prover> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  return {
    jkt: await calculateJwkThumbprint(publicJwk),
    publicJwk,
    privateJwk: await exportJWK(privateKey),
    proof: ({ url, now, method = 'POST', nonce, ath, header = {}, claims = {} }) => {
      count += 1;
      const given = { jti: `proof-${count}`, htm: method, htu: url, iat: Math.floor(now / 1000), nonce, ath, ...claims };
      return new SignJWT(JSON.parse(JSON.stringify(given)))
        .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: publicJwk, ...header })
        .sign(privateKey, { crit: { exp: true } });
    },
  };
}
