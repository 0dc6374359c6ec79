import { readFileSync } from 'node:fs';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { isObject, listAt, numberAt, parseJson, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import type { ReadCheckpoint } from './signed.ts';

const TYP = 'audit-checkpoint+jwt';

/** Reads checkpoints with the public keys in a file (a JWKS, as `writ audit export --keys` saves it). */
export function readerOf(path: string): ReadCheckpoint {
  const keys = parseJson(readFileSync(path, 'utf8'));
  if (!isKeySet(keys)) throw new Refused(`${path} holds no public keys (a JWKS).`);
  const find = createLocalJWKSet(keys);
  return async (jws) => {
    try {
      const { payload } = await jwtVerify(jws, find, { typ: TYP, algorithms: ['ES256', 'EdDSA', 'RS256'] });
      const [chain, seq, hash] = [textAt(payload, 'chain'), numberAt(payload, 'seq'), textAt(payload, 'hash')];
      return chain === undefined || seq === undefined || hash === undefined ? 'forged' : { chain, seq, hash };
    } catch (error) {
      return error instanceof errors.JWKSNoMatchingKey ? 'unknown' : 'forged';
    }
  };
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  const keys = listAt(value, 'keys');
  return isObject(value) && keys.length > 0 && keys.every(isObject);
}
