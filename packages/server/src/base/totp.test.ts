import { expect, it } from 'vitest';
import { base32, matchTotp, totpCode, totpStep, totpUri } from './totp.ts';

const SECRET = Buffer.from('12345678901234567890');

it.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('at second %i the code is that of RFC 6238, appendix B', (second, code) => {
  expect(totpCode(SECRET, totpStep(second * 1000))).toBe(code);
});

it('a code counts for its own half minute and the ones beside it', () => {
  const now = 1_111_111_109_000;
  const step = totpStep(now);
  expect([-2, -1, 0, 1, 2].map((off) => matchTotp(SECRET, totpCode(SECRET, step + off), now))).toEqual([
    undefined,
    step - 1,
    step,
    step + 1,
    undefined,
  ]);
  expect(matchTotp(SECRET, '', now)).toBeUndefined();
});

it.each([
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foobar', 'MZXW6YTBOI'],
])('%s is written %s', (text, written) => {
  expect(base32(Buffer.from(text))).toBe(written);
});

it('the address for the app names hub and account', () => {
  expect(totpUri({ issuer: 'Writ', account: 'ann+x@acme.test', secret: SECRET })).toBe(
    'otpauth://totp/Writ:ann%2Bx%40acme.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Writ',
  );
});
