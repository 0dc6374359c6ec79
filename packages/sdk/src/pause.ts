/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}

/** Between a half and the whole of `ms`, so that a thousand resource servers do not return to a restarted hub in the same instant. */
export function jitter(ms: number): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return ms / 2 + (ms / 2) * (random / 2 ** 32);
}
