import pg from 'pg';

export type Answer = { kind: 'version'; version: string } | { kind: 'wrong_password' } | { kind: 'silent' };

/** Asks the server behind `url` for its version, waiting at most `patience` milliseconds. */
export async function askVersion(url: string, patience: number): Promise<Answer> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: patience, query_timeout: patience });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return { kind: 'version', version: rows[0]?.server_version ?? '' };
  } catch (error) {
    const code = error instanceof pg.DatabaseError ? error.code : undefined;
    return code === '28P01' ? { kind: 'wrong_password' } : { kind: 'silent' };
  } finally {
    await client.end().catch(() => undefined);
  }
}
