import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { unwrapBy, type Keks } from '../../base/kek/kek.ts';
import { OtherKek } from '../../base/secretbox.ts';
import { activeKey, addDataKey, findDataKey, type WrappedKey } from './data-key.store.ts';
import { wrapContext } from './data-key.ts';

/** A key was removed between the reading of a row and its opening: the row is sealed under another by now. */
export class KeyGone extends Error {
  override name = 'KeyGone';
}

/** A data key in memory. */
export type OpenKey = { id: string; key: Buffer };

/** The tenants' keys: unwrapped when first needed, then kept in memory. Both ways to one throw `OtherKek` and `KekUnavailable`, the second also {@link KeyGone}. */
export type DataKeys = {
  /** What seals for this tenant from now on ('' for the hub); made when there is none. Inside a transaction it stays until its end. */
  sealing(db: Db, tenant: string): Promise<OpenKey>;
  /** The key of a stored value. Inside a transaction it is read there: to wait for a second connection could be to wait for oneself. */
  opening(id: string, tx?: Db): Promise<Buffer>;
};

const MAX_OPEN = 20_000;

export function createDataKeys(deps: { db: Db; keks: Keks; clock: Clock }): DataKeys {
  const { db, keks, clock } = deps;
  // By id, and an id is one key for ever: nothing here can be stale. Promises, so that many who need one at once ask a KMS once.
  const held = new Map<string, Promise<Buffer>>();
  const hold = (id: string, load: () => Promise<WrappedKey | undefined>): Promise<Buffer> => {
    const known = held.get(id);
    if (known !== undefined) return known;
    if (held.size >= MAX_OPEN) held.clear();
    const opening = load().then((found) => unwrap(keks, found));
    held.set(id, opening);
    opening.catch(() => held.delete(id));
    return opening;
  };
  return {
    async sealing(tx, tenant) {
      const found = (await activeKey(tx, tenant, 'credentials')) ?? (await made(tx, tenant, { keks, now: clock.now() }));
      return { id: found.id, key: await hold(found.id, async () => found) };
    },
    opening: (id, tx = db) => hold(id, () => findDataKey(tx, id)),
  };
}

async function unwrap(keks: Keks, found: WrappedKey | undefined): Promise<Buffer> {
  if (found === undefined) throw new KeyGone('a data key is gone');
  const plain = await unwrapBy(keks, { ...found, context: wrapContext(found) });
  if (plain === undefined) throw new OtherKek();
  return plain;
}

/** Of two who make it at once the second waits for the first, by the unique index, and finds its key. */
async function made(db: Db, tenant: string, of: { keks: Keks; now: number }): Promise<WrappedKey> {
  await addDataKey(db, { tenant, purpose: 'credentials', version: 1, kek: of.keks.current, now: of.now });
  const found = await activeKey(db, tenant, 'credentials');
  if (found === undefined) throw new Error('a data key was not made');
  return found;
}
