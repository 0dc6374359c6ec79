import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import type { Log } from '../base/log.ts';
import { createOutbound } from '../base/outbound/outbound.ts';
import type { SecretBox } from '../base/secretbox.ts';
import type { Config } from '../config.ts';
import type { Audit } from '../rooms/audit/store.ts';
import type { KeyRing } from '../rooms/keys/ring.store.ts';
import type { Containment } from '../rooms/signals/contain.store.ts';
import type { CarryOutDeps } from '../rooms/streams/carry-out.store.ts';
import { createSetSignatures } from '../rooms/streams/keys.store.ts';
import type { ReceiveDeps } from '../rooms/streams/receive.store.ts';
import { createStreamRunner, type StreamRunner } from '../rooms/streams/runner.store.ts';
import type { Sessions } from '../rooms/users/session.store.ts';

type StreamParts = {
  config: Readonly<Config>;
  clock: Clock;
  log: Log;
  database: Database;
  audit: Audit;
  box: SecretBox;
  keys: KeyRing;
  contain: Containment;
  sessions: Pick<Sessions, 'list' | 'endAllOf'>;
  settled(): Promise<void>;
};

export type StreamRooms = { streams: StreamRunner; hearing: ReceiveDeps };

/** Receivers name where SETs go and transmitters where they come from: both by a way out of their own, to which no private network is open. */
export function streamsOf(parts: StreamParts): StreamRooms {
  const { config, clock, log, database, audit, box, keys } = parts;
  const { issuer, allowLoopback } = config;
  const outbound = createOutbound({ allowLoopback, perHost: { slots: 8, queue: 64 } });
  const doing: CarryOutDeps = { database, audit, clock, contain: parts.contain, sessions: parts.sessions, settled: parts.settled };
  const hearing: ReceiveDeps = { ...doing, issuer, signatures: createSetSignatures({ outbound, clock }) };
  const streams = createStreamRunner({ ...hearing, box, keys, outbound, log, abort: () => outbound.close() });
  return { streams, hearing };
}
