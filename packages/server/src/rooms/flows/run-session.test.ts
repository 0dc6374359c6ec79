import { describe, expect, it } from 'vitest';
import { proofOf } from './run-session.ts';

const NOW = Date.UTC(2026, 0, 1);
const level = (by: string[]) => {
  const { acr, amr } = proofOf('ann', { by }, NOW);
  return [acr, amr];
};

describe('the proof of a rehearsed sign-in', () => {
  it('says of every way what the hub would say', () => {
    expect(level(['password'])).toEqual(['1', ['pwd']]);
    expect(level(['email_code', 'magic_link'])).toEqual(['1', ['otp']]);
    expect(level(['oidc:google'])).toEqual(['1', []]);
    expect(level(['passkey'])).toEqual(['2', ['pop', 'user', 'mfa']]);
    expect(level(['password', 'recovery_code'])).toEqual(['2', ['pwd', 'otp', 'mfa']]);
    expect(level(['password', 'passkey'])).toEqual(['2', ['pwd', 'pop', 'user', 'mfa']]);
    expect(level(['password', 'email_code', 'magic_link'])).toEqual(['2', ['pwd', 'otp', 'mfa']]);
  });

  it('takes the word of whoever says it otherwise', () => {
    expect(proofOf('ann', { acr: '0', amr: ['sc'], secondsAgo: 60 }, NOW)).toMatchObject({ acr: '0', amr: ['sc'], authTime: NOW - 60_000 });
  });
});
