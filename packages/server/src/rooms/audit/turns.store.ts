import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import { holdName } from '../../base/lock.ts';
import { newId } from '../../base/ids.ts';
import type { Clock } from '../../base/clock.ts';

/** Leave to read the whole record, from end to end. `end` gives it up; doing so twice is once. */
export type Turn = { end(): Promise<void> };
/** Undefined: as many read it already as may at once. */
export type Turns = () => Promise<Turn | undefined>;

/** On all nodes together: each reads millions of entries, and holds a connection for as long. */
export const AT_ONCE = 2;
/** Seconds after which somebody who found no turn might find one. */
export const TRY_AGAIN = 30;
/** A turn whose node died is free after this; a node that lives says so three times within it. */
const LEFT_MS = 90_000;
/** Nobody reads for longer than this, whoever holds the other end of the line. */
const LONGEST_MS = 4 * 3_600_000;

export function createTurns({ db, clock }: { db: Db; clock: Clock }): Turns {
  return async () => {
    const id = newId('req', clock.now());
    if (!(await take(db, id, clock.now()))) return undefined;
    const began = clock.now();
    const timer = setInterval(() => void keep(db, id, Math.min(clock.now(), began + LONGEST_MS)).catch(() => {}), LEFT_MS / 3);
    timer.unref();
    return {
      async end() {
        clearInterval(timer);
        await sql`DELETE FROM audit_turns WHERE id = ${id}`.execute(db);
      },
    };
  };
}

/** One at a time looks and sits down: of many that come at once no more sit than may. */
function take(db: Db, id: string, now: number): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await holdName(tx, 'audit turns');
    await sql`DELETE FROM audit_turns WHERE until <= ${new Date(now)}`.execute(tx);
    const taken = (await row(tx, sql<{ n: number }>`SELECT count(*) AS n FROM audit_turns`))?.n ?? AT_ONCE;
    if (taken >= AT_ONCE) return false;
    await sql`INSERT INTO audit_turns (id, until) VALUES (${id}, ${new Date(now + LEFT_MS)})`.execute(tx);
    return true;
  });
}

async function keep(db: Db, id: string, now: number): Promise<void> {
  await sql`UPDATE audit_turns SET until = ${new Date(now + LEFT_MS)} WHERE id = ${id}`.execute(db);
}
