import { Kysely, PostgresDialect, type RawBuilder, type Transaction } from 'kysely';
import pg from 'pg';

/** Tables are spoken to in SQL (kysely's `sql` template: parameters, never concatenation), so the type-level table map stays empty. */
type Tables = Record<never, never>;

/** A connection pool or a running transaction: what a store function asks for. */
export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;

export type Database = {
  db: Db;
  /** For named statements on hot paths only. */
  pool: pg.Pool;
  close(): Promise<void>;
};

// timestamptz leaves the driver as milliseconds since the epoch, bigint as number: all ours stay below 2^53.
const types = new pg.TypeOverrides();
types.setTypeParser(1184, (text: string) => Date.parse(text));
types.setTypeParser(20, (text: string) => Number(text));

/** Opens the pool. `url` as pg understands it, also `postgres://user:pw@/db?host=/socket/dir`. */
export function openDatabase(url: string, options: { max?: number } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 8,
    types,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 15_000,
    application_name: 'writ',
  });
  // An idle connection that dies (database restart) is replaced by the pool; without a listener Node would end the process.
  pool.on('error', () => {});
  // The pool listens to idle connections only. One that dies in somebody's hands between two statements of a transaction would end the
  // process too; its next statement fails, and that is where it is dealt with.
  pool.on('connect', (client) => void client.on('error', () => {}));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { db, pool, close: () => db.destroy() };
}

/** All rows of a query. */
export async function rows<R>(db: Db, query: RawBuilder<R>): Promise<R[]> {
  return (await query.execute(db)).rows;
}

/** The one row, or undefined. */
export async function row<R>(db: Db, query: RawBuilder<R>): Promise<R | undefined> {
  return (await query.execute(db)).rows[0];
}

/** How many rows a statement made, changed or removed. */
export async function touched(db: Db, query: RawBuilder<unknown>): Promise<number> {
  return Number((await query.execute(db)).numAffectedRows ?? 0n);
}

/** SQLSTATE of a driver error, or undefined when it is none. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** True when trying the same transaction again may succeed: deadlock, serialization failure, lock timeout. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40P01' || state === '40001' || state === '55P03';
}
