/**
 * A bounded read-through cache (least recently used goes first). One load per key at a time; a failed load is not kept.
 * A value loaded before an invalidation that arrives during the load is handed to its waiters but not kept: it may be stale.
 */
export type Cache<V> = {
  get(key: string): V | undefined | Promise<V | undefined>;
  invalidate(key: string): void;
  clear(): void;
  size(): number;
};

export function createCache<V>(load: (key: string) => Promise<V | undefined>, max: number): Cache<V> {
  const values = new Map<string, V>();
  const loading = new Map<string, Promise<V | undefined>>();
  let epoch = 0;

  const fetchValue = (key: string): Promise<V | undefined> => {
    const began = epoch;
    const pending = load(key)
      .then((value) => {
        if (value !== undefined && began === epoch) {
          values.set(key, value);
          if (values.size > max) dropOldest(values);
        }
        return value;
      })
      .finally(() => {
        if (loading.get(key) === pending) loading.delete(key);
      });
    loading.set(key, pending);
    return pending;
  };

  return {
    get(key) {
      const hit = values.get(key);
      if (hit === undefined) return loading.get(key) ?? fetchValue(key);
      // Moving a hit to the end on every read would cost more than it brings: only when the cache is nearly full does order matter.
      if (values.size * 10 > max * 9) {
        values.delete(key);
        values.set(key, hit);
      }
      return hit;
    },
    invalidate(key) {
      epoch += 1;
      values.delete(key);
      loading.delete(key);
    },
    clear() {
      epoch += 1;
      values.clear();
      loading.clear();
    },
    size: () => values.size,
  };
}

function dropOldest<V>(values: Map<string, V>): void {
  const oldest = values.keys().next();
  if (!oldest.done) values.delete(oldest.value);
}
