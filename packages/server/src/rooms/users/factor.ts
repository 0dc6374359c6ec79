/** What a person has beside a password or a mailbox. `totp`, `recovery`: set up, and how many codes are left. Times in milliseconds. */
export type Factors = {
  totp: { createdAt: number; usedAt: number | undefined } | undefined;
  passkeys: readonly Passkey[];
  recovery: number | undefined;
  browsers: number;
};

export type Passkey = { id: string; name: string; createdAt: number; usedAt: number | undefined };

/** Whether an ordinary sign-in asks for more than the first factor. */
export function hasSecond({ totp, passkeys }: Factors): boolean {
  return totp !== undefined || passkeys.length > 0;
}

/**
 * RFC 8176. A recovery code is a one-time password too. Of a passkey nobody knows where its key lives, so neither `hwk` nor `swk` would be
 * true; `pop` is the registered word for a key of which just the possession is shown, `user` for the touch.
 */
export const AMR = { code: ['otp'], passkey: ['pop', 'user'] } as const;

/** Both factors in one list, each word once, and that there were two. */
export function amrOfBoth(first: readonly string[], second: readonly string[]): readonly string[] {
  return [...new Set([...first, ...second, 'mfa'])];
}

/** How long a sign-in is fresh enough to change how one signs in. */
const FRESH_MS = 10 * 60_000;

export function isFresh({ authTime }: { authTime: number }, now: number): boolean {
  return now - authTime < FRESH_MS;
}
