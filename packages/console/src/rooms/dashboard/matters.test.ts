import { describe, expect, it } from 'vitest';
import { mattersOf } from './matters.ts';

const some = (n: number, next: string | null = null) => ({ items: Array.from({ length: n }, () => ({})), next });
const advice = (n: number) =>
  Array.from({ length: n }, (_, index) => ({ id: `a${index}`, kind: 'no_owner', sentence: `${index}`, agent: 'agt_1' }));

describe('what wants attention', () => {
  it('is nothing where nothing is, or nothing could be read', () => {
    expect(mattersOf({})).toEqual([]);
    expect(mattersOf({ unfreezes: some(0), advice: { items: [], next: null }, hub: { stop: null } })).toEqual([]);
  });

  it('begins with what is stopped and ends with who is unknown', () => {
    const said = mattersOf({
      hub: { stop: { reason: 'an incident' } },
      unfreezes: some(1),
      sinks: { items: [{ id: 'siem', deadLetters: 2, health: { status: 'failing', sentence: 'timeout' } }] },
      advice: { items: advice(1), next: null },
      shadow: { items: [{ rule: 'quiet', wouldChange: 0 }] },
      knocks: some(3, 'more'),
    });
    expect(said.map(({ sentence }) => sentence)).toEqual([
      'Every agent is stopped: an incident',
      '1 request waits for a second person',
      'siem fails: timeout',
      'siem refused 2 entries for good',
      '0',
      '3+ clients came that are not registered',
    ]);
  });

  it('says some of the advice, and where the rest is', () => {
    const said = mattersOf({ advice: { items: advice(9), next: null } });
    expect(said).toHaveLength(7);
    expect(said.at(-1)?.to).toBe('/advice');
    expect(said[0]).toMatchObject({ to: '/agents/agt_1', search: { tab: 'advice' } });
  });
});
