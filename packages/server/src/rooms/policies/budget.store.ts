import { sql } from 'kysely';
import { row, rows, type Db } from '../../base/db.ts';
import { firstSlot, retryAfter, slotAt, slotMs, type Uses } from './budget.ts';
import type { BudgetWanted } from './requirements.ts';

/** Takes one use of a budget for one agent, or says in how many seconds to try again. */
export type TakeBudget = (db: Db, of: Omit<BudgetWanted, 'scopes'> & { agent: string; now: number }) => Promise<BudgetTaken>;
export type BudgetTaken = { ok: true } | { ok: false; retryAfter: number };

/**
 * One conditional statement on one row, which is the gate for every node: of any number that take the last use at the same moment, one gets it.
 * Time on a row never goes back, so a node whose clock is behind counts into the latest slot instead of forgetting what others counted.
 * A use is not given back when a later step fails: who counts too much never issues too much.
 */
export const takeBudget: TakeBudget = async (db, { rule, kind, limit, window, agent, now }) => {
  const slot = slotAt(now, window);
  const taken = await row(
    db,
    sql<{ ok: boolean }>`INSERT INTO policy_budgets AS b (rule, kind, agent_id, span, slot, uses, expires_at)
      VALUES (${rule}, ${kind}, ${agent}, ${window}, ${slot}, jsonb_build_object(${String(slot)}::text, 1), ${endOf(now, window)})
      ON CONFLICT (rule, kind, agent_id, span) DO UPDATE SET
        slot = greatest(b.slot, excluded.slot),
        uses = ${KEPT} || jsonb_build_object(greatest(b.slot, excluded.slot)::text, coalesce((b.uses ->> greatest(b.slot, excluded.slot)::text)::int, 0) + 1),
        expires_at = greatest(b.expires_at, excluded.expires_at)
      WHERE (SELECT coalesce(sum(value::int), 0) FROM jsonb_each_text(${KEPT})) < ${limit}
      RETURNING true AS ok`,
  );
  if (taken !== undefined) return { ok: true };
  const uses = (await findUses(db, { rule, kind, agent, window })) ?? {};
  return { ok: false, retryAfter: Math.max(1, retryAfter(uses, limit, now, window)) };
};

/** Whether one use is left at this moment; takes nothing. Asked before a person is bothered for what could not be issued anyway. */
export const seeBudget: TakeBudget = async (db, { rule, kind, limit, window, agent, now }) => {
  const uses = (await findUses(db, { rule, kind, agent, window })) ?? {};
  const wait = retryAfter(uses, limit, now, window);
  return wait === 0 ? { ok: true } : { ok: false, retryAfter: wait };
};

/** The slots of the row that still count when this use falls into its slot. */
const KEPT = sql`(SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(b.uses) WHERE key::bigint >= greatest(b.slot, excluded.slot) - ${sql.raw(String(-firstSlot(0)))})`;

/** When nothing of the row counts any more. */
function endOf(now: number, window: number): Date {
  return new Date(now + window * 1000 + 2 * slotMs(window));
}

async function findUses(
  db: Db,
  { rule, kind, agent, window }: { rule: string; kind: string; agent: string; window: number },
): Promise<Uses | undefined> {
  const found = await row(
    db,
    sql<{
      uses: Uses;
    }>`SELECT uses FROM policy_budgets WHERE rule = ${rule} AND kind = ${kind} AND agent_id = ${agent} AND span = ${window}`,
  );
  return found?.uses;
}

/** What is used of one rule's budget, by agent; rows of an older window of the rule are not. */
export async function listUses(
  db: Db,
  of: { rule: string; window: number },
  page: { limit: number; cursor?: string | undefined },
): Promise<{ agent: string; kind: 'calls' | 'exchanges'; uses: Uses }[]> {
  return rows(
    db,
    sql<{ agent: string; kind: 'calls' | 'exchanges'; uses: Uses }>`SELECT agent_id AS agent, kind, uses FROM policy_budgets
      WHERE rule = ${of.rule} AND span = ${of.window} ${page.cursor === undefined ? sql`` : sql`AND (agent_id || ' ' || kind) COLLATE "C" > ${page.cursor}`}
      ORDER BY (agent_id || ' ' || kind) COLLATE "C" LIMIT ${page.limit}`,
  );
}

/** What one agent has used, of every rule; also rows of an older window of a rule. `window` in seconds. */
export async function usesOfAgent(
  db: Db,
  agent: string,
): Promise<{ rule: string; kind: 'calls' | 'exchanges'; window: number; uses: Uses }[]> {
  return rows(
    db,
    sql<{
      rule: string;
      kind: 'calls' | 'exchanges';
      window: number;
      uses: Uses;
    }>`SELECT rule, kind, span AS window, uses FROM policy_budgets
      WHERE agent_id = ${agent} ORDER BY rule, kind`,
  );
}

/** Clears away rows of which nothing counts any more. */
export async function sweepBudgets(db: Db, now: number): Promise<void> {
  await sql`DELETE FROM policy_budgets WHERE expires_at < ${new Date(now)}`.execute(db);
}
