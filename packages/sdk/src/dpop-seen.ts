export type Seen = {
  /** True the first time; false for a repeat, and for a proof as old as what had to be forgotten. `iat` in seconds, `now` in milliseconds. */
  isFirst(id: string, iat: number, now: number): boolean;
};

/**
 * Proofs that were used, in bounded memory. Each is remembered until it would be too old anyway; when memory is full the oldest goes, and
 * with it every proof of its age or older: forgetting must never let one be used again.
 */
export function createSeen(max: number, windowSeconds: number): Seen {
  /** When each was made, by its id; the oldest arrival first. */
  const used = new Map<string, number>();
  let floor = -Infinity;

  const makeRoom = (seconds: number): void => {
    if (used.size < max) return;
    for (const [id, iat] of used) if (iat + windowSeconds < seconds) used.delete(id);
    for (const [id, iat] of used) {
      if (used.size < max) return;
      used.delete(id);
      floor = Math.max(floor, iat);
    }
  };

  return {
    isFirst(id, iat, now) {
      if (used.has(id) || iat <= floor) return false;
      makeRoom(now / 1000);
      used.set(id, iat);
      return true;
    },
  };
}
