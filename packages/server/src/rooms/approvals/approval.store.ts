import { sql, type RawBuilder } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { POLL_SLACK_MS } from './pending.ts';
import {
  APPROVAL_POLL_SECONDS,
  isHubWide,
  type Approval,
  type ApprovalRequest,
  type ApprovalState,
  type Need,
  type Vote,
} from './approval.ts';

type ApprovalRow = {
  id: string;
  request: ApprovalRequest;
  needs: Need[];
  scopes: string[];
  state: ApprovalState;
  reason: string | null;
  txn: string;
  origin: { ip?: string; userAgent?: string };
  created_at: number;
  expires_at: number;
  decided_at: number | null;
};

const COLUMNS: RawBuilder<unknown> = sql.raw('id, request, needs, scopes, state, reason, txn, origin, created_at, expires_at, decided_at');

function toApproval(found: ApprovalRow): Approval {
  return {
    id: found.id,
    request: found.request,
    needs: found.needs,
    scopes: found.scopes,
    state: found.state,
    ...(found.reason === null ? {} : { reason: found.reason }),
    txn: found.txn,
    from: found.origin,
    createdAt: found.created_at,
    expiresAt: found.expires_at,
    ...(found.decided_at === null ? {} : { decidedAt: found.decided_at }),
  };
}

export async function insertApproval(tx: Tx, approval: Approval, requestDigest: string): Promise<void> {
  const { id, request, needs, scopes, txn, from, createdAt, expiresAt } = approval;
  await sql`INSERT INTO approvals (id, request_digest, client_id, agent_id, user_id, tenant_id, resource_id, request, needs, scopes, txn, origin, created_at, expires_at)
    VALUES (${id}, ${requestDigest}, ${request.clientId}, ${request.agentId ?? null}, ${request.userId ?? null}, ${request.tenantId ?? null}, ${request.resourceId ?? null},
      ${JSON.stringify(request)}, ${JSON.stringify(needs)}, ${[...scopes]}, ${txn}, ${JSON.stringify(from)}, ${new Date(createdAt)}, ${new Date(expiresAt)})`.execute(
    tx,
  );
}

export async function findApproval(db: Db, id: string): Promise<Approval | undefined> {
  const found = await row(db, sql<ApprovalRow>`SELECT ${COLUMNS} FROM approvals WHERE id = ${id}`);
  return found === undefined ? undefined : toApproval(found);
}

/** Locked for the rest of the transaction. */
export async function holdApproval(tx: Tx, id: string): Promise<Approval | undefined> {
  const found = await row(tx, sql<ApprovalRow>`SELECT ${COLUMNS} FROM approvals WHERE id = ${id} FOR UPDATE`);
  return found === undefined ? undefined : toApproval(found);
}

/** To which approval this very request leads now, locked; whoever asks holds the digest's name, so that there is at most one. */
export async function holdCurrent(tx: Tx, requestDigest: string): Promise<Approval | undefined> {
  const found = await row(
    tx,
    sql<ApprovalRow>`SELECT ${COLUMNS} FROM approvals WHERE request_digest = ${requestDigest} AND current FOR UPDATE`,
  );
  return found === undefined ? undefined : toApproval(found);
}

export async function isOfRequest(tx: Tx, id: string, requestDigest: string): Promise<boolean> {
  return (await row(tx, sql`SELECT 1 FROM approvals WHERE id = ${id} AND request_digest = ${requestDigest}`)) !== undefined;
}

/** The same request may be asked anew from here on. */
export async function releaseRequest(tx: Tx, id: string): Promise<void> {
  await sql`UPDATE approvals SET current = false WHERE id = ${id}`.execute(tx);
}

/** The gates: each moves the state once, from where it must stand, whoever comes at the same moment. */
export async function giveApproval(tx: Tx, id: string, usableMs: number, now: number): Promise<boolean> {
  const at = new Date(now);
  return (
    (await touched(
      tx,
      sql`UPDATE approvals SET state = 'given', decided_at = ${at}, expires_at = ${new Date(now + usableMs)} WHERE id = ${id} AND state = 'pending' AND expires_at > ${at}`,
    )) === 1
  );
}

export async function refuseApproval(tx: Tx, id: string, reason: string | undefined, now: number): Promise<boolean> {
  const at = new Date(now);
  return (
    (await touched(
      tx,
      sql`UPDATE approvals SET state = 'refused', reason = ${reason ?? null}, decided_at = ${at} WHERE id = ${id} AND state = 'pending' AND expires_at > ${at}`,
    )) === 1
  );
}

export async function spendApproval(tx: Tx, id: string, now: number): Promise<boolean> {
  const at = new Date(now);
  return (
    (await touched(
      tx,
      sql`UPDATE approvals SET state = 'used', used_at = ${at}, current = false WHERE id = ${id} AND state = 'given' AND expires_at > ${at}`,
    )) === 1
  );
}

export async function expireApproval(tx: Tx, id: string, now: number): Promise<boolean> {
  const at = new Date(now);
  return (
    (await touched(
      tx,
      sql`UPDATE approvals SET state = 'expired', current = false WHERE id = ${id} AND state IN ('pending', 'given') AND expires_at <= ${at}`,
    )) === 1
  );
}

/** Ends what was not decided, or not used, in time; of several nodes that look, each approval is one's. */
export async function expireApprovals(tx: Tx, now: number): Promise<Approval[]> {
  const found = await rows(
    tx,
    sql<ApprovalRow>`UPDATE approvals SET state = 'expired', current = false
      WHERE id IN (SELECT id FROM approvals WHERE state IN ('pending', 'given') AND expires_at <= ${new Date(now)} ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)
      RETURNING ${COLUMNS}`,
  );
  return found.map(toApproval);
}

/** Counts one poll; true when it came too soon. The wait grows by five seconds each time (RFC 8628 §3.5). */
export async function countPoll(tx: Tx, id: string, now: number): Promise<{ tooFast: boolean; interval: number }> {
  const early = new Date(now + POLL_SLACK_MS);
  const found = await row(
    tx,
    sql<{ too_fast: boolean; poll_seconds: number }>`WITH before AS (
        SELECT id, polled_at IS NOT NULL AND polled_at + poll_seconds * interval '1 second' > ${early} AS too_fast FROM approvals WHERE id = ${id} FOR UPDATE)
      UPDATE approvals a SET polled_at = ${new Date(now)}, poll_seconds = a.poll_seconds + CASE WHEN b.too_fast THEN ${APPROVAL_POLL_SECONDS}::int ELSE 0 END
      FROM before b WHERE a.id = b.id RETURNING b.too_fast, a.poll_seconds`,
  );
  return { tooFast: found?.too_fast === true, interval: found?.poll_seconds ?? APPROVAL_POLL_SECONDS };
}

type VoteRow = { user_id: string; verdict: Vote['verdict']; rules: string[]; reason: string | null; at: number };

/** False: this person has decided already. */
export async function insertVote(tx: Tx, approvalId: string, vote: Vote): Promise<boolean> {
  const made = await touched(
    tx,
    sql`INSERT INTO approval_votes (approval_id, user_id, verdict, rules, reason, at)
      VALUES (${approvalId}, ${vote.userId}, ${vote.verdict}, ${[...vote.rules]}, ${vote.reason ?? null}, ${new Date(vote.at)}) ON CONFLICT DO NOTHING`,
  );
  return made === 1;
}

export async function votesOn(db: Db, approvalId: string): Promise<Vote[]> {
  const found = await rows(
    db,
    sql<VoteRow>`SELECT user_id, verdict, rules, reason, at FROM approval_votes WHERE approval_id = ${approvalId} ORDER BY at, user_id`,
  );
  return found.map(({ user_id, verdict, rules, reason, at }) => ({
    userId: user_id,
    verdict,
    rules,
    at,
    ...(reason === null ? {} : { reason }),
  }));
}

/** Open approvals in these tenants and in none, the newest first: among them are all that a person of these tenants could decide. */
export async function openApprovals(db: Db, tenants: readonly string[], now: number): Promise<Approval[]> {
  const found = await rows(
    db,
    sql<ApprovalRow>`SELECT ${COLUMNS} FROM approvals WHERE state = 'pending' AND expires_at > ${new Date(now)}
      AND (tenant_id IS NULL OR tenant_id = ANY(${[...tenants]}::text[])) ORDER BY id DESC LIMIT 500`,
  );
  return found.map(toApproval);
}

/** Who could decide: users named, those with a role in the tenant, the owner. At most fifty are written to. */
export async function candidatesFor(
  db: Db,
  { request, needs }: Pick<Approval, 'request' | 'needs'>,
  owner: string | undefined,
): Promise<string[]> {
  const named = needs.flatMap(({ from }) => [...(from.users ?? []), ...(from.owner === true && owner !== undefined ? [owner] : [])]);
  const roles = needs.flatMap(({ from }) => from.roles ?? []);
  const found = await rows(
    db,
    sql<{ id: string }>`SELECT u.id FROM users u WHERE u.state = 'active' AND (u.id = ANY(${named}::text[])
      OR EXISTS (SELECT 1 FROM user_tenants ut WHERE ut.user_id = u.id AND ut.held_by IS NULL AND (ut.tenant_id = ${request.tenantId ?? null} OR ${isHubWide(request)}) AND ut.roles && ${roles}::text[]))
      ORDER BY u.id LIMIT 50`,
  );
  return found.map(({ id }) => id);
}

/** True for the one that mails the approvers. */
export async function takeMailing(db: Db, id: string, now: number): Promise<boolean> {
  return (
    (await touched(
      db,
      sql`UPDATE approvals SET mailed_at = ${new Date(now)} WHERE id = ${id} AND mailed_at IS NULL AND state = 'pending'`,
    )) === 1
  );
}

export async function unmailed(db: Db): Promise<string[]> {
  const found = await rows(
    db,
    sql<{ id: string }>`SELECT id FROM approvals WHERE mailed_at IS NULL AND state = 'pending' ORDER BY id LIMIT 200`,
  );
  return found.map(({ id }) => id);
}

export type ApprovalFilter = {
  client?: string | undefined;
  agent?: string | undefined;
  user?: string | undefined;
  tenant?: string | undefined;
  resource?: string | undefined;
  state?: ApprovalState | undefined;
};

/** A page of approvals in the order of their making. */
export async function listApprovals(
  db: Db,
  filter: ApprovalFilter,
  page: { limit: number; cursor?: string | undefined },
): Promise<Approval[]> {
  const found = await rows(
    db,
    sql<ApprovalRow>`SELECT ${COLUMNS} FROM approvals WHERE true
      ${filter.client === undefined ? sql`` : sql`AND client_id = ${filter.client}`}
      ${filter.agent === undefined ? sql`` : sql`AND agent_id = ${filter.agent}`}
      ${filter.user === undefined ? sql`` : sql`AND user_id = ${filter.user}`}
      ${filter.tenant === undefined ? sql`` : sql`AND tenant_id = ${filter.tenant}`}
      ${filter.resource === undefined ? sql`` : sql`AND resource_id = ${filter.resource}`}
      ${filter.state === undefined ? sql`` : sql`AND state = ${filter.state}`}
      ${page.cursor === undefined ? sql`` : sql`AND id > ${page.cursor}`}
      ORDER BY id LIMIT ${page.limit}`,
  );
  return found.map(toApproval);
}

/** Thirty days after its end an approval is found in the events only. */
export async function sweepApprovals(db: Db, now: number): Promise<number> {
  return touched(db, sql`DELETE FROM approvals WHERE state <> 'pending' AND expires_at < ${new Date(now - 30 * 86_400_000)}`);
}
