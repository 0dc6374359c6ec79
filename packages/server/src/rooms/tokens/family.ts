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
  /** What the user allows by now: it may be less than when the family began. */
  grantScopes: readonly string[];
  grantExpiresAt: number | undefined;
  /** When the user last said yes. */
  grantConsentedAt: number | undefined;
  /** Moves whenever something is taken from the grant behind it: what was decided before is decided anew. */
  fence: number;
  states: { client: State; agent: State; user?: State | undefined; tenant?: State | undefined; grant: State };
};

/** An access token by what a revocation needs to know of it. `expiresAt`: milliseconds, whole seconds. */
export type LiveToken = { jti: string; expiresAt: number };

/** As the `live` column holds it. */
export function liveWord({ jti, expiresAt }: LiveToken): string {
  return `${jti}=${Math.floor(expiresAt / 1000)}`;
}

export function readLive(live: string): LiveToken[] {
  return live
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const mark = word.lastIndexOf('=');
      return { jti: word.slice(0, mark), expiresAt: Number(word.slice(mark + 1)) * 1000 };
    });
}

/** Two requests that crossed, or an answer that was lost: within this time the parent still leads to the same child. */
export const GRACE_MS = 60_000;

/** What a presented token is to its family. `replayed`: it was rotated away long ago; somebody kept a copy. `generation`: the one presented. */
export type Presented =
  | { kind: 'current' }
  | { kind: 'repeated' }
  | { kind: 'replayed'; generation: number }
  | { kind: 'refused'; reason: 'client_mismatch' | 'revoked' | 'expired_idle' | 'expired' | 'grant_expired' | 'not_of_family' };

/**
 * Judges a presented token by its digest. A token of another client is refused and the family left alone: otherwise a client could kill what
 * it merely overheard. So is one that was never of this family: a family id stands in entries and logs, and knowing it must not be enough
 * to end the family. `stepsToCurrent` says how many rotations lie between the presented secret and the current one.
 */
export function judgePresented(
  family: Family,
  of: { digest: string; clientId: string; now: number; same(a: string, b: string): boolean; stepsToCurrent(): number | undefined },
): Presented {
  if (family.clientId !== of.clientId) return { kind: 'refused', reason: 'client_mismatch' };
  if (family.revokedAt !== undefined) return { kind: 'refused', reason: 'revoked' };
  if (of.now >= family.expiresAt) return { kind: 'refused', reason: 'expired' };
  if (of.now >= family.idleExpiresAt) return { kind: 'refused', reason: 'expired_idle' };
  if (of.same(family.hash, of.digest)) return isOver(family, of.now) ? { kind: 'refused', reason: 'grant_expired' } : { kind: 'current' };
  if (family.previousHash !== undefined && of.same(family.previousHash, of.digest)) {
    if (of.now >= family.rotatedAt + GRACE_MS) return { kind: 'replayed', generation: family.generation - 1 };
    return isOver(family, of.now) ? { kind: 'refused', reason: 'grant_expired' } : { kind: 'repeated' };
  }
  const steps = of.stepsToCurrent();
  return steps === undefined ? { kind: 'refused', reason: 'not_of_family' } : { kind: 'replayed', generation: family.generation - steps };
}

function isOver({ grantExpiresAt }: Family, now: number): boolean {
  return grantExpiresAt !== undefined && now >= grantExpiresAt;
}

/** Splits `<family id>.<secret>`; undefined for anything that no family of ours ever had. */
export function splitRefreshToken(token: string): { familyId: string; secret: string } | undefined {
  const found = /^(fam_[0-9a-v]{26})\.([A-Za-z0-9_-]{43})$/.exec(token);
  return found?.[1] === undefined || found[2] === undefined ? undefined : { familyId: found[1], secret: found[2] };
}
