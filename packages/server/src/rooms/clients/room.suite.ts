import { sql } from 'kysely';
import { freshDatabase, type Engine } from '../../../testing/database.ts';
import { createChangeFeed, type ChangeFeed } from '../../base/changes.ts';
import { fixedClock } from '../../base/clock.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { createLog } from '../../base/log.ts';
import { createAudit, type Audit } from '../audit/store.ts';

/** Mid-afternoon of some day; tests move it by hand. */
export const NOON = Date.UTC(2026, 10, 21, 12);

/** What a test of this room stands on: a database of its own and one node's audit, feed and clock. */
export type Room = {
  database: Database;
  clock: ReturnType<typeof fixedClock>;
  feed: ChangeFeed;
  audit: Audit;
  /** A second node on the same database, with its own connections and caches. */
  node(): { database: Database; feed: ChangeFeed; audit: Audit };
  /** A dynamic registration put straight into the table. */
  plant(of: { id: string; fingerprint?: string; tags?: string[]; createdAt?: number; consentedAt?: number }): Promise<void>;
  events(
    type?: string,
  ): Promise<{ type: string; outcome: string; reason?: string; data: Record<string, unknown>; target: { id: string } | null }[]>;
  close(): Promise<void>;
};

export async function openRoom(engine: Engine = 'embedded'): Promise<Room> {
  const fresh = await freshDatabase(engine);
  const clock = fixedClock(NOON);
  const open: { database: Database; audit: Audit }[] = [];
  const node = () => {
    const database = openDatabase(fresh.url);
    const feed = createChangeFeed(database, createLog('silent'));
    const audit = createAudit(database, feed, clock);
    open.push({ database, audit });
    return { database, feed, audit };
  };
  const first = node();
  return {
    ...first,
    clock,
    node,
    async plant({ id, fingerprint, tags = [], createdAt = NOON, consentedAt }) {
      await sql`INSERT INTO clients (id, name, registration_type, public, grants, redirect_uris, auth_method, fingerprint, tags, created_at, consented_at)
        VALUES (${id}, 'Planted', 'dcr', true, ${['authorization_code']}, ${['http://127.0.0.1/cb']}, 'none', ${fingerprint ?? null}, ${tags}, ${new Date(createdAt)},
          ${consentedAt === undefined ? null : new Date(consentedAt)})`.execute(first.database.db);
    },
    async events(type) {
      const found = await sql<{
        body: string;
      }>`SELECT body FROM audit_events ${type === undefined ? sql`` : sql`WHERE type = ${type}`} ORDER BY seq`.execute(first.database.db);
      return found.rows.map((one) => JSON.parse(one.body));
    },
    async close() {
      for (const { database, audit } of open) {
        await audit.close();
        await database.close();
      }
      await fresh.drop();
    },
  };
}
