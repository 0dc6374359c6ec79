/** One thing to work on; of one key only one is under way at a time. */
export type Errand = { key: string; work(): Promise<void> };

/** Looks again and again for what is due, and works on it. */
export type Runner = {
  start(): void;
  /** One look at what is due, and all of it worked off: for tests, which bring their own time. */
  run(): Promise<void>;
  /** No further look; resolves when what was under way has ended. */
  stop(): Promise<void>;
};

export type RunnerDeps = {
  /** From the end of one look to the next. */
  pauseMs: number;
  due(): Promise<readonly Errand[]>;
  /** `key` undefined: the look itself went wrong. */
  onError(error: unknown, key: string | undefined): void;
  /** Breaks off what is under way, so that nobody waits for others to answer. */
  abort(): Promise<void>;
};

/** Things are worked on side by side: one that drags its feet keeps nobody else waiting, and no look waits for it. */
export function createRunner({ pauseMs, due, onError, abort }: RunnerDeps): Runner {
  const busy = new Map<string, Promise<void>>();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  const begin = ({ key, work }: Errand): Promise<void> => {
    const under = busy.get(key);
    if (under !== undefined) return under;
    const working = work()
      .catch((error: unknown) => onError(error, key))
      .finally(() => busy.delete(key));
    busy.set(key, working);
    return working;
  };
  const look = async (): Promise<Promise<void>[]> => {
    const errands = await due();
    return stopping ? [] : errands.map(begin);
  };
  const loop = (): void => {
    if (stopping) return;
    timer = setTimeout(() => {
      look()
        .catch((error: unknown) => onError(error, undefined))
        .finally(loop);
    }, pauseMs);
    timer.unref();
  };

  return {
    start: loop,
    async run() {
      await Promise.all(await look());
    },
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await abort();
      await Promise.all(busy.values());
    },
  };
}
