import { describe, expect, it } from 'vitest';
import { filterWords, maskWords } from './filter.ts';

const NONE = { types: [], tenants: [], hub: false, outcomes: [] };

describe('what a sink gets', () => {
  it('is everything where its filter names nothing', () => {
    expect(filterWords(NONE)).toBe('every event, of every tenant and the hub itself');
  });

  it('is what the filter names', () => {
    expect(filterWords({ types: ['token.*', 'agent.frozen'], tenants: ['acme'], hub: true, outcomes: ['refused', 'failed'] })).toBe(
      'only token.* and agent.frozen with outcome refused or failed, of acme and the hub itself',
    );
    expect(filterWords({ ...NONE, tenants: ['acme', 'globex'] })).toBe('every event, of acme and globex');
  });
});

describe('what of people leaves the hub', () => {
  it('is everything where nothing is masked, and says so', () => {
    expect(maskWords({})).toBe('nothing: people, addresses and browsers go out as they are');
    expect(maskWords({ user: 'hash', ip: 'omit' })).toBe('people as a keyed hash, addresses not at all');
  });
});
