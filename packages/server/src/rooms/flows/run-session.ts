import type { JourneyProof } from '@writ/flow';
import { MULTI_FACTOR, SINGLE_FACTOR } from '../users/events.ts';
import { AMR, amrOfBoth } from '../users/factor.ts';
import type { RunSession } from './run-input.ts';

/** RFC 8176 words of each way to sign in here. What somebody else would say of theirs, nobody knows. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  password: ['pwd'],
  passkey: AMR.passkey,
  email_code: ['otp'],
  magic_link: ['otp'],
  totp: AMR.code,
  recovery_code: AMR.code,
};

/** A proof as the hub would have made it: by one way level 1, by a passkey, or by two ways, level 2. Code and link of a mail are one mailbox. */
export function proofOf(userId: string, { by = ['password'], acr, amr, secondsAgo = 0 }: RunSession, now: number): JourneyProof {
  const shown = new Set(by.map((way) => (way === 'magic_link' ? 'email_code' : way)));
  const strong = shown.has('passkey') || shown.size > 1;
  const words = by.flatMap((way) => WORDS[way] ?? []);
  return {
    userId,
    sessionId: `run:${userId}:${by.join('+')}`,
    authTime: now - secondsAgo * 1_000,
    amr: amr ?? (strong ? amrOfBoth(words, []) : [...new Set(words)]),
    acr: acr ?? (strong ? MULTI_FACTOR : SINGLE_FACTOR),
    by,
  };
}
