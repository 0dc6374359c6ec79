import { readFileSync } from 'node:fs';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { isObject, listAt, numberAt, parseJson, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import type { ReadCheckpoint, ReadManifest } from './signed.ts';

const CHECKPOINT = 'audit-checkpoint+jwt';
const MANIFEST = 'audit-manifest+jwt';

/** Reads what a hub signed with the public keys in a file (a JWKS, as `writ audit export --keys` saves it). */
export function readerOf(path: string): { checkpoint: ReadCheckpoint; manifest: ReadManifest } {
  const keys = parseJson(readFileSync(path, 'utf8'));
  if (!isKeySet(keys)) throw new Refused(`${path} holds no public keys (a JWKS).`);
  const find = createLocalJWKSet(keys);
  const read = async <T>(jws: string, typ: string, of: (payload: unknown) => T | undefined): Promise<T | 'unknown' | 'forged'> => {
    try {
      const { payload } = await jwtVerify(jws, find, { typ, algorithms: ['ES256', 'EdDSA', 'RS256'] });
      return of(payload) ?? 'forged';
    } catch (error) {
      return error instanceof errors.JWKSNoMatchingKey ? 'unknown' : 'forged';
    }
  };
  return {
    checkpoint: (jws) =>
      read(jws, CHECKPOINT, (payload) => {
        const [chain, seq, hash] = [textAt(payload, 'chain'), numberAt(payload, 'seq'), textAt(payload, 'hash')];
        return chain === undefined || seq === undefined || hash === undefined ? undefined : { chain, seq, hash };
      }),
    manifest: (jws) =>
      read(jws, MANIFEST, (payload) => {
        const [sha256, by, at] = [textAt(payload, 'sha256'), textAt(payload, 'by'), numberAt(payload, 'iat')];
        return sha256 === undefined || by === undefined || at === undefined ? undefined : { sha256, by, at: at * 1000 };
      }),
  };
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  const keys = listAt(value, 'keys');
  return isObject(value) && keys.length > 0 && keys.every(isObject);
}
