import type { State } from '../tenants/tenant.ts';
import type { AuthorizationFacts } from './facts.ts';

/**
 * One line of refresh tokens: the current one, the one before it, and the states of everything behind it, read in one statement.
 * Tokens are `<family id>.<secret>`; only digests of the secret are kept.
 */
export type Family = {
  id: string;
  clientId: string;
  agentId: string;
  grantId: string;
  userId: string | undefined;
  tenantId: string | undefined;
  facts: AuthorizationFacts;
  hash: string;
  previousHash: string | undefined;
  generation: number;
  rotatedAt: number;
  idleExpiresAt: number;
  expiresAt: number;
  revokedAt: number | undefined;
  lastJti: string | undefined;
  lastExpiresAt: number | undefined;
  states: { client: State; agent: State; user?: State | undefined; tenant?: State | undefined; grant: State };
};

/** Two requests that crossed, or an answer that was lost: within this time the parent still leads to the same child. */
export const GRACE_MS = 60_000;

/** What a presented token is to its family. `replayed`: it was rotated away long ago; somebody kept a copy. */
export type Presented = { kind: 'current' } | { kind: 'repeated' } | { kind: 'replayed' } | { kind: 'refused'; reason: 'client_mismatch' | 'revoked' | 'expired_idle' | 'expired' };

/**
 * Judges a presented token by its digest. A token of another client is refused and the family left alone: otherwise a client could kill what
 * it merely overheard. A digest that is neither the current nor the one before belongs to an older generation: only the family's own
 * secrets lead to its id, and guessing 256 bits is not a case.
 */
export function judgePresented(family: Family, of: { digest: string; clientId: string; now: number; same(a: string, b: string): boolean }): Presented {
  if (family.clientId !== of.clientId) return { kind: 'refused', reason: 'client_mismatch' };
  if (family.revokedAt !== undefined) return { kind: 'refused', reason: 'revoked' };
  if (of.now >= family.expiresAt) return { kind: 'refused', reason: 'expired' };
  if (of.now >= family.idleExpiresAt) return { kind: 'refused', reason: 'expired_idle' };
  if (of.same(family.hash, of.digest)) return { kind: 'current' };
  const isParent = family.previousHash !== undefined && of.same(family.previousHash, of.digest);
  return isParent && of.now < family.rotatedAt + GRACE_MS ? { kind: 'repeated' } : { kind: 'replayed' };
}

/** Splits `<family id>.<secret>`; undefined for anything that no family of ours ever had. */
export function splitRefreshToken(token: string): { familyId: string; secret: string } | undefined {
  const found = /^(fam_[0-9a-v]{26})\.([A-Za-z0-9_-]{43})$/.exec(token);
  return found?.[1] === undefined || found[2] === undefined ? undefined : { familyId: found[1], secret: found[2] };
}
