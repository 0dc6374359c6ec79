import { describe, expect, it } from 'vitest';
import { momentOfId } from '../rooms/audit/decision.ts';
import { newId } from './ids.ts';

describe('an id', () => {
  it('says what it names and when it was made', () => {
    const made = newId('tok', 4_102_444_800_123);
    expect(made).toMatch(/^tok_[0-9a-v]{26}$/);
    expect(momentOfId(made)).toBe(4_102_444_800_123);
  });

  it('is followed by a greater one, thousands of times within a millisecond', () => {
    const ids = Array.from({ length: 3_000 }, () => newId('evt', 4_102_444_900_000));
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is a UUID of version 7 in 26 letters, with 62 bits of chance', () => {
    const bits = Array.from(newId('req', 4_102_445_000_000).slice(4), (letter) =>
      Number.parseInt(letter, 32).toString(2).padStart(5, '0'),
    ).join('');
    expect(bits.slice(48, 52)).toBe('0111');
    expect(bits.slice(64, 66)).toBe('10');
    expect(bits.slice(128)).toBe('00');
  });
});
