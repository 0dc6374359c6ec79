import { isIdentityScope } from '@writ/protocol';
import { fail, ok, type Result } from '../../base/result.ts';
import { isOver, type Grant } from './grant.ts';

/** Scopes that were taken from a grant after the person had said yes to them. Times in milliseconds since the epoch. */
export type Narrowing = {
  id: string;
  grantId: string;
  removed: readonly string[];
  reason: string;
  /** The person of the grant took them at their own page. Somebody who is an administrator as well takes in one capacity or the other. */
  own: boolean;
  at: number;
  undoneAt?: number;
  /** Of the yes that held them; a newer yes has its own answer to each scope. */
  consentedAt: number;
};

/** `ended`: revoked, or over. `nothing_left`: without these it opens nothing, and ending it is another deed. `identity`: who somebody is is not narrowed. */
export type NarrowFault = 'unknown' | 'ended' | 'nothing_left' | 'identity';

/** What taking these scopes leaves; undefined: none of them is in it, so nothing would change. */
export function narrowed(
  grant: Grant,
  remove: readonly string[],
  now: number,
): Result<{ removed: readonly string[]; left: readonly string[] } | undefined, NarrowFault> {
  if (grant.state === 'revoked' || isOver(grant, now)) return fail('ended');
  if (remove.some(isIdentityScope)) return fail('identity');
  const removed = grant.scopes.filter((name) => remove.includes(name));
  if (removed.length === 0) return ok(undefined);
  const left = grant.scopes.filter((name) => !removed.includes(name));
  return left.every(isIdentityScope) ? fail('nothing_left') : ok({ removed, left });
}

/** How long a narrowing can be taken back. */
export const UNDO_MS = 30 * 86_400_000;

/** `undone`: it was taken back already. `late`: too long ago. `asked_anew`: the person has said yes anew since, and that counts. `others`: who took them was somebody else, of whom it is to give them back. */
export type UndoFault = 'unknown' | 'ended' | 'undone' | 'late' | 'asked_anew' | 'others';

/**
 * The scopes of the grant with those that were taken. `own`: it is the person who gives them back. `within`: what the tenant's grant holds that this one follows from. Never more than the person
 * said yes to: what was taken was in the grant of that same yes.
 */
export function restored(
  grant: Grant,
  narrowing: Narrowing,
  of: { within: readonly string[] | undefined; own: boolean; now: number },
): Result<readonly string[], UndoFault> {
  if (grant.state === 'revoked' || isOver(grant, of.now)) return fail('ended');
  // What a person took they alone give back, and not what an administrator took, even if that was they.
  if (of.own !== narrowing.own) return fail('others');
  if (narrowing.undoneAt !== undefined) return fail('undone');
  if (of.now > narrowing.at + UNDO_MS) return fail('late');
  if (grant.consentedAt !== narrowing.consentedAt) return fail('asked_anew');
  const back = narrowing.removed.filter((name) => of.within?.includes(name) !== false && !grant.scopes.includes(name));
  return ok([...grant.scopes, ...back]);
}
