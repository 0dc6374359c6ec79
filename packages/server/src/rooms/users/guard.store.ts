import type { Db } from '../../base/db.ts';
import { keyedDigest } from '../../base/digest.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { networkOf, LOGIN_LIMITS, type LoginLimits } from './attempt.ts';
import { knownBrowser } from './browser.store.ts';
import { allowanceWait, clearAttempts, returnAttempt, takeAttempt, useAllowance } from './attempt.store.ts';

export type Method = 'password' | 'code' | 'totp' | 'recovery' | 'passkey';

const METHODS: readonly Method[] = ['password', 'code', 'totp', 'recovery'];

/**
 * The counters before every guess and every mail. They are keyed by what the hub found out itself: the account's key whatever the
 * spelling (052), and the peer's network as the listener saw it, never a header or a field of the form (053). Kept under keyed digests,
 * because people type other people's addresses, and passwords, into that field.
 */
export type Guard = {
  /** Before a guess is judged. Counts it on the account; the network only counts failures. */
  enter(of: {
    method: Method;
    emailKey: string | undefined;
    ip: string;
    now: number;
    /** The secret of a browser in which this account may be known: it has counters of its own, so that a stranger's guesses do not lock it. */
    browser?: string | undefined;
  }): Promise<{ ok: true; browser: string | undefined } | { ok: false; retryAfterMs: number; which: 'account' | 'network' }>;
  /** It was wrong: the network's counter too. */
  failed(of: { ip: string; now: number }): Promise<void>;
  /** It was not judged. */
  unjudged(of: { method: Method; emailKey: string | undefined }, browser: string | undefined): Promise<void>;
  /** It was right. `browser`: as `enter` told. */
  passed(method: Method, emailKey: string, browser: string | undefined): Promise<void>;
  /** The mailbox was proven by a link: every counter of the account begins anew. */
  recovered(emailKey: string): Promise<void>;
  /** Before a mail goes out. */
  maySend(of: { emailKey: string; ip: string; now: number }): Promise<boolean>;
};

export function createGuard(deps: { db: Db; secretBox: SecretBox; limits?: Partial<LoginLimits> | undefined }): Guard {
  const { db } = deps;
  const limits = { ...LOGIN_LIMITS, ...deps.limits };
  const secret = deps.secretBox.derive('attempts/1');
  const keyOf = (kind: string, value: string): string => `${kind}:${keyedDigest(secret, `${kind}\n${value}`)}`;
  const accountKey = (method: Method, emailKey: string, browser: string | undefined): string =>
    keyOf(method, browser === undefined ? emailKey : `${emailKey}\n${browser}`);
  const networkKey = (kind: string, ip: string): string => keyOf(kind, networkOf(ip));
  const failures = (now: number) => ({ most: limits.addressFailures, windowMs: limits.addressWindowMs, now });

  return {
    async enter({ method, emailKey, ip, now, browser: secretOf }) {
      const wait = await allowanceWait(db, networkKey('net', ip), failures(now));
      if (wait > 0) return { ok: false, retryAfterMs: wait, which: 'network' };
      if (emailKey === undefined) return { ok: true, browser: undefined };
      const browser = await knownBrowser(db, { secret: secretOf, emailKey, now });
      const attempt = await takeAttempt(db, accountKey(method, emailKey, browser), limits, now);
      return attempt.taken ? { ok: true, browser } : { ok: false, retryAfterMs: attempt.retryAfterMs, which: 'account' };
    },
    async failed({ ip, now }) {
      await useAllowance(db, networkKey('net', ip), failures(now));
    },
    async unjudged({ method, emailKey }, browser) {
      if (emailKey !== undefined) await returnAttempt(db, accountKey(method, emailKey, browser));
    },
    passed: (method, emailKey, browser) => clearAttempts(db, [accountKey(method, emailKey, browser)]),
    recovered: (emailKey) =>
      clearAttempts(
        db,
        METHODS.map((method) => keyOf(method, emailKey)),
      ),
    async maySend({ emailKey, ip, now }) {
      const byNetwork = await useAllowance(db, networkKey('sendnet', ip), {
        most: limits.addressSends,
        windowMs: limits.sendWindowMs,
        now,
      });
      return byNetwork && useAllowance(db, keyOf('send', emailKey), { most: limits.mailboxSends, windowMs: limits.sendWindowMs, now });
    },
  };
}
