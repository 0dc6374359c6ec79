import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import { createOutbound } from '../base/outbound/outbound.ts';
import type { SecretBox } from '../base/secretbox.ts';
import type { Config } from '../config.ts';
import type { AnchorDeps } from '../rooms/audit/anchor.store.ts';
import type { Audit } from '../rooms/audit/store.ts';

/** Checkpoints go where sinks may go: a bucket inside the operator's network is as good as one outside, if others hold its keys. */
export function anchoringOf(of: { config: Readonly<Config>; clock: Clock; database: Database; audit: Audit; box: SecretBox }): {
  anchoring: AnchorDeps;
  closeAnchor(): Promise<void>;
} {
  const { config, clock, database, audit, box } = of;
  const outbound = createOutbound({ allowLoopback: config.allowLoopback, allowPrivate: config.sinkNetworks });
  return { anchoring: { database, audit, box, clock, issuer: config.issuer, outbound }, closeAnchor: () => outbound.close() };
}
