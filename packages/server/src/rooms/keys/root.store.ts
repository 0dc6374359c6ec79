import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import { unwrapBy, type Keks } from '../../base/kek/kek.ts';
import { activeKey, addDataKey } from './data-key.store.ts';
import { wrapContext } from './data-key.ts';

/** Whether anything was ever sealed here: only then may a KEK be made up. */
export async function isSealed(db: Db): Promise<boolean> {
  const found = await row(db, sql`SELECT 1 FROM data_keys UNION ALL SELECT 1 FROM signing_keys LIMIT 1`);
  return found !== undefined;
}

/**
 * The hub's own key, opened; made at the very first start, and never again. Undefined where something was sealed before and no KEK opens its key.
 * Throws `KekUnavailable`.
 */
export async function openRoot(db: Db, keks: Keks, now: number): Promise<Buffer | undefined> {
  let found = await activeKey(db, '', 'root');
  if (found === undefined) {
    if (await isSealed(db)) return undefined;
    await addDataKey(db, { tenant: '', purpose: 'root', version: 1, kek: keks.current, now });
    found = await activeKey(db, '', 'root');
  }
  return found && unwrapBy(keks, { ...found, context: wrapContext(found) });
}
