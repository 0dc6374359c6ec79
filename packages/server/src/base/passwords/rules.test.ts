import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPassword, type PasswordReason } from './rules.ts';

const ann = { email: 'ann.lee@acme.test', name: 'Ann Lee', product: 'Acme Hub' };
const reasonOf = async (password: string, minLength?: number): Promise<PasswordReason | 'ok'> => {
  const verdict = await checkPassword(password, ann, minLength === undefined ? {} : { minLength });
  return verdict.ok ? 'ok' : verdict.reason;
};

describe('a password somebody wants to have', () => {
  it.each([
    'correct-horse-9',
    'correct horse battery',
    'tangerine piano lake',
    'm0untain?river',
    'xK9#vQ2$pL7!',
    '8391746205k2',
    '4071 8826 3355',
    'пароль-лошадь-мост',
    '犬が空を飛ぶ青い夜に歌う猫',
    '🐎🔋📎🌉🎹🍊🏔🌊🎲🎻🪁🧭',
    `${'long passphrase '.repeat(4)}end`,
    'annual leegality acmeology',
  ])('may be %j', async (password) => {
    expect(await reasonOf(password)).toBe('ok');
  });

  it.each<[string, PasswordReason]>([
    ['', 'too_short'],
    ['short-horse', 'too_short'],
    ['🐎'.repeat(11), 'too_short'],
    ['x'.repeat(1025), 'too_long'],
    ['ﷺ'.repeat(60), 'too_long'],
    ['é'.repeat(513), 'too_long'],
    ['x'.repeat(1_000_000), 'too_long'],
    ['correct-horse-\ud800', 'malformed'],
    ['aaaaaaaaaaaa', 'monotonous'],
    ['ababababababab', 'monotonous'],
    ['abcdabcdabcd', 'monotonous'],
    ['abcdefghijklm', 'monotonous'],
    ['987654321098', 'monotonous'],
    ['qwertyuiop12', 'monotonous'],
    ['1qaz2wsx3edc', 'monotonous'],
    ['justinbieber', 'common'],
    ['JustinBieber', 'common'],
    ['ＪｕｓｔｉｎＢｉｅｂｅｒ', 'common'],
    ['Password2026!', 'common'],
    ['P@ssw0rd2026', 'common'],
    ['!!sunsh1ne!!!', 'common'],
    ['monkeymonkeymonkey', 'common'],
    ['admin1strator', 'common'],
    ['ann.lee@acme.test', 'personal'],
    ['Acme-Ann-2026!', 'personal'],
    ['4cmeL33annleE', 'personal'],
    ['writwritacme', 'personal'],
    ['ACME HUB 2026', 'personal'],
  ])('may not be %j: %s', async (password, reason) => {
    expect(await reasonOf(password)).toBe(reason);
  });

  it('may be as short as eight characters where the operator says so, and no shorter', async () => {
    expect([await reasonOf('k7#vQ2p!', 8), await reasonOf('k7#vQ2p', 1), await reasonOf('correct-horse-9', 16)]).toEqual([
      'ok',
      'too_short',
      'too_short',
    ]);
  });

  it('is not refused for being random, whatever its alphabet', async () => {
    const letters = fc.string({
      unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'),
      minLength: 22,
      maxLength: 22,
    });
    await fc.assert(
      fc.asyncProperty(letters, async (password) => new Set(password.toLowerCase()).size < 10 || (await reasonOf(password)) === 'ok'),
      { numRuns: 2000 },
    );
  });

  it('never comes back in the sentence about it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 5 }), async (password) => {
        const verdict = await checkPassword(password, {});
        return verdict.ok || !verdict.message.includes(password);
      }),
    );
  });
});
