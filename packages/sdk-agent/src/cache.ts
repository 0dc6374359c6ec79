import type { Clock } from './clock.ts';
import type { Outcome, Token } from './outcome.ts';

type Entry = { readonly token: Token; readonly renewAt: number; triedAt: number };

export type TokenCache = {
  /** The kept token of this key, or what `obtain` brings. However many ask at once, the hub is asked once. */
  get(key: string, obtain: () => Promise<Outcome>): Promise<Outcome>;
  /** Keeps a token that came another way. It is not renewed ahead: a person had to decide for it. */
  put(key: string, token: Token): void;
  /** Forgets one token wherever it is kept. */
  drop(accessToken: string): void;
};

/** Milliseconds: a token this close to its end would expire on its way. */
const LEEWAY = 5_000;
/** Renewed in the background this long before its end, or in the last fifth of its life where that is shorter. */
const AHEAD = 60_000;
/** After a renewal ahead of time that brought no token: how long the one that is still good is left alone. */
const TRY_AGAIN = 10_000;

const isGood = ({ expiresAt }: Token, now: number): boolean => expiresAt !== undefined && expiresAt - LEEWAY > now;

/**
 * Access tokens by what they are for, in memory. `isDead`: whether a signal named somebody the token speaks for or through; such a token is
 * never handed out again. Bounded: when it is full, the one unused for longest goes.
 */
export function createTokenCache(clock: Clock, isDead: (token: Token) => boolean, maxEntries: number): TokenCache {
  const entries = new Map<string, Entry>();
  const running = new Map<string, Promise<Outcome>>();

  const keep = (key: string, token: Token, renewAt: number): void => {
    entries.delete(key);
    if (!isGood(token, clock())) return;
    const [oldest] = entries.keys();
    if (entries.size >= maxEntries && oldest !== undefined) entries.delete(oldest);
    entries.set(key, { token, renewAt, triedAt: -Infinity });
  };

  const obtainOnce = (key: string, obtain: () => Promise<Outcome>): Promise<Outcome> => {
    const asked = running.get(key);
    if (asked !== undefined) return asked;
    const began = clock();
    const asking = obtain()
      .then((outcome) => {
        const { token } = outcome.kind === 'token' ? outcome : {};
        if (token?.expiresAt !== undefined) keep(key, token, token.expiresAt - Math.min(AHEAD, (token.expiresAt - began) / 5));
        return outcome;
      })
      .finally(() => running.delete(key));
    running.set(key, asking);
    return asking;
  };

  return {
    async get(key, obtain) {
      const now = clock();
      const entry = entries.get(key);
      if (entry === undefined || !isGood(entry.token, now) || isDead(entry.token)) {
        entries.delete(key);
        return obtainOnce(key, obtain);
      }
      // Moved to the end: the order of the map is the order of use.
      entries.delete(key);
      entries.set(key, entry);
      if (now >= entry.renewAt && now - entry.triedAt >= TRY_AGAIN) {
        entry.triedAt = now;
        // Whatever comes of it, the kept token is good until it expires.
        obtainOnce(key, obtain).catch(() => undefined);
      }
      return { kind: 'token', token: entry.token };
    },
    put: (key, token) => keep(key, token, Infinity),
    drop(accessToken) {
      for (const [key, { token }] of entries) if (token.accessToken === accessToken) entries.delete(key);
    },
  };
}
