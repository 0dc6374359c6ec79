import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import type { ChainFault } from './chain.ts';
import type { Verification } from './read.store.ts';

/** What the last verification came to, for every node to show: one of them did it. */
export type Verified = { ok: boolean; at: number; firstBroken?: ChainFault };

const NAME = 'audit.verified';

/**
 * `whole`: every chain was read from its first entry. Only that may say again that all is well after something was found broken; a look at a
 * part may say it when nothing was looked at before. Not an audited change: nobody decided anything.
 */
export async function rememberVerified(db: Db, outcome: Verification, of: { at: number; whole: boolean }): Promise<void> {
  const verified: Verified = { ok: outcome.ok, at: of.at, ...(outcome.ok ? {} : { firstBroken: outcome.firstBroken }) };
  const also = of.whole || !outcome.ok ? sql`DO UPDATE SET value = EXCLUDED.value` : sql`DO NOTHING`;
  await sql`INSERT INTO settings (name, value) VALUES (${NAME}, ${JSON.stringify(verified)}) ON CONFLICT (name) ${also}`.execute(db);
}

export async function lastVerified(db: Db): Promise<Verified | undefined> {
  return (await row(db, sql<{ value: Verified }>`SELECT value FROM settings WHERE name = ${NAME}`))?.value;
}
