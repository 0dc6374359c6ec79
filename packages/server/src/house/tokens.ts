import type { ChangeFeed } from '../base/changes.ts';
import type { Database } from '../base/db.ts';
import type { SecretBox } from '../base/secretbox.ts';
import type { Audit } from '../rooms/audit/store.ts';
import type { Replay } from '../rooms/issuers/replay.store.ts';
import type { KeyRing } from '../rooms/keys/ring.store.ts';
import { createAccessTokens } from '../rooms/tokens/alive.store.ts';
import { createDelegationSettings } from '../rooms/tokens/lineage.store.ts';
import { createDpopProofs } from '../rooms/tokens/dpop.store.ts';
import { createHolding } from '../rooms/tokens/presented.http.ts';
import { createProtectionSettings } from '../rooms/tokens/protection.store.ts';

type TokenParts = {
  database: Database;
  audit: Audit;
  feed: ChangeFeed;
  box: SecretBox;
  keys: KeyRing;
  replay: Replay;
  issuer: string;
  hubStopped(): boolean;
  onError(error: unknown): void;
};

/** What reads tokens and proofs, and the hub-wide rules for them. */
export function tokensOf(parts: TokenParts) {
  const protection = createProtectionSettings(parts);
  // Under a key of the hub, not of the node: a nonce of one node is taken by the next.
  const proofs = createDpopProofs({ replay: parts.replay, nonceKey: parts.box.derive('dpop-nonce/1') });
  return {
    delegation: createDelegationSettings(parts),
    tokens: createAccessTokens(parts),
    protection,
    proofs,
    holding: createHolding({ issuer: parts.issuer, proofs, protection }),
  };
}
