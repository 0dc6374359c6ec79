import { digest, keyedDigest, sameDigest } from '../../base/digest.ts';
import { parseJson } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Replay } from '../issuers/replay.store.ts';
import { isSignedBy } from '../issuers/signature.store.ts';
import { MAX_JWS, splitJws } from '../keys/verify.ts';
import { judgeProof, readProofHeader, thumbprintText } from './proof.ts';

/** A key whose possession was just proved. `withNonce`: by a proof that cannot have been made in advance. */
export type Possession = { jkt: string; withNonce: boolean };
/** `nonce`: the same with a nonce of ours in it would do (RFC 9449 §8). The reason is for the audit entry. */
export type ProofFault = { kind: 'invalid' | 'nonce'; reason: string };
/** `url`: the address of the endpoint, from the issuer. `accessToken`: the one that the proof goes with, at a protected resource. */
export type ToProve = { method: string; url: string; now: number; accessToken?: string | undefined; needsNonce: boolean };

export type DpopProofs = {
  /** RFC 9449 §4.3, all twelve points, in the order of their cost; the `jti` is burnt last, so that a forged proof spoils nobody's. */
  prove(header: string, of: ToProve): Promise<Result<Possession, ProofFault>>;
  /** A nonce that every node takes for the next two minutes. */
  nonce(now: number): string;
};

const NONCE_MS = 60_000;

/** `nonceKey`: the same on every node, or a nonce of one would be refused by the next. */
export function createDpopProofs({ replay, nonceKey }: { replay: Pick<Replay, 'burn'>; nonceKey: Buffer }): DpopProofs {
  const nonceAt = (bucket: number): string => keyedDigest(nonceKey, `dpop-nonce/${bucket}`).slice(0, 32);
  const isOurs = (nonce: string, now: number): boolean => {
    const bucket = Math.floor(now / NONCE_MS);
    // One ahead, because clocks of two nodes differ.
    return [bucket, bucket - 1, bucket - 2, bucket + 1].some((one) => sameDigest(nonceAt(one), nonce));
  };
  return {
    nonce: (now) => nonceAt(Math.floor(now / NONCE_MS)),
    async prove(header, of) {
      const accessTokenDigest = of.accessToken === undefined ? undefined : digest(of.accessToken);
      const opened = open(header);
      if (!opened.ok) return fail({ kind: 'invalid', reason: opened.error });
      const judged = judgeProof(opened.value.claims, { ...of, accessTokenDigest });
      if (!judged.ok) return fail({ kind: 'invalid', reason: judged.error });
      const { jti, nonce, expiresAt } = judged.value;
      if (nonce === undefined && of.needsNonce) return fail({ kind: 'nonce', reason: 'nonce_missing' });
      if (nonce !== undefined && !isOurs(nonce, of.now)) return fail({ kind: 'nonce', reason: 'nonce_stale' });
      const { jkt } = opened.value;
      // The same jti under another key is another proof: nobody else's proofs can be spoilt by guessing at their ids.
      if (!(await replay.burn({ issuer: 'dpop proof', jti: digest(`${jkt} ${jti}`), expiresAt })))
        return fail({ kind: 'invalid', reason: 'proof_replayed' });
      return ok({ jkt, withNonce: nonce !== undefined });
    },
  };
}

/** Header, then signature, then claims. Two DPoP headers arrive joined by a comma, which no compact JWS has (§4.3, point 1). */
function open(proof: string): Result<{ jkt: string; claims: unknown }, string> {
  if (proof.length > MAX_JWS) return fail('proof_too_long');
  const parts = splitJws(proof);
  if (parts === undefined) return fail(proof.includes(',') ? 'several_proofs' : 'proof_malformed');
  const header = readProofHeader(readPart(parts.header));
  if (!header.ok) return header;
  const { alg, jwk } = header.value;
  if (!isSignedBy([jwk], parts, alg)) return fail('proof_signature');
  return ok({ jkt: digest(thumbprintText(jwk)), claims: readPart(parts.payload) });
}

function readPart(text: string): unknown {
  const read = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  return read.ok ? read.value : undefined;
}
