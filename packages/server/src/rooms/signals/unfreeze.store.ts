import { sql, type RawBuilder } from 'kysely';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft, EventType } from '../audit/event.ts';
import type { ContainKind } from './stop.ts';
import { isOf, type Ended } from './stops.store.ts';
import type { Unfreeze } from './unfreeze.ts';

type UnfreezeRow = {
  id: string;
  kind: ContainKind;
  subject: string;
  tenant_id: string | null;
  reason: string;
  asked_by: Unfreeze['askedBy'];
  parties: string[];
  state: Unfreeze['state'];
  asked_at: number;
  expires_at: number;
  decided_at: number | null;
  decided_by: Unfreeze['askedBy'] | null;
  decided_for: string | null;
};

const COLUMNS: RawBuilder<unknown> = sql.raw(
  'id, kind, subject, tenant_id, reason, asked_by, parties, state, asked_at, expires_at, decided_at, decided_by, decided_for',
);

function toUnfreeze(found: UnfreezeRow): Unfreeze {
  const { id, kind, subject, reason, parties, state } = found;
  return {
    id,
    kind,
    subject,
    ...(found.tenant_id === null ? {} : { tenantId: found.tenant_id }),
    reason,
    askedBy: found.asked_by,
    parties,
    state,
    askedAt: found.asked_at,
    expiresAt: found.expires_at,
    ...(found.decided_at === null ? {} : { decidedAt: found.decided_at }),
    ...(found.decided_by === null ? {} : { decidedBy: found.decided_by }),
    ...(found.decided_for === null ? {} : { decidedFor: found.decided_for }),
  };
}

export type Asking = Pick<Unfreeze, 'kind' | 'subject' | 'reason' | 'askedBy' | 'parties'> & {
  tenantId?: string | undefined;
  now: number;
  expiresAt: number;
};

/** One request waits for each thing: of many who ask at once one made it, and all are told of that one. */
export async function askUnfreeze(tx: Tx, of: Asking): Promise<{ request: Unfreeze; made: boolean }> {
  const made = await row(
    tx,
    sql<UnfreezeRow>`INSERT INTO unfreezes (id, kind, subject, tenant_id, reason, asked_by, parties, asked_at, expires_at)
      VALUES (${newId('unf', of.now)}, ${of.kind}, ${of.subject}, ${of.tenantId ?? null}, ${of.reason}, ${JSON.stringify(of.askedBy)}, ${[...of.parties]},
        ${new Date(of.now)}, ${new Date(of.expiresAt)})
      ON CONFLICT (kind, subject) WHERE state = 'waiting' DO NOTHING RETURNING ${COLUMNS}`,
  );
  if (made !== undefined) return { request: toUnfreeze(made), made: true };
  const there = await row(
    tx,
    sql<UnfreezeRow>`SELECT ${COLUMNS} FROM unfreezes WHERE kind = ${of.kind} AND subject = ${of.subject} AND state = 'waiting'`,
  );
  if (there === undefined) throw new Error('a request that waits could not be read');
  return { request: toUnfreeze(there), made: false };
}

export async function findUnfreeze(db: Db, id: string): Promise<Unfreeze | undefined> {
  const found = await row(db, sql<UnfreezeRow>`SELECT ${COLUMNS} FROM unfreezes WHERE id = ${id}`);
  return found === undefined ? undefined : toUnfreeze(found);
}

/** A page, newest first. */
export async function listUnfreezes(
  db: Db,
  by: { kind?: ContainKind | undefined; subject?: string | undefined; state?: Unfreeze['state'] | undefined },
  page: { limit: number; cursor?: string | undefined },
): Promise<Unfreeze[]> {
  const found = await rows(
    db,
    sql<UnfreezeRow>`SELECT ${COLUMNS} FROM unfreezes WHERE true
      ${by.kind === undefined ? sql`` : sql`AND kind = ${by.kind}`} ${by.subject === undefined ? sql`` : sql`AND subject = ${by.subject}`}
      ${by.state === undefined ? sql`` : sql`AND state = ${by.state}`} ${page.cursor === undefined ? sql`` : sql`AND id < ${page.cursor}`}
      ORDER BY id DESC LIMIT ${page.limit}`,
  );
  return found.map(toUnfreeze);
}

export type Deciding = { id: string; to: 'confirmed' | 'refused'; by: Author; reason: string; now: number };

/** The gate: of many who decide at once one does, and nobody once its time is over. */
export async function decideUnfreeze(tx: Tx, of: Deciding): Promise<Unfreeze | undefined> {
  const now = new Date(of.now);
  const decided = await row(
    tx,
    sql<UnfreezeRow>`UPDATE unfreezes SET state = ${of.to}, decided_at = ${now}, decided_by = ${JSON.stringify(of.by.actor)}, decided_for = ${of.reason}
      WHERE id = ${of.id} AND state = 'waiting' AND expires_at > ${now} RETURNING ${COLUMNS}`,
  );
  return decided === undefined ? undefined : toUnfreeze(decided);
}

/** Ends what nobody decided in time; of one thing only where it is named. */
export async function expireUnfreezes(tx: Tx, now: number, of?: { kind: ContainKind; subject: string }): Promise<Unfreeze[]> {
  const ended = await rows(
    tx,
    sql<UnfreezeRow>`UPDATE unfreezes SET state = 'expired', decided_at = ${new Date(now)} WHERE state = 'waiting' AND expires_at <= ${new Date(now)}
      ${of === undefined ? sql`` : sql`AND kind = ${of.kind} AND subject = ${of.subject}`} RETURNING ${COLUMNS}`,
  );
  return ended.map(toUnfreeze);
}

/** What was asked is moot: the thing was let go otherwise, or revoked. Said by the entry of that. */
export async function withdrawUnfreezes(tx: Tx, of: { kind: ContainKind; id: string; now: number }): Promise<number> {
  return touched(
    tx,
    sql`UPDATE unfreezes SET state = 'withdrawn', decided_at = ${new Date(of.now)} WHERE kind = ${of.kind} AND subject = ${of.id} AND state = 'waiting'`,
  );
}

/** As {@link withdrawUnfreezes}, of what ended with something else. */
export async function withdrawEnded(tx: Tx, ended: Ended, now: number): Promise<void> {
  await sql`UPDATE unfreezes SET state = 'withdrawn', decided_at = ${new Date(now)} WHERE state = 'waiting' AND ${isOf(ended)}`.execute(tx);
}

/** An entry about a request; its target is what should go on. */
export function unfreezeEntry(
  type: Extract<EventType, `unfreeze.${string}`>,
  request: Unfreeze,
  of: { by: Author; reason?: string; outcome?: EventDraft['outcome']; data?: EventDraft['data'] },
): EventDraft {
  const { by, reason, outcome = 'success' } = of;
  return {
    tenant: request.tenantId,
    type,
    initiator: by.initiator,
    actor: by.actor,
    target: { type: request.kind, id: request.subject },
    outcome,
    ...(reason === undefined ? {} : { reason }),
    origin: by.origin,
    data: { unfreeze: request.id, askedBy: request.askedBy.user ?? request.askedBy.client ?? 'hub', ...of.data },
  };
}
