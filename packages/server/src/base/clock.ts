/** The only place that reads the machine's time. Everything else is given `now` (milliseconds since the epoch). */
export type Clock = { now(): number };

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that tests move by hand. */
export function fixedClock(start: number): Clock & { set(now: number): void; advance(ms: number): void } {
  let current = start;
  return {
    now: () => current,
    set: (now) => {
      current = now;
    },
    advance: (ms) => {
      current += ms;
    },
  };
}
