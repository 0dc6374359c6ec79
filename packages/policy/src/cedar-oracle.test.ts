import { policySetTextToParts, policyToJson, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, it } from 'vitest';
import { compilePolicies, decide, toCedar, toCedarRequest } from './index.ts';
import type { CedarPattern, CedarRequest, CedarValue, Decision, PolicyRequest, PolicyRule, PolicySet } from './index.ts';
import { ruleOf } from './fixtures.suite.ts';
import { PAIRS, chanceFrom, comparisonFrom, requestFrom, ruleFrom } from './random.suite.ts';

/** Random rules and requests, decided by our engine and, from the exported text, by Cedar. `WRIT_TEST_SEED` asks for other ones. */
const SEED = Number(process.env['WRIT_TEST_SEED'] ?? 20_260_101);
const CASES = 100_000;
/** Of these, so many of whole sets of rules; the rest is every key with every operator. */
const RANDOM_CASES = 60_000;
const REQUESTS_PER_SET = 150;
const RULES_PER_SET = 8;

/** Hands the text to Cedar under a name; each policy goes by its `@id`. */
function load(name: string, text: string): void {
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure') throw new Error(`${JSON.stringify(parts.errors)}\n${text}`);
  const policies = parts.policies.map((policy) => {
    const read = policyToJson(policy);
    if (read.type === 'failure') throw new Error(JSON.stringify(read.errors));
    return [read.json.annotations?.['id'] ?? '', policy] as const;
  });
  const loaded = preparsePolicySet(name, { staticPolicies: Object.fromEntries(policies) });
  if (loaded.type === 'failure') throw new Error(JSON.stringify(loaded.errors));
}

/** Which attributes a text looks at: `context.user roles`. */
function namesIn(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/([\w.]+) has (?:"([^"]*)"|(\w+))/g)].map(([, path = '', quoted = '', word = '']) => `${path} ${quoted}${word}`),
  );
}

type Values = Record<string, CedarValue>;

/** Records of the context whose members policies look at by name; deeper ones stand for one value. */
const RECORDS = /^context\.(?:(?:user|tenant)(?:\.attributes)?|jwtClaims|agent|token|request|delegation)$/;

/** The record without what no policy looks at: handing a value over to Cedar costs more than judging it. */
function lean(record: Values, path: string, named: ReadonlySet<string>): Values {
  const found: Values = {};
  for (const [name, value] of Object.entries(record)) {
    if (!named.has(`${path} ${name}`)) continue;
    const inner = `${path}.${name}`;
    const nested = RECORDS.test(inner) && typeof value === 'object' && !Array.isArray(value);
    found[name] = nested ? lean(value, inner, named) : value;
  }
  return found;
}

/** What Cedar says to one action, with the policies that brought it about. An error of evaluation is a policy that was skipped: never right. */
function ask(
  set: string,
  { principal, resource, context, entities }: CedarRequest,
  action: { type: string; id: string },
): { allow: boolean; by: string[] } {
  const answer = statefulIsAuthorized({
    principal,
    action,
    resource,
    context,
    entities,
    preparsedPolicySetId: set,
  });
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
  const { decision, diagnostics } = answer.response;
  expect(diagnostics.errors).toEqual([]);
  return { allow: decision === 'allow', by: [...diagnostics.reason].sort() };
}

type Exported = {
  set: PolicySet;
  rules: readonly PolicyRule[];
  patterns: readonly CedarPattern[];
  requires: boolean;
  named: ReadonlySet<string>;
};

function exported(rules: readonly PolicyRule[]): Exported {
  const text = toCedar(rules);
  if (!text.ok) throw new Error(JSON.stringify(text.errors));
  load('deciding', text.text);
  load('requiring', text.requirements);
  return {
    set: compilePolicies(rules),
    rules,
    patterns: text.patterns,
    requires: rules.some((rule) => rule.effect === 'require'),
    named: namesIn(text.text + text.requirements),
  };
}

/** The verdict of our engine on one scope, in the words that Cedar answers with. */
function ours(decision: Decision, scope: string): { allow: boolean; first: string | undefined; needs: string[] } {
  const refusal = decision.refused.find((one) => one.scope === scope);
  return {
    allow: refusal === undefined,
    first: refusal?.rule,
    needs: decision.requirements.filter((one) => one.scopes.includes(scope)).map((one) => one.rule),
  };
}

const seen = { allow: 0, deny: 0, 'no-allow': 0, require: 0, needs: 0 };

/** Compares the two on every scope of a request, and says how many that were. */
function compare({ set, rules, patterns, requires, named }: Exported, request: PolicyRequest): number {
  const decision = decide(set, request);
  const whole = toCedarRequest(request, patterns);
  const asked: CedarRequest = {
    ...whole,
    context: lean(whole.context, 'context', named),
    entities: whole.entities.map((entity) => ({
      ...entity,
      attrs: lean(entity.attrs, entity.uid.type === 'Client' ? 'principal' : 'resource', named),
    })),
  };
  for (const { scope, action } of asked.actions) {
    const mine = ours(decision, scope);
    const theirs = ask('deciding', asked, action);
    const needs = mine.allow && requires ? ask('requiring', asked, action).by : [];
    const refusal = decision.refused.find((one) => one.scope === scope);
    seen[refusal?.by ?? 'allow'] += 1;
    seen.needs += needs.length;
    // Plain comparisons: an assertion for each would cost more than both engines.
    const same =
      mine.allow === theirs.allow && mine.needs.join() === needs.join() && (mine.first === undefined || theirs.by.includes(mine.first));
    if (!same) expect.soft({ scope, mine, theirs, needs, request, rules }).toBe('the same');
  }
  return asked.actions.length;
}

/** Two rules about one comparison: `holds` is granted when it holds, `fails` when it fails, neither when an attribute is missing. */
function about(comparison: unknown): PolicyRule[] {
  const rule = { effect: 'allow', target: { resources: 'all' } };
  return [
    ruleOf({ ...rule, id: 'holds', subject: { conditions: [comparison] }, scopes: ['holds'] }),
    ruleOf({ ...rule, id: 'fails', subject: { conditions: [{ not: comparison }] }, scopes: ['fails'] }),
  ];
}

describe('the exported text, read by Cedar', () => {
  const chance = chanceFrom(SEED);
  let done = 0;

  it('decides every key with every operator as the engine does, its negation too', { timeout: 300_000 }, () => {
    const truths = new Map<string, Set<string>>();
    for (const [key, kind, operator] of PAIRS) {
      const found = new Set<string>();
      for (let value = 0; value < 6; value += 1) {
        const set = exported(about(comparisonFrom(chance, key, kind, operator)));
        for (let at = 0; at < 14; at += 1) {
          const random = requestFrom(chance);
          const request = { ...random, target: { ...random.target, kind: 'resource' as const }, scopes: ['holds', 'fails'] };
          done += compare(set, request);
          found.add(decide(set.set, request).granted.join() || 'missing');
        }
      }
      truths.set(`${kind} ${operator}`, new Set([...(truths.get(`${kind} ${operator}`) ?? []), ...found]));
    }
    // Each operator must have been seen to hold, to fail and, but for exists and for what is never absent, to find nothing.
    for (const [name, found] of truths) {
      const expected = /exists|^time|^number/.test(name) ? ['fails', 'holds'] : ['fails', 'holds', 'missing'];
      expect([name, ...[...found].sort()]).toEqual([name, ...expected]);
    }
  });

  it('decides random rules and requests as the engine does', { timeout: 300_000 }, () => {
    const until = done + RANDOM_CASES;
    while (done < until) {
      const set = exported(Array.from({ length: RULES_PER_SET }, (_, at) => ruleFrom(chance, `p${String(at)}`)));
      for (let at = 0; at < REQUESTS_PER_SET; at += 1) done += compare(set, requestFrom(chance));
    }
    // The cases would prove little if one answer were never given.
    for (const often of Object.values(seen)) expect(often).toBeGreaterThan(RANDOM_CASES / 500);
    expect(done).toBeGreaterThan(CASES);
  });
});
