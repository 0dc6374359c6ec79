/** A token this close to its end is not handed out: what gets it still has to use it. */
export const MARGIN_MS = 60_000;
/** Two forced refreshes closer than this are one: fifty callers that met one 401 must not be fifty requests to the provider. */
export const FORCE_APART_MS = 10_000;

const AHEAD_MS = 10 * 60_000;
const SPREAD_MS = 5 * 60_000;

export type Age = { expiresAt: number | undefined; refreshedAt: number };

/**
 * Whether a credential must be refreshed before it is used now. A token whose end nobody knows is used until somebody says it does not work; one that
 * is over is over, however young it is.
 */
export function isDue({ expiresAt, refreshedAt }: Age, now: number, force: boolean): boolean {
  if (force && now - refreshedAt >= FORCE_APART_MS) return true;
  return expiresAt !== undefined && expiresAt - marginOf({ expiresAt, refreshedAt }) <= now;
}

/** Never more than a tenth of the token's life, or a provider whose tokens live for a minute would be asked each time. */
function marginOf({ expiresAt, refreshedAt }: { expiresAt: number; refreshedAt: number }): number {
  return Math.min(MARGIN_MS, Math.max(0, expiresAt - refreshedAt) / 10);
}

/**
 * When the background refreshes it: ten to fifteen minutes ahead, spread by id so that what was connected together is not refreshed together, and
 * never before half of its life is over.
 */
export function aheadAt({ expiresAt, refreshedAt }: { expiresAt: number; refreshedAt: number }, id: string): number {
  const half = refreshedAt + Math.max(0, expiresAt - refreshedAt) / 2;
  return Math.max(half, expiresAt - AHEAD_MS - spread(id) * SPREAD_MS);
}

/** 0 to 1, always the same for one id (FNV-1a). */
export function spread(id: string): number {
  let value = 0x811c9dc5;
  for (const character of id) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value / 0x1_0000_0000;
}

const FIRST_BACKOFF_MS = 5_000;
const LONGEST_BACKOFF_MS = 30 * 60_000;

/** When a credential may be tried again after `attempts` failures in a row. Between half and the whole of a doubling pause. */
export function nextTryAt(of: { attempts: number; now: number; id: string; retryAt?: number | undefined }): number {
  const pause = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(20, Math.max(0, of.attempts - 1)));
  const jittered = pause * (0.5 + spread(`${of.id}/${of.attempts}`) / 2);
  return Math.max(of.now + jittered, of.retryAt ?? 0);
}
