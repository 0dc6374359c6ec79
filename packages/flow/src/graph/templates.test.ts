import { describe, expect, it } from 'vitest';
import { BUILT_IN_FLOWS, exportFlow, FLOW_TEMPLATES, lintFlow, parseFlow, parseFlowText } from '../index.ts';

const all = [...BUILT_IN_FLOWS, ...FLOW_TEMPLATES.map(({ flow }) => flow)];

describe('the flows that come along', () => {
  it.each(all)('$id can be read, has no lint, and its text reads to the same flow', (document) => {
    const parsed = parseFlow(document);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults, undefined, 2));
    expect(lintFlow(parsed.graph)).toEqual([]);
    const text = exportFlow(parsed.graph);
    const again = parseFlowText(text);
    if (!again.ok) throw new Error(JSON.stringify(again.faults, undefined, 2));
    expect(again.graph).toEqual(parsed.graph);
    expect(exportFlow(again.graph)).toBe(text);
  });
});
