import { expect, it } from 'vitest';
import { inWords, unitOf } from './units.ts';

it('tells by its name what a number counts', () => {
  expect(['accessTokenTtl', 'waitSeconds', 'maxBytes', 'months', 'dormantDays', 'maxDepth'].map(unitOf)).toEqual([
    'seconds',
    'seconds',
    'bytes',
    'months',
    'days',
    undefined,
  ]);
});

it('says seconds as people do, where that says the same', () => {
  expect([600, 3_600, 5_400, 2_592_000, 59, 61, 90_061].map((value) => inWords(value, 'seconds'))).toEqual([
    '10 minutes',
    '1 hour',
    '1 hour 30 minutes',
    '30 days',
    undefined,
    undefined,
    undefined,
  ]);
  expect(inWords(8_388_608, 'bytes')).toBe('8 MiB');
  expect(inWords(13, 'months')).toBeUndefined();
});
