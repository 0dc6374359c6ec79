import type { JourneyProof } from '@writ/flow';
import type { RunSession } from './run-input.ts';

/** RFC 8176 words of each way to sign in. */
const AMR: Readonly<Record<string, readonly string[]>> = {
  password: ['pwd'],
  passkey: ['hwk', 'user', 'mfa'],
  email_code: ['otp'],
  magic_link: ['otp'],
  totp: ['otp'],
  recovery_code: ['kba'],
};
const SECOND: ReadonlySet<string> = new Set(['totp', 'recovery_code']);

/** A proof as the hub would have made it: by a password alone level 1, by a passkey, or by a factor on top, level 2. */
export function proofOf(userId: string, { by = ['password'], acr, amr, secondsAgo = 0 }: RunSession, now: number): JourneyProof {
  const strong = by.includes('passkey') || (by.length > 1 && by.some((way) => SECOND.has(way)));
  const words = [...by.flatMap((way) => AMR[way] ?? []), ...(strong ? ['mfa'] : [])];
  return {
    userId,
    sessionId: `run:${userId}:${by.join('+')}`,
    authTime: now - secondsAgo * 1_000,
    amr: amr ?? [...new Set(words)],
    acr: acr ?? (strong ? '2' : '1'),
    by,
  };
}
