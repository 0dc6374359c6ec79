import { sql, type RawBuilder } from 'kysely';
import { rows, type Db } from '../../base/db.ts';

/** More than these are looked for one by one, beside each agent: then many match, and a page is soon full. */
const MOST = 5_000;

/**
 * The condition that an agent's client (by name, address or id) or the person it acts for (by name or e-mail) is called so: each word begins one of theirs.
 * `a` is the agent. Few that match are looked up first, so that the database begins with them and does not read a million agents to find one.
 */
export async function calledSo(db: Db, words: readonly string[]): Promise<RawBuilder<unknown>> {
  if (words.length === 0) return sql`false`;
  const wanted = words.map((word) => `${word}:*`).join(' & ');
  const [clients, users] = await Promise.all([
    idsOf(db, sql`SELECT id FROM clients c WHERE ${ofClient('c', wanted)}`),
    idsOf(db, sql`SELECT id FROM users p WHERE p.removed_at IS NULL AND ${ofUser('p', wanted)}`),
  ]);
  const byClient =
    clients === undefined
      ? sql`EXISTS (SELECT 1 FROM clients c WHERE c.id = a.client_id AND ${ofClient('c', wanted)})`
      : sql`a.client_id = ANY (${clients}::text[])`;
  const byUser =
    users === undefined
      ? sql`a.principal_kind = 'user' AND EXISTS (SELECT 1 FROM users p WHERE p.id = a.principal_id AND p.removed_at IS NULL AND ${ofUser('p', wanted)})`
      : sql`a.principal_kind = 'user' AND a.principal_id = ANY (${users}::text[])`;
  return sql`(${byClient} OR (${byUser}))`;
}

/** The expressions of the indexes, to the letter. */
function ofClient(alias: 'c', wanted: string): RawBuilder<unknown> {
  return sql`words_of(${sql.ref(`${alias}.name`)} || ' ' || ${sql.ref(`${alias}.id`)}) @@ to_tsquery('pg_catalog.simple', ${wanted})`;
}

function ofUser(alias: 'p', wanted: string): RawBuilder<unknown> {
  return sql`words_of(coalesce(${sql.ref(`${alias}.name`)}, '') || ' ' || ${sql.ref(`${alias}.email`)}) @@ to_tsquery('pg_catalog.simple', ${wanted})`;
}

async function idsOf(db: Db, found: RawBuilder<unknown>): Promise<string[] | undefined> {
  const ids = await rows(db, sql<{ id: string }>`${found} LIMIT ${sql.lit(MOST + 1)}`);
  return ids.length > MOST ? undefined : ids.map(({ id }) => id);
}
