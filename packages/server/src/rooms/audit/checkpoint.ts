import type { Head } from './chain.ts';
import { HUB_CHAIN, type EventDraft } from './event.ts';

/** `typ` of a signed checkpoint: it can be taken for no token, and no token for it (RFC 8725 §3.11). */
export const CHECKPOINT_TYP = 'audit-checkpoint+jwt';

/** That a chain stood there: whoever holds one entry's hash holds all before it. */
export type Attested = Head & { chain: string };

/** `typ` of the signature at the end of an export. */
export const MANIFEST_TYP = 'audit-manifest+jwt';

/** What an export holds: `sha256` of every byte before the line of the signature, base64url. */
export type Manifest = { sha256: string; events: number; chains: number; by: string };

/** Signs checkpoints with the hub's key and knows its own hand again. `unknown`: signed by a key that is gone, so it proves nothing. */
export type Notary = {
  sign(of: Attested, now: number): string;
  signManifest(of: Manifest, now: number): string;
  read(jws: string): Attested | 'unknown' | 'forged';
};

export function checkpointDraft({ chain, seq, hash }: Attested, jws: string): EventDraft {
  return {
    ...(chain === HUB_CHAIN ? {} : { tenant: chain }),
    type: 'audit.checkpoint',
    initiator: 'hub',
    actor: {},
    target: { type: 'chain', id: chain },
    outcome: 'success',
    origin: { request: 'job:audit-checkpoint' },
    data: { seq, hash, jws },
  };
}

/** The signed part of a stored checkpoint; empty when there is none, which no notary takes for its own. */
export function signedPart(data: unknown): string {
  return typeof data === 'object' && data !== null && 'jws' in data && typeof data.jws === 'string' ? data.jws : '';
}
