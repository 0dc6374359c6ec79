import type { KeyObject } from 'node:crypto';
import type { Db } from '../../base/db.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Signer, SigningAlg, SigningKey } from './key.ts';
import { openPrivate, openPublic, signerOf } from './make.store.ts';
import { listKeys, type StoredKey } from './store.ts';

/** The keys as they are used: one signer per algorithm, a verifier for every key that was not revoked. */
export type Ring = {
  keys: readonly SigningKey[];
  signers: ReadonlyMap<SigningAlg, Signer>;
  verifiers: ReadonlyMap<string, { alg: SigningAlg; key: KeyObject }>;
};

/** Reads the ring; without a box (the KEK is gone) nothing of it signs, and what was signed can still be checked. Keys that were open at the last reading stay open: opening one costs more than a hundred signatures. */
export function readRing(db: Db, box: SecretBox | undefined): () => Promise<Ring> {
  let signing = new Map<string, Signer>();
  let verifying = new Map<string, { alg: SigningAlg; key: KeyObject }>();
  return async () => {
    const stored = await listKeys(db);
    const active = stored.filter((key) => key.state === 'active');
    signing = new Map(box === undefined ? [] : active.map((key) => [key.id, signing.get(key.id) ?? openSigner(key, box)]));
    const good = stored.filter((key) => key.state !== 'revoked');
    verifying = new Map(good.map((key) => [key.id, verifying.get(key.id) ?? { alg: key.alg, key: openPublic(key.publicJwk) }]));
    return {
      keys: stored.map(({ sealedPrivate: _, ...key }) => key),
      signers: new Map([...signing.values()].map((signer) => [signer.alg, signer])),
      verifiers: verifying,
    };
  };
}

function openSigner({ id, alg, sealedPrivate }: StoredKey, box: SecretBox): Signer {
  const signBytes = signerOf(alg, openPrivate(id, sealedPrivate, box));
  const headers = new Map<string, string>();
  const headerOf = (typ: string): string => {
    const made = headers.get(typ) ?? `${encode(JSON.stringify({ alg, typ, kid: id }))}.`;
    headers.set(typ, made);
    return made;
  };
  return {
    kid: id,
    alg,
    sign(typ, payload) {
      const input = headerOf(typ) + encode(typeof payload === 'string' ? payload : JSON.stringify(payload));
      return `${input}.${signBytes(input).toString('base64url')}`;
    },
  };
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}
