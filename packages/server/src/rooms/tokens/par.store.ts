import { PUSHED_REQUEST_URI } from '@writ/protocol';
import { sql } from 'kysely';
import { digest } from '../../base/digest.ts';
import { row, touched, type Db, type Tx } from '../../base/db.ts';
import { newSecret } from '../../base/ids.ts';

/** Parameters of a pushed authorization request, as they were sent. */
export type PushedParameters = Readonly<Record<string, readonly string[]>>;
export type Pushed = { digest: string; clientId: string; parameters: PushedParameters; expiresAt: number };

/** Long enough to start the browser, short enough that a URL in a log is worth nothing (RFC 9126 §2.2: "typically 5 to 600 seconds"). */
export const PUSHED_MS = 60_000;

export function isPushedUri(uri: string): boolean {
  return uri.startsWith(PUSHED_REQUEST_URI);
}

/** Keeps the request and names it. The name is a secret: only its digest is stored. */
export async function savePar(
  db: Db,
  of: { clientId: string; parameters: PushedParameters; now: number },
): Promise<{ requestUri: string; expiresIn: number }> {
  const requestUri = `${PUSHED_REQUEST_URI}${newSecret()}`;
  await sql`INSERT INTO par_requests (digest, client_id, params, expires_at)
    VALUES (${digest(requestUri)}, ${of.clientId}, ${JSON.stringify(of.parameters)}, ${new Date(of.now + PUSHED_MS)})`.execute(db);
  return { requestUri, expiresIn: PUSHED_MS / 1000 };
}

/** The pushed request of that name, if it has neither expired nor led to a code. Looking at it does not spend it. */
export async function findPar(db: Db, requestUri: string, now: number): Promise<Pushed | undefined> {
  const found = await row(
    db,
    sql<{
      digest: string;
      client_id: string;
      params: PushedParameters;
      expires_at: number;
    }>`SELECT digest, client_id, params, expires_at FROM par_requests
      WHERE digest = ${digest(requestUri)} AND used_at IS NULL AND expires_at > ${new Date(now)}`,
  );
  return found === undefined
    ? undefined
    : { digest: found.digest, clientId: found.client_id, parameters: found.params, expiresAt: found.expires_at };
}

/** The gate: true for the one journey that may turn the pushed request into a code. Its minute may be over by then, the person was reading. */
export async function consumePar(tx: Tx, parDigest: string, now: number): Promise<boolean> {
  return (await touched(tx, sql`UPDATE par_requests SET used_at = ${new Date(now)} WHERE digest = ${parDigest} AND used_at IS NULL`)) === 1;
}

/** Rows that nobody can use any more. A journey may still spend a request half an hour after its minute, so they stay for an hour. */
export async function sweepPar(db: Db, now: number): Promise<number> {
  return touched(db, sql`DELETE FROM par_requests WHERE expires_at < ${new Date(now - 3_600_000)}`);
}
