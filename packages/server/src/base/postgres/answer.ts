import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Recovery after a crash replays at most `max_wal_size` twice over; minutes, on a slow disk. */
export const READY_MS = 300_000;
const POLL_MS = 50;

export type Answer = { kind: 'version'; version: string } | { kind: 'wrong_password' } | { kind: 'starting' } | { kind: 'silent' };

/** As `askVersion`, but waits for a server that is still recovering: that ends by itself, at most `READY_MS` long. */
export async function askWhenReady(url: string, patience: number): Promise<Answer> {
  for (let waited = 0; waited < READY_MS; waited += POLL_MS) {
    const answer = await askVersion(url, patience);
    if (answer.kind !== 'starting') return answer;
    await sleep(POLL_MS);
  }
  return { kind: 'silent' };
}

/** Asks the server behind `url` for its version, waiting at most `patience` milliseconds. */
async function askVersion(url: string, patience: number): Promise<Answer> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: patience, query_timeout: patience });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return { kind: 'version', version: rows[0]?.server_version ?? '' };
  } catch (error) {
    const code = error instanceof pg.DatabaseError ? error.code : undefined;
    if (code === '28P01') return { kind: 'wrong_password' };
    return { kind: code === '57P03' ? 'starting' : 'silent' };
  } finally {
    await client.end().catch(() => undefined);
  }
}
