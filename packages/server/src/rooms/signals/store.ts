import { sql, type RawBuilder } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import type { EventDraft, EventOrigin } from '../audit/event.ts';
import type { Signal, SignalKind, SignalState } from './signal.ts';

type SignalRow = Omit<Signal, 'tenantId'> & { tenant_id: string | null };

const COLUMNS: RawBuilder<unknown> = sql.raw('seq, id, at, kind, subject, state, reason, tenant_id');

function toSignal({ tenant_id, ...found }: SignalRow): Signal {
  return { ...found, ...(tenant_id === null ? {} : { tenantId: tenant_id }) };
}

export type NewSignal = {
  kind: SignalKind;
  subject: string;
  state: SignalState;
  reason: string;
  tenantId?: string | undefined;
  now: number;
};

/**
 * Writes a signal inside the change that causes it. The number comes from the head row, whose lock is held to the end of the transaction:
 * a receiver that has seen n will never be shown a smaller number later.
 */
export async function sendSignal(tx: Tx, of: NewSignal): Promise<Signal> {
  const head = await row(tx, sql<{ seq: number }>`UPDATE signal_head SET seq = seq + 1 RETURNING seq`);
  if (head === undefined) throw new Error('the head of signals is missing');
  const made = await row(
    tx,
    sql<SignalRow>`INSERT INTO signals (seq, id, at, kind, subject, state, reason, tenant_id)
      VALUES (${head.seq}, ${newId('sig', of.now)}, ${new Date(of.now)}, ${of.kind}, ${of.subject}, ${of.state}, ${of.reason}, ${of.tenantId ?? null}) RETURNING ${COLUMNS}`,
  );
  if (made === undefined) throw new Error('a signal was not written');
  return toSignal(made);
}

/** Signals after `after`, oldest first. */
export async function listSignals(db: Db, of: { after: number; limit: number }): Promise<Signal[]> {
  const found = await rows(db, sql<SignalRow>`SELECT ${COLUMNS} FROM signals WHERE seq > ${of.after} ORDER BY seq LIMIT ${of.limit}`);
  return found.map(toSignal);
}

/** Signals before `before`, newest first. */
export async function newestSignals(db: Db, of: { before?: number | undefined; limit: number }): Promise<Signal[]> {
  const beyond = of.before === undefined ? sql`` : sql`WHERE seq < ${of.before}`;
  return (await rows(db, sql<SignalRow>`SELECT ${COLUMNS} FROM signals ${beyond} ORDER BY seq DESC LIMIT ${of.limit}`)).map(toSignal);
}

export async function findSignal(db: Db, seq: number): Promise<Signal | undefined> {
  const found = await row(db, sql<SignalRow>`SELECT ${COLUMNS} FROM signals WHERE seq = ${seq}`);
  return found === undefined ? undefined : toSignal(found);
}

/** The newest signal about something; undefined when none was sent. */
export async function lastAbout(db: Db, kind: SignalKind, subject: string): Promise<Signal | undefined> {
  const found = await row(
    db,
    sql<SignalRow>`SELECT ${COLUMNS} FROM signals WHERE kind = ${kind} AND subject = ${subject} ORDER BY seq DESC LIMIT 1`,
  );
  return found === undefined ? undefined : toSignal(found);
}

/** The number of the last signal older than `time`: where a receiver that starts anew begins. */
export async function lastBefore(db: Db, time: number): Promise<number> {
  return (await row(db, sql<{ seq: number | null }>`SELECT max(seq) AS seq FROM signals WHERE at < ${new Date(time)}`))?.seq ?? 0;
}

/** The newest number, 0 before the first signal. */
export async function headOfSignals(db: Db): Promise<number> {
  return (await row(db, sql<{ seq: number }>`SELECT seq FROM signal_head`))?.seq ?? 0;
}

/** The entry for a signal. */
export function signalSent(signal: Signal, origin: EventOrigin, actor: EventDraft['actor']): EventDraft {
  return {
    tenant: signal.tenantId,
    type: 'signal.sent',
    initiator: 'hub',
    actor,
    target: { type: signal.kind, id: signal.subject },
    outcome: 'success',
    reason: signal.reason,
    origin,
    data: { seq: signal.seq, state: signal.state },
  };
}
