import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChangeFeed } from '../../base/changes.ts';
import { systemClock } from '../../base/clock.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { createLog } from '../../base/log.ts';
import { engines, freshDatabase } from '../../../testing/database.ts';
import type { EventDraft, EventType } from './event.ts';
import { createCountUp } from './counts.store.ts';
import { overviewOf } from './facets.store.ts';
import { searchPage, type EventQuery } from './search.store.ts';
import { LOOK } from './sieve.store.ts';
import { targetIn, typesIn } from './sieve.ts';
import { createAudit } from './store.ts';

const draft = (type: EventType, target?: EventDraft['target'], data: EventDraft['data'] = {}): EventDraft => ({
  type,
  initiator: 'admin',
  actor: { client: 'worker' },
  outcome: 'success',
  origin: { request: 'req_1' },
  data,
  ...(target === undefined ? {} : { target }),
});

describe('the words of a search', () => {
  it('name types between commas, and nothing that is none', () => {
    expect(typesIn('admin.read, token.issued')).toEqual(['admin.read', 'token.issued']);
    for (const word of ['', 'admin', 'admin.read,', 'admin.read;token.issued']) expect(typesIn(word)).toBeUndefined();
  });

  it('name what an entry is about, whatever its id looks like', () => {
    expect(targetIn('client:https://a.example/x:y')).toEqual({ type: 'client', id: 'https://a.example/x:y' });
    for (const word of ['', 'agent', ':agt_1', 'agent:']) expect(targetIn(word)).toBeUndefined();
  });
});

for (const engine of engines()) {
  describe(`a search for what no index knows on ${engine}`, () => {
    let database: Database;
    const asked = () => ({ db: database.db, countUp: createCountUp(database.db) });
    let drop: () => Promise<void>;
    const odd = { type: 'identity provider', id: 'a"b\\c\u2028:ü' };

    beforeAll(async () => {
      const fresh = await freshDatabase(engine);
      drop = fresh.drop;
      database = openDatabase(fresh.url);
      const audit = createAudit(database, createChangeFeed(database, createLog('silent')), systemClock);
      for (let n = 0; n < 5; n += 1) {
        await audit.record(draft('admin.changed', { type: 'client', id: `c${n}` }));
        await audit.record(draft('admin.read', { type: 'client', id: 'c0' }));
      }
      await audit.record(draft('admin.changed', odd));
      // What an entry says by the way is not what it is about.
      await audit.record(draft('flow.noted', { type: 'client', id: 'c9' }, { target: { id: 'c0', type: 'client' } }));
    });
    afterAll(async () => {
      await database.close();
      await drop();
    });

    const found = async (query: Omit<EventQuery, 'limit'>): Promise<string[]> =>
      (await searchPage(database.db, { ...query, limit: 50 })).events.map(({ type, target }) => `${type} ${target?.id ?? ''}`);

    it('leaves types out', async () => {
      const kept = await found({ without: ['admin.read', 'admin.changed'] });
      expect(kept).toEqual(['flow.noted c9']);
      expect((await found({ without: ['admin.read'] })).length).toBe(7);
      expect(await overviewOf(asked(), { without: ['admin.read'] })).toMatchObject({ total: 7, exact: true });
    });

    it('finds what an entry is about, and only that', async () => {
      expect((await found({ target: { type: 'client', id: 'c0' } })).toSorted()).toEqual([
        'admin.changed c0',
        ...Array(5).fill('admin.read c0'),
      ]);
      expect(await found({ target: { type: 'client', id: 'c0' }, without: ['admin.read'] })).toEqual(['admin.changed c0']);
      expect(await found({ target: { type: 'user', id: 'c0' } })).toEqual([]);
      expect(await found({ target: odd })).toEqual([`admin.changed ${odd.id}`]);
      expect(await found({ target: odd, tenant: '' })).toEqual([`admin.changed ${odd.id}`]);
      expect(await overviewOf(asked(), { target: odd })).toMatchObject({ total: 1, exact: true });
    });

    it('goes on page by page, and neither repeats nor leaves out', async () => {
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < 10; page += 1) {
        const { events, next } = await searchPage(database.db, { without: ['admin.read'], limit: 2, cursor });
        seen.push(...events.map(({ id }) => id));
        cursor = next ?? undefined;
        if (next === null) break;
      }
      expect([seen.length, new Set(seen).size]).toEqual([7, 7]);
    });

    it('looks at so many entries for a page, says where it stopped, and goes on behind it', async () => {
      await sql`INSERT INTO audit_events (tenant, seq, id, time, type, outcome, body, hash)
        SELECT 'big', n, audit_id_at(now() - interval '1 hour') || lpad(n::text, 10, '0'), now() - interval '1 hour', 'admin.read', 'success', '{"target":null}', 'x'
        FROM generate_series(1, ${sql.lit(LOOK + 10)}) AS n`.execute(database.db);
      const rare = { tenant: 'big', without: ['admin.read' as const] };
      const first = await searchPage(database.db, { ...rare, limit: 5 });
      expect([first.events, typeof first.next]).toEqual([[], 'string']);
      const second = await searchPage(database.db, { ...rare, limit: 5, cursor: first.next ?? undefined });
      expect(second).toEqual({ events: [], next: null });
      // Figures of a look that did not reach the end do not claim that it did.
      const seen = await overviewOf(asked(), { tenant: 'big', target: { type: 'client', id: 'c0' } });
      expect([seen.exact, seen.total, seen.sampled]).toEqual([false, undefined, 0]);
    });
  });
}
