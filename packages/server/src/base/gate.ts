/** What became of work handed to a gate: done, or never begun because the queue was full or the caller gave up while waiting. */
export type Gated<T> = { ran: true; value: T } | { ran: false; reason: 'full' | 'aborted' };

export interface Gate {
  /** Runs `work` as soon as a slot is free, in the order of asking. An abort takes it out of the queue, not out of a slot. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<Gated<T>>;
  /** Nothing running and nothing waiting. */
  idle(): boolean;
}

/**
 * At most `slots` pieces of work at once and at most `queue` waiting. Without the second bound a flood becomes memory,
 * and an honest caller waits behind all of it.
 */
export function createGate(limits: { slots: number; queue: number }): Gate {
  const waiting: Array<() => void> = [];
  let running = 0;

  const enter = (signal?: AbortSignal): Promise<'in' | 'full' | 'aborted'> => {
    if (signal?.aborted === true) return Promise.resolve('aborted');
    if (running < limits.slots) {
      running += 1;
      return Promise.resolve('in');
    }
    if (waiting.length >= limits.queue) return Promise.resolve('full');
    return new Promise((resolve) => {
      const start = () => {
        signal?.removeEventListener('abort', abandon);
        resolve('in');
      };
      const abandon = () => {
        const at = waiting.indexOf(start);
        if (at >= 0) waiting.splice(at, 1);
        resolve('aborted');
      };
      waiting.push(start);
      signal?.addEventListener('abort', abandon, { once: true });
    });
  };

  const leave = () => {
    // The slot is handed over, not freed: a newcomer must not overtake those who wait.
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return {
    idle: () => running === 0 && waiting.length === 0,
    run: async (work, signal) => {
      const entry = await enter(signal);
      if (entry !== 'in') return { ran: false, reason: entry };
      try {
        return { ran: true, value: await work() };
      } finally {
        leave();
      }
    },
  };
}
