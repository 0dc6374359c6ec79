import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compilePolicies, decide, decideWithShadow, explain } from './index.ts';
import { isFields } from './faults.ts';
import type { Fields } from './faults.ts';
import { requestWith, ruleOf } from './fixtures.suite.ts';

type Case = { name: string; request: Fields; expect: object; withShadow?: object; explain?: string[]; missing?: string[] };
type Suite = { suite: string; rules: unknown[]; target: Fields; cases: Case[] };

const folder = new URL('./cases/', import.meta.url);

/** The request of a case with the suite's target under it, so that a case says only what it is about. */
function overrides(suite: Suite, request: Fields): Fields {
  const own = request.target;
  return { scopes: ['read'], ...request, target: { ...suite.target, ...(isFields(own) ? own : {}) } };
}

for (const file of readdirSync(folder)) {
  const suites: Suite[] = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  for (const suite of suites) {
    describe(`${file}: ${suite.suite}`, () => {
      const set = compilePolicies(suite.rules.map(ruleOf));
      it.each(suite.cases)('$name', (one) => {
        const request = requestWith(overrides(suite, one.request));
        expect(decide(set, request)).toMatchObject(one.expect);
        if (one.withShadow) expect(decideWithShadow(set, request)).toMatchObject(one.withShadow);
        const explanation = explain(set, request);
        expect(explanation.decision).toEqual(decide(set, request));
        const words = [
          ...explanation.scopes.map((scope) => scope.sentence),
          ...explanation.rules.map((rule) => rule.obstacle?.message ?? ''),
        ].join('\n');
        for (const fragment of one.explain ?? []) expect(words).toContain(fragment);
        if (one.missing) expect(explanation.missing).toEqual(one.missing);
      });
    });
  }
}
