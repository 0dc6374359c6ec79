import { hash as argon2 } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { createPasswordHasher, needsRehash } from './hasher.ts';

const hasher = createPasswordHasher();

async function hashed(password: string): Promise<string> {
  const result = await hasher.hash(password);
  if (!result.ok) throw new Error(result.reason);
  return result.hash;
}

describe('a password hash', () => {
  it('is argon2id with its own salt, and matches its password only', async () => {
    const [one, other] = [await hashed('correct-horse-9'), await hashed('correct-horse-9')];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
    expect(await hasher.verify(one, 'correct-horse-9')).toEqual({ ok: true, match: true });
    expect(await hasher.verify(one, 'correct-horse-8')).toEqual({ ok: true, match: false });
    expect(await hasher.verify(one, '')).toEqual({ ok: true, match: false });
  });

  it.each([
    ['caf\u00e9 au lait ici', 'cafe\u0301 au lait ici'],
    ['\uff41\uff42\uff43 one two', 'abc one two'],
    ['\u212bngstrom lamp', '\u00c5ngstrom lamp'],
  ])('matches %j typed as %j', async (chosen, typed) => {
    expect(await hasher.verify(await hashed(chosen), typed)).toEqual({ ok: true, match: true });
  });

  it('tells passwords apart that differ behind a NUL or in their 1024th byte', async () => {
    const long = 'x'.repeat(1023);
    expect(await hasher.verify(await hashed('a\0b'), 'a\0c')).toEqual({ ok: true, match: false });
    expect(await hasher.verify(await hashed(`${long}y`), `${long}z`)).toEqual({ ok: true, match: false });
  });

  it('that is not a hash at all is a fault of ours, not of the person', async () => {
    await expect(hasher.verify('not a hash', 'correct-horse-9')).rejects.toThrow('Decoding failed');
  });

  it('asks to be replaced when it is weaker than today', async () => {
    expect(needsRehash(await hashed('correct-horse-9'))).toBe(false);
    expect(needsRehash(await argon2('x', { memoryCost: 8192, timeCost: 2, parallelism: 1 }))).toBe(true);
    expect(needsRehash(await argon2('x', { memoryCost: 19_456, timeCost: 1, parallelism: 1 }))).toBe(true);
    expect(needsRehash('$2b$10$abcdefghijklmnopqrstuv')).toBe(true);
  });
});

describe('the hashing pool', () => {
  it.each([
    ['x'.repeat(1025), 'too_long'],
    ['x'.repeat(1_000_000), 'too_long'],
    ['\ufdfa'.repeat(100), 'too_long'],
    ['\udc00', 'malformed'],
  ])('refuses before it hashes, also when it is full', async (password, reason) => {
    const full = createPasswordHasher({ concurrency: 0, queue: 0 });
    expect(await full.hash(password)).toEqual({ ok: false, reason });
    expect(await full.verify('unused', password)).toEqual({ ok: false, reason });
    expect(await full.verifyDummy(password)).toEqual({ ok: false, reason });
  });

  it('works for users who do not exist as it does for others', async () => {
    const narrow = createPasswordHasher({ concurrency: 1, queue: 1 });
    const answers = await Promise.all(['a', 'b', 'c'].map((password) => narrow.verifyDummy(password)));
    expect(answers).toEqual([
      { ok: true, match: false },
      { ok: true, match: false },
      { ok: false, reason: 'busy' },
    ]);
  });

  it('sends a flood away and leaves the event loop turning (F31)', async () => {
    const stored = await hashed('correct-horse-9');
    const flooded = createPasswordHasher({ concurrency: 2, queue: 30 });
    let ended = false;
    let turns = 0;
    const flood = Promise.all(Array.from({ length: 500 }, () => flooded.verify(stored, 'wrong'))).finally(() => {
      ended = true;
    });
    while (!ended) {
      turns += 1;
      await new Promise((next) => setImmediate(next));
    }
    const answers = await flood;
    expect(answers.filter((one) => one.ok).length).toBe(32);
    expect(answers.filter((one) => !one.ok && one.reason === 'busy').length).toBe(468);
    // Were hashing on this thread, the loop would turn about once per hash.
    expect(turns).toBeGreaterThan(200);
    expect(await flooded.verify(stored, 'correct-horse-9')).toEqual({ ok: true, match: true });
  });
});
