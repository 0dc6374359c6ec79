import type { Clock } from '../base/clock.ts';
import type { Db } from '../base/db.ts';
import type { Log } from '../base/log.ts';
import { CHECKPOINT_TYP, MANIFEST_TYP, type Notary } from '../rooms/audit/checkpoint.ts';
import type { Verification } from '../rooms/audit/read.store.ts';
import { rememberVerified } from '../rooms/audit/verified.store.ts';
import type { KeyRing } from '../rooms/keys/ring.store.ts';

/** The hub's own hand under its audit chains: the key that signs its tokens. */
export function notaryOf(keys: Pick<KeyRing, 'signer' | 'readSigned'>, issuer: string): Notary {
  return {
    sign: ({ chain, seq, hash }, now) => keys.signer().sign(CHECKPOINT_TYP, { iss: issuer, iat: Math.floor(now / 1000), chain, seq, hash }),
    signManifest: (of, now) => keys.signer().sign(MANIFEST_TYP, { iss: issuer, iat: Math.floor(now / 1000), ...of }),
    read(jws) {
      const read = keys.readSigned(jws, CHECKPOINT_TYP);
      if (!read.ok) return read.error === 'unknown_key' ? 'unknown' : 'forged';
      const { chain, seq, hash } = read.value;
      return typeof chain === 'string' && typeof seq === 'number' && typeof hash === 'string' ? { chain, seq, hash } : 'forged';
    },
  };
}

/** Keeps what a verification came to for all nodes, and cries out when an entry is not as it was written. */
export function verdictOf({ db, clock, log }: { db: Db; clock: Clock; log: Log }) {
  return async (outcome: Verification, whole: boolean): Promise<void> => {
    if (!outcome.ok) log.error({ firstBroken: outcome.firstBroken }, 'an audit entry is not as it was written');
    await rememberVerified(db, outcome, { at: clock.now(), whole });
  };
}
