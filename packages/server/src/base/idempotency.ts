import { sql } from 'kysely';
import { row, touched, type Db } from './db.ts';
import { keyedDigest } from './digest.ts';
import { problem, type Reply } from './http/message.ts';
import type { SecretBox } from './secretbox.ts';

const KEPT_MS = 24 * 3_600_000;
/** A node that died in the middle leaves a key without an answer; after this long the key may be tried again. */
const ABANDONED_MS = 120_000;

export type IdempotentRequest = { principal: string; key: string; method: string; path: string; body: string; now: number };

/**
 * The same key and request get the same answer, also when the first answer was lost on the way or both arrive at once: one row insert decides
 * who acts. Answers are sealed, because some show a secret once.
 */
export type Idempotency = { once(request: IdempotentRequest, act: () => Promise<Reply>): Promise<Reply> };

export function createIdempotency(deps: { db: Db; box: SecretBox }): Idempotency {
  const key = deps.box.derive('idempotency');
  return {
    async once(request, act) {
      const digest = keyedDigest(key, `${request.method} ${request.path}\n${request.body}`);
      if (!(await begin(deps.db, request, digest))) return earlier(deps, request, digest);
      let reply: Reply;
      try {
        reply = await act();
      } catch (error) {
        await forget(deps.db, request);
        throw error;
      }
      // A failure of ours is not an answer to keep: the next attempt may succeed.
      if (reply.status >= 500 || (reply.body !== undefined && typeof reply.body !== 'string')) await forget(deps.db, request);
      else await keep(deps, request, reply);
      return reply;
    },
  };
}

async function begin(db: Db, { principal, key, now }: IdempotentRequest, digest: string): Promise<boolean> {
  const taken = await touched(
    db,
    sql`INSERT INTO idempotency_keys (principal, key, request_digest, created_at) VALUES (${principal}, ${key}, ${digest}, ${new Date(now)})
      ON CONFLICT (principal, key) DO UPDATE SET request_digest = excluded.request_digest, created_at = excluded.created_at, status = NULL, body = NULL
      WHERE idempotency_keys.created_at < ${new Date(now - KEPT_MS)} OR (idempotency_keys.status IS NULL AND idempotency_keys.created_at < ${new Date(now - ABANDONED_MS)})`,
  );
  return taken > 0;
}

function context({ principal, key }: IdempotentRequest): string {
  return `idempotency/${principal}/${key}`;
}

async function earlier(deps: { db: Db; box: SecretBox }, request: IdempotentRequest, digest: string): Promise<Reply> {
  const { principal, key } = request;
  const found = await row(
    deps.db,
    sql<{
      request_digest: string;
      body: string | null;
    }>`SELECT request_digest, body FROM idempotency_keys WHERE principal = ${principal} AND key = ${key}`,
  );
  if (found !== undefined && found.request_digest !== digest) {
    return problem({
      status: 422,
      type: 'idempotency_key_reused',
      title: 'This Idempotency-Key was used for another request',
      field: 'Idempotency-Key',
    });
  }
  if (found === undefined || found.body === null) {
    const running = {
      status: 409,
      type: 'idempotency_key_running',
      title: 'The first request with this Idempotency-Key is still running',
      field: 'Idempotency-Key',
    };
    return problem(running, { 'retry-after': '1' });
  }
  return unsealed(deps.box.open(Buffer.from(found.body, 'base64'), context(request)));
}

function unsealed(text: Buffer): Reply {
  const { status, headers, body }: { status: number; headers: Reply['headers']; body?: string } = JSON.parse(text.toString('utf8'));
  return { status, headers: { ...headers, 'idempotency-replayed': 'true' }, ...(body === undefined ? {} : { body }) };
}

async function keep(deps: { db: Db; box: SecretBox }, request: IdempotentRequest, reply: Reply): Promise<void> {
  const { principal, key, now } = request;
  const text = JSON.stringify({ status: reply.status, headers: reply.headers, body: reply.body });
  const sealed = deps.box.seal(text, context(request)).toString('base64');
  await sql`UPDATE idempotency_keys SET status = ${reply.status}, body = ${sealed}
    WHERE principal = ${principal} AND key = ${key} AND status IS NULL AND created_at = ${new Date(now)}`.execute(deps.db);
}

async function forget(db: Db, { principal, key, now }: IdempotentRequest): Promise<void> {
  await sql`DELETE FROM idempotency_keys WHERE principal = ${principal} AND key = ${key} AND status IS NULL AND created_at = ${new Date(now)}`.execute(
    db,
  );
}

/** Drops answers older than a day. */
export async function purgeIdempotencyKeys(db: Db, now: number): Promise<number> {
  return touched(db, sql`DELETE FROM idempotency_keys WHERE created_at < ${new Date(now - KEPT_MS)}`);
}
