import { sql } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import type { Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { changeOf, findUser } from './store.ts';
import type { User } from './user.ts';

/** All attributes of one user, as canonical JSON: they are read at every sign-in and judged by every policy that names one. */
const MOST_BYTES = 32 * 1024;
const NAME = /^[A-Za-z][\w.-]{0,99}$/;

/** Sets these attributes of an active user and leaves the others as they are. `too_large`: all of them together. */
export async function setAttributes(
  tx: Tx,
  id: string,
  changes: Readonly<Record<string, unknown>>,
  by: Author,
): Promise<Result<PutOutcome<User>, 'gone' | 'bad_name' | 'too_large'>> {
  await sql`SELECT 1 FROM users WHERE id = ${id} FOR UPDATE`.execute(tx);
  const before = await findUser(tx, id);
  if (before?.state !== 'active') return fail('gone');
  if (!Object.keys(changes).every((name) => NAME.test(name))) return fail('bad_name');
  const attributes = { ...before.attributes, ...changes };
  const text = canonical(attributes);
  if (Buffer.byteLength(text) > MOST_BYTES) return fail('too_large');
  if (text === canonical(before.attributes)) return ok({ outcome: 'unchanged', value: before, entries: [], changed: [] });
  await sql`UPDATE users SET attributes = ${JSON.stringify(attributes)}, version = version + 1 WHERE id = ${id}`.execute(tx);
  const value = await findUser(tx, id);
  if (value === undefined) throw new Error('a user went while held');
  return ok({ outcome: 'changed', value, entries: [changeOf(before, value, by)], changed: [{ kind: 'user', key: id }] });
}
