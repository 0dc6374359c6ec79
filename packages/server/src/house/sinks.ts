import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import { keyedDigest } from '../base/digest.ts';
import type { Log } from '../base/log.ts';
import { createDial } from '../base/outbound/dial.ts';
import { createOutbound } from '../base/outbound/outbound.ts';
import type { Runner } from '../base/runner.ts';
import type { SecretBox } from '../base/secretbox.ts';
import type { Config } from '../config.ts';
import type { Audit } from '../rooms/audit/store.ts';
import { createSinkRunner } from '../rooms/sinks/runner.store.ts';
import { sendersOf } from '../rooms/sinks/senders.store.ts';
import { createSinkTester, type SinkTester } from '../rooms/sinks/test.store.ts';

type SinkParts = { config: Readonly<Config>; clock: Clock; log: Log; database: Database; audit: Audit; box: SecretBox };

/**
 * Deliveries have a way out of their own: the networks that an operator opens for a SIEM are not open to client metadata, keys of issuers and
 * whatever else comes from outside, and a sink that hangs takes nobody's place in a queue.
 */
export function sinksOf({ config, clock, log, database, audit, box }: SinkParts): { sinks: Runner; sinkTester: SinkTester } {
  const { issuer, allowLoopback, sinkNetworks: allowPrivate, dataDir } = config;
  const outbound = createOutbound({ allowLoopback, allowPrivate, perHost: { slots: 16, queue: 256 } });
  const key = box.derive('sink-mask/1');
  const deps = {
    db: database.db,
    audit,
    box,
    clock,
    version: versionOf(),
    maskHash: (value: string): string => keyedDigest(key, value).slice(0, 22),
    senders: sendersOf({ outbound, dial: createDial({ allowLoopback, allowPrivate }), clock, issuer, version: versionOf(), dataDir }),
  };
  return { sinks: createSinkRunner({ ...deps, log, abort: () => outbound.close() }), sinkTester: createSinkTester(deps) };
}

/** Of this package, for receivers that want to know whose words they read. */
function versionOf(): string {
  const read: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof read === 'object' && read !== null && 'version' in read && typeof read.version === 'string' ? read.version : '0';
}
