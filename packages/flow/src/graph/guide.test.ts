import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkExpression, environment } from './expression.ts';
import { GRAPH_KINDS } from './kinds.ts';
import { lintFlow } from './lint.ts';
import { parseFlowText } from './parse.ts';
import { graphOf } from './play.suite.ts';
import { namesAt } from './scope.ts';

/** The examples of the guide must be true: whoever copies one should not be the first to try it. */
const GUIDE = readFileSync(new URL('../../../../docs/guides/flows.md', import.meta.url), 'utf8');
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const flows = [...GUIDE.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => text);
const expressions = [...GUIDE.matchAll(/`expr: (.*?)`/g)].map(([, text = '']) => text);

describe('the guide', () => {
  it.each(flows)('has flows that may be published', (text) => {
    const parsed = parseFlowText(text);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    expect(lintFlow(parsed.graph)).toEqual([]);
  });

  it('has expressions of the language', () => {
    const where = environment(namesAt(graphOf({ id: 'x', nodes: [{ id: 'a', kind: 'complete' }] }), '', false));
    expect(expressions.length).toBeGreaterThan(4);
    for (const text of expressions) expect(checkExpression(where, text, 'boolean'), text).toMatchObject({ ok: true });
  });

  it('names every lint', () => {
    const lint = readFileSync(new URL('./lint.ts', import.meta.url), 'utf8');
    const codes = [...lint.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code = '']) => code);
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes) expect(GUIDE).toContain(`\`${code}\``);
  });
});

describe('the table of node kinds', () => {
  it('has every kind with its fields and branches', () => {
    for (const [kind, { shape }] of GRAPH_KINDS) {
      const row = README.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`)) ?? '';
      const { properties = {} } = shape.schema;
      for (const field of Object.keys(properties ?? {})) expect(row, `${kind} ${field}`).toContain(field);
    }
  });
});
