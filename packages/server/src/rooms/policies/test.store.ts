import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { Resource } from '../resources/resource.ts';
import { knownTo } from './facts.store.ts';
import { bookOf, type Rulebook } from './rulebook.ts';
import type { KnownThings } from './scenario.ts';
import { findPolicies, holdPolicies } from './store.ts';
import { tryTest, type PolicyTestConfig, type SavedTest, type Trial } from './test.ts';

type TestRow = { id: string; test: PolicyTestConfig; version: number; created_at: number; updated_at: number };

const COLUMNS: RawBuilder<unknown> = sql.raw('id, test, version, created_at, updated_at');

function toTest({ created_at, updated_at, ...found }: TestRow): SavedTest {
  return { ...found, createdAt: created_at, updatedAt: updated_at };
}

/** Every saved test, by id. */
export async function findTests(db: Db): Promise<SavedTest[]> {
  return (await rows(db, sql<TestRow>`SELECT ${COLUMNS} FROM policy_tests ORDER BY id COLLATE "C"`)).map(toTest);
}

export async function listTests(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<SavedTest[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`WHERE id COLLATE "C" > ${page.cursor}`;
  return (await rows(db, sql<TestRow>`SELECT ${COLUMNS} FROM policy_tests ${beyond} ORDER BY id COLLATE "C" LIMIT ${page.limit}`)).map(
    toTest,
  );
}

export async function findTest(db: Db, id: string): Promise<SavedTest | undefined> {
  const found = await row(db, sql<TestRow>`SELECT ${COLUMNS} FROM policy_tests WHERE id = ${id}`);
  return found === undefined ? undefined : toTest(found);
}

/** Creates or replaces a test by the author's id. */
export async function putTest(tx: Tx, test: PolicyTestConfig, by: Author): Promise<PutOutcome<SavedTest>> {
  await holdPolicies(tx);
  const before = await findTest(tx, test.id);
  if (before !== undefined && canonical(before.test) === canonical(test))
    return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  const saved = await row(
    tx,
    sql<TestRow>`INSERT INTO policy_tests (id, test) VALUES (${test.id}, ${JSON.stringify(test)})
      ON CONFLICT (id) DO UPDATE SET test = excluded.test, version = policy_tests.version + 1, updated_at = now() RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('a policy test was not saved');
  const entry = adminChange({ kind: 'policyTest', id: test.id, by, before: before?.test, after: test });
  return { outcome: before === undefined ? 'created' : 'changed', value: toTest(saved), entries: [entry], changed: [] };
}

export async function removeTest(tx: Tx, id: string, by: Author): Promise<PutOutcome<SavedTest> | undefined> {
  await holdPolicies(tx);
  const before = await findTest(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM policy_tests WHERE id = ${id}`)) === 0) return undefined;
  const entry = adminChange({ kind: 'policyTest', id, by, before: before.test, after: undefined });
  return { outcome: 'removed', value: before, entries: [entry], changed: [] };
}

/** Puts these tests to these rules, with what the hub knows at this moment, or what of it `seen` leaves. */
export async function tryTests(
  db: Db,
  tests: readonly Pick<SavedTest, 'id' | 'test' | 'version'>[],
  book: Rulebook,
  builtIn: readonly Resource[],
  seen: (known: KnownThings) => KnownThings = (known) => known,
): Promise<Trial[]> {
  if (tests.length === 0) return [];
  const all = await knownTo(
    db,
    tests.map(({ test }) => test.request),
    builtIn,
  );
  const known = seen(all);
  return tests.map((one) => tryTest(one, book, known));
}

/** Every saved test against every policy, as this transaction sees them. */
export async function tryAll(db: Db, builtIn: readonly Resource[]): Promise<Trial[]> {
  const tests = await findTests(db);
  if (tests.length === 0) return [];
  const rules = (await findPolicies(db)).map(({ rule }) => rule);
  return tryTests(db, tests, bookOf(rules, new Set(builtIn.map(({ id }) => id))), builtIn);
}
