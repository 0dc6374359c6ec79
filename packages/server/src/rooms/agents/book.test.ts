import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { createChangeFeed, type ChangeFeed } from '../../base/changes.ts';
import { systemClock } from '../../base/clock.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { createLog } from '../../base/log.ts';
import { createAudit } from '../audit/store.ts';
import { createAgentBook, type AgentBook } from './book.store.ts';

const OF = { clientId: 'worker', principal: { kind: 'client' as const, id: 'worker' }, tenantId: undefined };
const AT = { now: Date.UTC(2026, 10, 21), origin: { request: 'req_1' } };

describe('the book of agents', () => {
  let database: Database;
  let drop: () => Promise<void>;
  let feed: ChangeFeed;
  let book: AgentBook;
  const freeze = (state: string) => sql`UPDATE agents SET state = ${state}`.execute(database.db);

  beforeAll(async () => {
    const fresh = await freshDatabase();
    drop = fresh.drop;
    database = openDatabase(fresh.url);
    feed = createChangeFeed(database, createLog('silent'));
    book = createAgentBook({ database, feed, audit: createAudit(database, feed, systemClock) });
    await book(OF, AT);
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  it('keeps nothing that was read while its change was on the way: a frozen agent must not stay active in memory', async () => {
    const agent = await book(OF, AT);
    expect(agent.state).toBe('active');
    feed.tellLocal([{ kind: 'agent', key: agent.id }]);
    const again = book(OF, AT);
    feed.tellLocal([{ kind: 'agent', key: agent.id }]);
    expect((await again).state).toBe('active');
    await freeze('frozen');
    expect((await book(OF, AT)).state).toBe('frozen');
  });

  it('answers from memory, without a turn of the event loop, until it hears of a change', async () => {
    await freeze('active');
    const agent = await book(OF, AT);
    feed.tellLocal([{ kind: 'agent', key: agent.id }]);
    await book(OF, AT);
    expect(book(OF, AT)).not.toBeInstanceOf(Promise);
  });
});
