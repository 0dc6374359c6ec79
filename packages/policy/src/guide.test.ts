import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KEY_NAMES, importOlder, parsePolicy, parsePolicyTest, runTests, compilePolicies, toCedar } from './index.ts';
import { isFields } from './faults.ts';
import { ruleOf } from './fixtures.suite.ts';
import { OPERATORS } from './rule.ts';

/** The examples of the guide must be true: whoever copies one should not be the first to try it. */
const GUIDE = readFileSync(new URL('../../../docs/guides/policy-language.md', import.meta.url), 'utf8');
const blocks: unknown[] = [...GUIDE.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => JSON.parse(text));
const conditions: unknown[] = [...GUIDE.matchAll(/`(\{ "key": .*? \})`/g)].map(([, text = '']) => JSON.parse(text));
const rules = blocks.filter((block) => isFields(block) && 'effect' in block);

describe('the guide to the policy language', () => {
  it('shows rules that can be saved as they are', () => {
    expect(rules).toHaveLength(4);
    for (const rule of rules) expect(parsePolicy(rule)).toMatchObject({ ok: true });
  });

  it('shows a condition for every key and every operator, each of which can be saved', () => {
    const shown = conditions.filter(isFields);
    for (const condition of shown)
      expect(parsePolicy({ id: 'a', effect: 'deny', subject: { conditions: [condition] }, target: { resources: 'all' } })).toMatchObject({
        ok: true,
      });
    const families = shown.map(({ key }) => String(key).replace(/^(user\.attributes|tenant\.attributes|jwtClaims)\..*$/, '$1.<name>'));
    expect(new Set(families)).toEqual(new Set(KEY_NAMES));
    expect(new Set(shown.map(({ operator }) => operator))).toEqual(new Set(OPERATORS));
  });

  it('shows a saved test that its first rule passes', () => {
    const test = parsePolicyTest(blocks.find((block) => isFields(block) && 'expect' in block));
    if (!test.ok) throw new Error(JSON.stringify(test.errors));
    expect(runTests(compilePolicies([ruleOf(rules[0])]), [test.test]).results[0]?.failures).toEqual([]);
  });

  it('shows the Cedar text that its first rule becomes', () => {
    const exported = toCedar([ruleOf(rules[0])]);
    const [, shown = ''] = /^```cedar\n(.*?)^```/ms.exec(GUIDE) ?? [];
    expect(exported).toMatchObject({ ok: true, text: expect.stringContaining(shown) });
  });

  it('shows an older policy that comes over without a note', () => {
    const imported = importOlder(blocks.find((block) => isFields(block) && 'policies' in block));
    expect(imported).toMatchObject({ rules: [{ target: { connections: ['calendar'] } }], notes: [] });
  });
});
