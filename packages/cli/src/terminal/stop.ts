const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm and the terminal both pass on one Ctrl-C, so the second signal of one key press is not a second wish. */
const SAME_WISH_MS = 1_000;

/**
 * Runs `work` until it ends or somebody asks to stop (Ctrl-C, SIGTERM); then its signal aborts and it may finish in order. Who asks a
 * second time does not want to wait: the process ends at once.
 */
export async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  let last = -Infinity;
  const ask = (): void => {
    const now = performance.now();
    if (stop.signal.aborted && now - last > SAME_WISH_MS) process.exit(1);
    last = now;
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, ask);
  try {
    await work(stop.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, ask);
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
