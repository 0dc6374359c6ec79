import { sql, type RawBuilder } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { Done } from '../audit/deed.store.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { AuthorizationFacts } from '../tokens/facts.ts';
import { pendingGiven, pendingRefused } from './events.ts';
import { judgePoll, POLL_SECONDS, POLL_SLACK_MS, type Pending, type PendingKind, type PendingRequest, type Polled } from './pending.ts';

type PendingRow = {
  id: string;
  kind: PendingKind;
  user_id: string | null;
  request: PendingRequest;
  state: Pending['state'];
  facts: AuthorizationFacts | null;
  created_at: number;
  expires_at: number;
};

const COLUMNS: RawBuilder<unknown> = sql.raw('id, kind, user_id, request, state, facts, created_at, expires_at');

function toPending(found: PendingRow): Pending {
  return {
    id: found.id,
    kind: found.kind,
    ...(found.user_id === null ? {} : { userId: found.user_id }),
    request: found.request,
    state: found.state,
    ...(found.facts === null ? {} : { facts: found.facts }),
    createdAt: found.created_at,
    expiresAt: found.expires_at,
  };
}

/** `secretDigest`: of the device code or auth_req_id. `notice`: for CIBA ping, sealed. */
export type NewPending = { pending: Pending; secretDigest: string; userCodeDigest?: string | undefined; notice?: Buffer | undefined };

/** False when the user code is taken: make another. */
export async function insertPending(tx: Tx, { pending, secretDigest, userCodeDigest, notice }: NewPending): Promise<boolean> {
  const made = await touched(
    tx,
    sql`INSERT INTO pending_authorizations (id, kind, secret_digest, user_code_digest, client_id, user_id, request, poll_seconds, notice, created_at, expires_at)
      VALUES (${pending.id}, ${pending.kind}, ${secretDigest}, ${userCodeDigest ?? null}, ${pending.request.clientId}, ${pending.userId ?? null},
        ${JSON.stringify(pending.request)}, ${POLL_SECONDS}, ${notice ?? null}, ${new Date(pending.createdAt)}, ${new Date(pending.expiresAt)})
      ON CONFLICT (user_code_digest) DO NOTHING`,
  );
  return made === 1;
}

export async function findPending(db: Db, id: string): Promise<Pending | undefined> {
  const found = await row(db, sql<PendingRow>`SELECT ${COLUMNS} FROM pending_authorizations WHERE id = ${id}`);
  return found === undefined ? undefined : toPending(found);
}

/** By what a person typed; only what can still be answered. */
export async function findByUserCode(db: Db, userCodeDigest: string, now: number): Promise<Pending | undefined> {
  const found = await row(
    db,
    sql<PendingRow>`SELECT ${COLUMNS} FROM pending_authorizations
      WHERE user_code_digest = ${userCodeDigest} AND kind = 'device_code' AND state = 'pending' AND expires_at > ${new Date(now)}`,
  );
  return found === undefined ? undefined : toPending(found);
}

/** What waits for this person, the newest first. */
export async function pendingFor(db: Db, userId: string, now: number): Promise<Pending[]> {
  const found = await rows(
    db,
    sql<PendingRow>`SELECT ${COLUMNS} FROM pending_authorizations
      WHERE user_id = ${userId} AND state = 'pending' AND expires_at > ${new Date(now)} ORDER BY id DESC LIMIT 50`,
  );
  return found.map(toPending);
}

/** Locks the request for the rest of the transaction; false when it can no longer be answered. */
export async function isPending(tx: Tx, id: string, now: number): Promise<boolean> {
  const found = await row(
    tx,
    sql`SELECT 1 FROM pending_authorizations WHERE id = ${id} AND state = 'pending' AND expires_at > ${new Date(now)} FOR UPDATE`,
  );
  return found !== undefined;
}

type Answer = { id: string; by: { user: string | undefined; origin: EventOrigin }; now: number };

/** The gate: of all that answer, and of the clock, one decides. Nothing done: it was answered, or is too old. */
export async function allowPending(tx: Tx, { id, facts, by, now }: Answer & { facts: AuthorizationFacts }): Promise<Done> {
  const allowed = await answer(tx, id, sql`state = 'allowed', facts = ${JSON.stringify(facts)}`, now);
  return allowed === undefined ? NOTHING : { entries: [pendingGiven(allowed, by.origin)], changed: [{ kind: 'pending', key: id }] };
}

export async function denyPending(tx: Tx, { id, reason, by, now }: Answer & { reason: string }): Promise<Done> {
  const denied = await answer(tx, id, sql`state = 'denied'`, now);
  return denied === undefined
    ? NOTHING
    : { entries: [pendingRefused(denied, by, reason, by.origin)], changed: [{ kind: 'pending', key: id }] };
}

const NOTHING: Done = { entries: [], changed: [] };

async function answer(tx: Tx, id: string, set: RawBuilder<unknown>, now: number): Promise<Pending | undefined> {
  const at = new Date(now);
  const found = await row(
    tx,
    sql<PendingRow>`UPDATE pending_authorizations SET ${set}, decided_at = ${at}
      WHERE id = ${id} AND state = 'pending' AND expires_at > ${at} RETURNING ${COLUMNS}`,
  );
  return found === undefined ? undefined : toPending(found);
}

export type Poll = { kind: PendingKind; secretDigest: string; clientId: string; now: number };

/**
 * One poll: counted and judged under the row's lock, so that two at once are one too many. Another client's poll touches nothing: a client
 * could otherwise slow down what it merely overheard.
 */
export async function pollPending(db: Db, { kind, secretDigest, clientId, now }: Poll): Promise<{ polled: Polled; pending?: Pending }> {
  const at = new Date(now);
  const early = new Date(now + POLL_SLACK_MS);
  const found = await row(
    db,
    sql<PendingRow & { too_fast: boolean; poll_seconds: number }>`WITH before AS (
        SELECT id, state = 'pending' AND polled_at IS NOT NULL AND polled_at + poll_seconds * interval '1 second' > ${early} AS too_fast
        FROM pending_authorizations WHERE kind = ${kind} AND secret_digest = ${secretDigest} AND client_id = ${clientId} FOR UPDATE)
      UPDATE pending_authorizations p SET polled_at = ${at}, poll_seconds = p.poll_seconds + CASE WHEN b.too_fast THEN ${POLL_SECONDS}::int ELSE 0 END
      FROM before b WHERE p.id = b.id
      RETURNING p.id, p.kind, p.user_id, p.request, p.state, p.facts, p.created_at, p.expires_at, p.poll_seconds, b.too_fast`,
  );
  if (found !== undefined) return { polled: judgePoll(toPendingTimes(found), { tooFast: found.too_fast, now }), pending: toPending(found) };
  const other = await row(db, sql`SELECT 1 FROM pending_authorizations WHERE kind = ${kind} AND secret_digest = ${secretDigest}`);
  return { polled: other === undefined ? 'unknown' : 'client_mismatch' };
}

function toPendingTimes(found: PendingRow): Pick<Pending, 'state' | 'expiresAt'> {
  return { state: found.state, expiresAt: found.expires_at };
}

/** The gate of the token: of any number that fetch an allowed request, one takes it. */
export async function consumePending(tx: Tx, id: string, now: number): Promise<Pending | undefined> {
  const at = new Date(now);
  const found = await row(
    tx,
    sql<PendingRow>`UPDATE pending_authorizations SET state = 'used', used_at = ${at}
      WHERE id = ${id} AND state = 'allowed' AND expires_at > ${at} RETURNING ${COLUMNS}`,
  );
  return found === undefined ? undefined : toPending(found);
}

/** Notes what it became, so that what is taken from the grant can be taken from this token too. Where there is a refresh family, that knows. */
export async function rememberToken(tx: Tx, id: string, { jti, expiresAt }: { jti: string; expiresAt: number }): Promise<void> {
  await sql`UPDATE pending_authorizations SET access_jti = ${jti}, access_expires_at = ${new Date(expiresAt)} WHERE id = ${id}`.execute(tx);
}

/**
 * Puts back what was taken in this very transaction, because the same request may yet be good: the user has said yes and need not be asked
 * again. `forPeople`: because somebody else must be asked first (an approval). Then it stays for at least ten minutes more, or it would be over
 * before anybody could approve; but for no more than a day, however often it is tried: a yes is not for keeping.
 */
export async function returnPending(tx: Tx, id: string, of: { forPeople: boolean; now: number }): Promise<void> {
  const until = of.forPeople
    ? sql`greatest(expires_at, least(${new Date(of.now + 600_000)}::timestamptz, created_at + interval '1 day'))`
    : sql`expires_at`;
  await sql`UPDATE pending_authorizations SET state = 'allowed', used_at = NULL, expires_at = ${until} WHERE id = ${id} AND state = 'used'`.execute(
    tx,
  );
}

/** Ends what was not answered in time; of several nodes that look, each request is one's. */
export async function expirePending(tx: Tx, now: number): Promise<Pending[]> {
  const found = await rows(
    tx,
    sql<PendingRow>`UPDATE pending_authorizations SET state = 'expired', decided_at = ${new Date(now)}
      WHERE id IN (SELECT id FROM pending_authorizations WHERE state = 'pending' AND expires_at <= ${new Date(now)} ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)
      RETURNING ${COLUMNS}`,
  );
  return found.map(toPending);
}

/** A day after its end nobody asks any more; the events stay. */
export async function sweepPending(db: Db, now: number): Promise<number> {
  return touched(db, sql`DELETE FROM pending_authorizations WHERE expires_at < ${new Date(now - 86_400_000)} AND state <> 'pending'`);
}
