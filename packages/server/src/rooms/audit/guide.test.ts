import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../base/metrics.ts';
import { EVENT_TYPES } from './event.ts';

const GUIDE = readFileSync(new URL('../../../../../docs/guides/record.md', import.meta.url), 'utf8');
const named = new Set([...GUIDE.matchAll(/`([a-z_]+(?:\.[a-z_]+)?)`/g)].map(([, name = '']) => name));

describe('the guide to the record', () => {
  it('names every type of entry', () => {
    expect(EVENT_TYPES.filter((type) => !named.has(type))).toEqual([]);
  });

  it('names every metric of the hub, and no other', async () => {
    const ours = (await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name).filter((name) => name.startsWith('writ_'));
    expect(ours.length).toBeGreaterThan(10);
    expect([...named].filter((name) => name.startsWith('writ_')).sort()).toEqual(ours.sort());
  });
});
