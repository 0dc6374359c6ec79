/**
 * Something small that every request asks, kept whole in memory: read again after each change this node hears of. Until a reading succeeds
 * the last one stays in use and the reading is tried again: a database that was away for a second must not leave old policy in force for good.
 */
export type Snapshot<T> = {
  /** Resolves when the value is as fresh as the last change this node heard of; rejects when it cannot be read. */
  ready(): Promise<void>;
  /** The value last read. Throws before the first {@link ready}: that is a house wired in the wrong order. */
  current(): T;
  /** Something changed: read again. */
  stale(): void;
};

export function createSnapshot<T>(deps: {
  name: string;
  load(): Promise<T>;
  onError(error: unknown): void;
  retryMs?: number;
}): Snapshot<T> {
  let held: { value: T } | undefined;
  let loading: Promise<void> | undefined;
  let isStale = true;
  let retry: NodeJS.Timeout | undefined;

  const load = async (): Promise<void> => {
    // A change that arrives while we read makes the reading stale at once: read until none did.
    while (isStale) {
      isStale = false;
      try {
        held = { value: await deps.load() };
      } catch (error) {
        isStale = true;
        throw error;
      }
    }
  };
  const ready = (): Promise<void> => {
    if (!isStale && loading === undefined) return Promise.resolve();
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  };
  const refresh = (): void => {
    ready().catch((error: unknown) => {
      deps.onError(error);
      clearTimeout(retry);
      retry = setTimeout(refresh, deps.retryMs ?? 500);
      retry.unref();
    });
  };

  return {
    ready,
    current() {
      if (held === undefined) throw new Error(`${deps.name}: asked before it was read`);
      return held.value;
    },
    stale() {
      isStale = true;
      refresh();
    },
  };
}
