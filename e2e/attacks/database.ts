import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export type TestDatabase = {
  url: string;
  /** Rows of a statement of the test's own: what the hub stored, or time made to pass for a row. */
  query(statement: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
};

type Engine = ReturnType<typeof enginesOf>[number];
const enginesOf = () => inject('databases').engines;

/** An ordinary Postgres where the machine has one, else the embedded one. */
export function bestEngine(): Engine {
  return enginesOf().includes('postgres') ? 'postgres' : 'embedded';
}

/** A migrated database of the test's own on a server of this run. The tests look into it; the hub under test does not know. */
export async function freshDatabase(engine: Engine = bestEngine()): Promise<TestDatabase> {
  const response = await fetch(`${inject('databases').broker}/${engine}`);
  const { adminUrl, template } = asRunning(await response.json());
  const name = `attack_${randomBytes(8).toString('hex')}`;
  await once(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 4 });
  pool.on('error', () => undefined);
  return {
    url: url.href,
    async query(statement, values = []) {
      const found = await pool.query<Record<string, unknown>>(statement, [...values]);
      return found.rows;
    },
    async drop() {
      await pool.end();
      await once(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function once(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function asRunning(value: unknown): { adminUrl: string; template: string } {
  if (typeof value === 'object' && value !== null && 'adminUrl' in value && 'template' in value) {
    const { adminUrl, template } = value;
    if (typeof adminUrl === 'string' && typeof template === 'string') return { adminUrl, template };
  }
  throw new Error(`no database in this run: ${JSON.stringify(value)}`);
}
