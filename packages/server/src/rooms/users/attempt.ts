/**
 * How many guesses a stranger gets. An account: five, then a wait of 30 s that doubles up to an hour (NIST SP 800-63B-4 §3.2.2 with its
 * example). After a hundred failures in a row that way of logging in rests for thirty days, unless the person comes in by another one
 * (code, link): never for good, and whoever owns the mailbox always gets in. An address on the network: fifty failures in a quarter of
 * an hour, whichever accounts they were for.
 */
export type LoginLimits = {
  freeFailures: number;
  firstWaitMs: number;
  longestWaitMs: number;
  mostFailures: number;
  restMs: number;
  addressFailures: number;
  addressWindowMs: number;
  /** Codes and links sent to one mailbox, and by one network address, in `sendWindowMs`. */
  mailboxSends: number;
  addressSends: number;
  sendWindowMs: number;
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const LOGIN_LIMITS: LoginLimits = {
  freeFailures: 5,
  firstWaitMs: 30_000,
  longestWaitMs: HOUR,
  mostFailures: 100,
  restMs: 30 * 24 * HOUR,
  addressFailures: 50,
  addressWindowMs: 15 * MINUTE,
  mailboxSends: 5,
  addressSends: 100,
  sendWindowMs: HOUR,
};

/** Milliseconds to wait after this many failures in a row; 0: none. */
export function waitAfter(failures: number, limits: LoginLimits): number {
  if (failures < limits.freeFailures) return 0;
  if (failures >= limits.mostFailures) return limits.restMs;
  return Math.min(limits.longestWaitMs, limits.firstWaitMs * 2 ** Math.min(failures - limits.freeFailures, 20));
}

/**
 * The part of a network address that one guesser cannot change at will: an IPv6 customer has 2^64 addresses, so those count as one
 * (the first four groups); an IPv4 address, also in its mapped form, counts as itself.
 */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined || !ip.includes(':')) return mapped ?? ip;
  const [head = '', tail] = ip.toLowerCase().split('%')[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return `${[...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
