import { expect, it } from 'vitest';
import { sinkVerbs } from './deeds.ts';

const offered = (state: 'active' | 'paused', retryAt: number | null) => sinkVerbs({ state, health: { retryAt } });

it('offers to resume a sink that is paused, and no other', () => {
  expect(offered('active', null)).toEqual(['Pause']);
  expect(offered('active', 1)).toEqual(['Pause', 'Try now']);
  expect([offered('paused', null), offered('paused', 1)]).toEqual([['Resume'], ['Resume']]);
});
