export type Seen = {
  /**
   * True the first time; false for a repeat, and for a proof as old as what of its key had to be forgotten. `key`: the thumbprint; `iat` in
   * seconds, `now` in milliseconds.
   */
  isFirst(key: string, jti: string, iat: number, now: number): boolean;
};

type Used = { readonly key: string; readonly iat: number };

/** Looking through all of them for those that are too old costs much, and a second changes little. Seconds. */
const SWEEP_PAUSE = 1;

/**
 * Proofs that were used, in bounded memory. Each is remembered until it would be too old anyway; when memory is full the oldest goes, and
 * with it every proof of its key that is of its age or older: forgetting must never let one be used again. Only of its key, or whoever has one
 * token could shut out all others by many proofs that lie ahead in time.
 */
export function createSeen(max: number, windowSeconds: number): Seen {
  /** The oldest arrival first. */
  const used = new Map<string, Used>();
  const floors = new Map<string, number>();
  let sweptAt = -Infinity;
  /** For all keys: raised only when there are too many keys to tell apart. */
  let floor = -Infinity;

  const sweep = (seconds: number): void => {
    if (seconds - sweptAt < SWEEP_PAUSE) return;
    sweptAt = seconds;
    for (const [id, { iat }] of used) if (iat + windowSeconds < seconds) used.delete(id);
    for (const [key, iat] of floors) if (iat + windowSeconds < seconds) floors.delete(key);
  };

  const raise = (key: string, iat: number): void => {
    floors.set(key, Math.max(floors.get(key) ?? -Infinity, iat));
    const [oldest] = floors;
    if (floors.size <= max || oldest === undefined) return;
    floors.delete(oldest[0]);
    floor = Math.max(floor, oldest[1]);
  };

  const makeRoom = (seconds: number): void => {
    if (used.size < max) return;
    sweep(seconds);
    for (const [id, { key, iat }] of used) {
      if (used.size < max) return;
      used.delete(id);
      raise(key, iat);
    }
  };

  return {
    isFirst(key, jti, iat, now) {
      const id = `${key} ${jti}`;
      if (used.has(id) || iat <= floor || iat <= (floors.get(key) ?? -Infinity)) return false;
      makeRoom(now / 1000);
      used.set(id, { key, iat });
      return true;
    },
  };
}
