import { createHash } from 'node:crypto';
import { freshDatabase, type Engine } from '../../../testing/database.ts';
import { createChangeFeed, type ChangeFeed } from '../../base/changes.ts';
import { fixedClock } from '../../base/clock.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { createLog } from '../../base/log.ts';
import { createSecretBox } from '../../base/secretbox.ts';
import { createAudit, type Audit } from '../audit/store.ts';
import { createKeyRing, type KeyRing } from './ring.store.ts';

export const ISSUER = 'https://hub.test';
export const START = Date.parse('2026-07-01T12:00:00Z');

export type RingNode = { ring: KeyRing; feed: ChangeFeed; audit: Audit };

export type RingHub = {
  database: Database;
  clock: ReturnType<typeof fixedClock>;
  /** Another node on the same database; `kek` when it is given another key. Its ring is not ready yet. */
  node(kek?: string): RingNode;
  close(): Promise<void>;
};

/** A database, a clock moved by hand, and as many nodes as a test wants. */
export async function ringHub(engine?: Engine): Promise<RingHub> {
  const { url, drop } = await freshDatabase(engine);
  const database = openDatabase(url);
  const clock = fixedClock(START);
  const audits: Audit[] = [];
  let closed = false;
  return {
    database,
    clock,
    node(kek = 'of these tests') {
      const feed = createChangeFeed(database, createLog('silent'));
      const audit = createAudit(database, feed, clock);
      audits.push(audit);
      const box = createSecretBox(createHash('sha256').update(kek).digest());
      // A change that is heard while the database is being closed cannot be followed, and need not be.
      const onError = (error: unknown): void => {
        if (!closed) throw error;
      };
      return { feed, audit, ring: createKeyRing({ database, audit, box, clock, feed, issuer: ISSUER, onError }) };
    },
    async close() {
      closed = true;
      for (const audit of audits) await audit.close();
      await database.close();
      await drop();
    },
  };
}

/** Claims of a token that is good for ten minutes from `now`. */
export function claimsAt(now: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  const iat = Math.floor(now / 1000);
  return { iss: ISSUER, sub: 'ann', aud: 'https://api.test/mcp', iat, exp: iat + 600, ...more };
}
