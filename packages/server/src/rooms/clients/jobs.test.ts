import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rows } from '../../base/db.ts';
import { sweepAssertions } from '../issuers/jobs.ts';
import { sweepRegistrations } from './jobs.ts';
import { markConsented } from './store.ts';
import { NOON, openRoom, type Room } from './room.suite.ts';

const DAY = 86_400_000;
let room: Room;
const ids = async (): Promise<string[]> =>
  (await rows(room.database.db, sql<{ id: string }>`SELECT id FROM clients ORDER BY id`)).map(({ id }) => id);

beforeAll(async () => {
  room = await openRoom();
});
afterAll(() => room.close());

describe('sweeping', () => {
  it('takes registrations that nobody consented to in seven days, and never a live, frozen or written one', async () => {
    await room.plant({ id: 'dcr_old', createdAt: NOON - 8 * DAY });
    await room.plant({ id: 'dcr_live', createdAt: NOON - 400 * DAY, consentedAt: NOON - 300 * DAY });
    await room.plant({ id: 'dcr_young', createdAt: NOON - 6 * DAY });
    await room.plant({ id: 'dcr_frozen', createdAt: NOON - 8 * DAY });
    await room.plant({ id: 'written', createdAt: NOON - 400 * DAY });
    await sql`UPDATE clients SET state = 'frozen' WHERE id = 'dcr_frozen'`.execute(room.database.db);
    await sql`UPDATE clients SET registration_type = 'manual' WHERE id = 'written'`.execute(room.database.db);
    expect(await sweepRegistrations(room)).toBe(1);
    expect(await ids()).toEqual(['dcr_frozen', 'dcr_live', 'dcr_young', 'written']);
    expect(await room.events('client.removed')).toMatchObject([{ target: { id: 'dcr_old' }, reason: 'never_consented' }]);
    expect(await sweepRegistrations(room)).toBe(0);
  });

  it('takes many in portions, and two nodes that sweep at once take each of them once', async () => {
    await sql`INSERT INTO clients (id, name, registration_type, public, grants, auth_method, created_at)
      SELECT 'dcr_' || n, 'Many', 'dcr', true, '{}', 'none', ${new Date(NOON - 9 * DAY)} FROM generate_series(1, 1200) n`.execute(
      room.database.db,
    );
    const second = { ...room.node(), clock: room.clock };
    await Promise.all([sweepRegistrations(room), sweepRegistrations(second)]);
    while ((await sweepRegistrations(room)) > 0);
    expect((await room.events('client.removed')).filter(({ data }) => data['name'] === 'Many')).toHaveLength(1200);
  });

  it('either takes a registration or sees that it is being consented to', async () => {
    for (let n = 0; n < 30; n += 1) {
      const id = `dcr_race_${n}`;
      await room.plant({ id, createdAt: NOON - 8 * DAY });
      const consent = room.database.db.transaction().execute((tx) => markConsented(tx, id, NOON));
      const [kept] = await Promise.all([consent, sweepRegistrations(room)]);
      expect((await ids()).includes(id)).toBe(kept);
    }
  });

  it('forgets assertion ids once they could not be used anyway', async () => {
    await sql`INSERT INTO assertion_ids (issuer, jti, expires_at) VALUES ('a', 'old', ${new Date(NOON - 1)}), ('a', 'new', ${new Date(NOON + 1)})`.execute(
      room.database.db,
    );
    expect(await sweepAssertions(room)).toBe(1);
    expect(await rows(room.database.db, sql`SELECT jti FROM assertion_ids`)).toEqual([{ jti: 'new' }]);
  });
});
