import { sql } from 'kysely';
import { row, touched, type Tx } from '../../base/db.ts';
import { OWNER_LEFT } from '../agents/owner.store.ts';
import type { State } from '../tenants/tenant.ts';
import type { EventDraft } from '../audit/event.ts';
import { PLURALS, type ContainKind, type Stop } from './stop.ts';
import { findStop } from './stops.store.ts';

type Freezing = {
  kind: ContainKind;
  id: string;
  to: State;
  reason: string;
  until?: number | undefined;
  by: { actor: EventDraft['actor'] };
  /** Letting one of its kind go takes two people now. */
  takesTwo: boolean;
};

/**
 * Whether an administrator's freeze holds longer than what holds the thing already. The clock, an owner who is back, a change that is accepted, a provider or a
 * tenant's grant would let it go behind the back of who froze it meanwhile, and was told that it is frozen. Where letting go takes two people nobody gives an
 * end to what has none: in a moment the clock would do what one alone may not.
 */
export function outlasts({ to, until, by, takesTwo }: Omit<Freezing, 'kind' | 'id' | 'reason'>, stop: Stop | undefined): boolean {
  if (to !== 'frozen' || !isSomebody(by.actor)) return false;
  if (until !== undefined && stop?.until === undefined && (takesTwo || stop?.secondPerson === true)) return false;
  if (stop === undefined || stop.reason === OWNER_LEFT || !isSomebody(stop.by)) return true;
  return stop.until !== undefined && (until === undefined || until > stop.until);
}

/** Of a stop that a provider's word or the hub made, no author is known. */
function isSomebody({ user, client }: EventDraft['actor']): boolean {
  return user !== undefined || client !== undefined;
}

/**
 * Makes the freeze of something that is frozen already this author's. Whatever would let it go by itself looks for its own reason there, and finds another. Gives the
 * stop that was; undefined: none can be taken over.
 */
export async function takeOver(tx: Tx, of: Freezing): Promise<{ was: Stop | undefined } | undefined> {
  if (of.to !== 'frozen') return undefined;
  // The thing first, then its row here: as everybody does.
  if (of.kind !== 'hub' && !(await restate(tx, PLURALS[of.kind], of))) return undefined;
  await row(tx, sql`SELECT 1 FROM containments WHERE kind = ${of.kind} AND subject = ${of.id} FOR UPDATE`);
  const was = await findStop(tx, of.kind, of.id);
  if (of.kind === 'hub' && was === undefined) return undefined;
  return outlasts(of, was) ? { was } : undefined;
}

async function restate(tx: Tx, table: string, { id, reason }: Freezing): Promise<boolean> {
  const named = sql`UPDATE ${sql.table(table)} SET state_reason = ${reason}, version = version + 1 WHERE id = ${id} AND state = 'frozen'`;
  return (await touched(tx, named)) > 0;
}
