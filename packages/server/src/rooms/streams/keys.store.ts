import type { Clock } from '../../base/clock.ts';
import { isObject } from '../../base/json.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { ok, fail, type Result } from '../../base/result.ts';
import type { PublicJwks } from '../issuers/jwks.ts';
import { createRemoteKeys } from '../issuers/remote-keys.store.ts';
import { createRemote } from '../issuers/remote.store.ts';
import { candidateKeys, isSignedBy, knowsKid, type UnverifiedJws } from '../issuers/signature.store.ts';
import { setFault, type SetFault } from './received.ts';
import type { Transmitter } from './transmitter.ts';

/** Whether a SET was signed by its transmitter. `unavailable`: its keys cannot be had now, and nothing is known. */
export type SetSignatures = (transmitter: Transmitter, jws: UnverifiedJws) => Promise<SetFault | 'unavailable' | undefined>;

/** A transmitter waits longer than somebody at a token request. */
const PATIENCE_MS = 5_000;

/** Written keys, a written address, or the transmitter's own document (SSF 1.0 §7): `jwk`, `jku` and `x5u` of a header are never followed. */
export function createSetSignatures(deps: { outbound: Pick<Outbound, 'get'>; clock: Clock }): SetSignatures {
  const keys = createRemoteKeys({ ...deps, patienceMs: PATIENCE_MS });
  const documents = createRemote<{ issuer: string; jwksUri: string }>({
    ...deps,
    accept: 'application/json',
    patienceMs: PATIENCE_MS,
    read(value) {
      const { issuer, jwks_uri: jwksUri } = isObject(value) ? value : { issuer: undefined, jwks_uri: undefined };
      return typeof issuer === 'string' && typeof jwksUri === 'string' ? { issuer, jwksUri } : undefined;
    },
  });
  const setOf = async (transmitter: Transmitter, missing: boolean): Promise<Result<PublicJwks, unknown>> => {
    if (transmitter.jwks !== undefined) return ok(transmitter.jwks);
    if (transmitter.jwksUri !== undefined) return keys.find(transmitter.jwksUri, { missing });
    const found = await documents.find(documentUrl(transmitter.issuer));
    if (!found.ok || found.value.issuer !== transmitter.issuer) return fail('unavailable');
    return keys.find(found.value.jwksUri, { missing });
  };
  return async (transmitter, jws) => {
    const { alg, kid } = jws.header;
    const header = { alg: String(alg), kid: typeof kid === 'string' ? kid : undefined };
    const first = await setOf(transmitter, false);
    if (!first.ok) return 'unavailable';
    if (isSignedBy(candidateKeys(first.value, header), jws, header.alg)) return undefined;
    if (transmitter.jwks !== undefined || knowsKid(first.value, kid)) return UNSIGNED;
    // It may have rotated its keys since we last looked.
    const again = await setOf(transmitter, true);
    return again.ok && isSignedBy(candidateKeys(again.value, header), jws, header.alg) ? undefined : UNSIGNED;
  };
}

const UNSIGNED = setFault('invalid_key', 'set_signature', 'No key of the issuer made this signature.');

/** SSF 1.0 §7.2: the well-known part comes before the path of the issuer. */
export function documentUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/ssf-configuration${pathname.replace(/\/$/, '')}`;
}
