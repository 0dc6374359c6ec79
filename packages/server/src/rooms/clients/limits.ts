/** A bucket of tokens: `size` at once, one more every `refillMs`. State is two numbers, so that a hundred thousand addresses fit. */
export type BucketRule = { size: number; refillMs: number };

export type Limiter = {
  /** Takes one; or says in how many seconds there is one. */
  take(key: string, now: number): { ok: true } | { ok: false; retryAfter: number };
};

/**
 * Buckets by key, bounded. When there are too many keys the oldest is forgotten: a flood of addresses frees itself, and nobody else is
 * held up for it; what must hold exactly is counted in the database.
 */
export function createLimiter(rule: BucketRule, maxKeys = 50_000): Limiter {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(key, now) {
      const known = buckets.get(key);
      const left = known === undefined ? rule.size : Math.min(rule.size, known.left + Math.max(0, now - known.at) / rule.refillMs);
      buckets.delete(key);
      buckets.set(key, { left: left >= 1 ? left - 1 : left, at: now });
      if (buckets.size > maxKeys) dropOldest(buckets);
      return left >= 1 ? { ok: true } : { ok: false, retryAfter: Math.max(1, Math.ceil(((1 - left) * rule.refillMs) / 1000)) };
    },
  };
}

function dropOldest(buckets: Map<string, unknown>): void {
  const oldest = buckets.keys().next();
  if (!oldest.done) buckets.delete(oldest.value);
}

/** Whom to count an address as: an IPv6 network of 64 bits is one subscriber, who can use any address in it. */
export function addressGroup(ip: string): string {
  if (!ip.includes(':')) return ip;
  const [head = '', tail] = ip.split('%')[0]?.toLowerCase().split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const filled =
    tail === undefined ? front : [...front, ...Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0'), ...back];
  return `${filled
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
