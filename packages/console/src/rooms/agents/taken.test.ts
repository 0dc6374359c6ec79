import { expect, it } from 'vitest';
import { takenIn } from './taken.ts';

it('knows by what name a narrowing is undone, and nothing where nothing was taken', () => {
  expect(takenIn('grt_1', { grant: {}, removed: ['a'], narrowing: 'nar_1' })).toEqual({
    grant: 'grt_1',
    scopes: ['a'],
    narrowing: 'nar_1',
  });
  for (const other of [undefined, null, 'x', {}, { removed: [], narrowing: null }]) expect(takenIn('grt_1', other)).toBeUndefined();
});
