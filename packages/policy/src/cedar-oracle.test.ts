import { policySetTextToParts, policyToJson, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, it } from 'vitest';
import { compilePolicies, decide, toCedar, toCedarRequest } from './index.ts';
import type { CedarPattern, CedarRequest, Decision, PolicyRequest, PolicyRule, PolicySet } from './index.ts';
import { chanceFrom, requestFrom, ruleFrom } from './random.suite.ts';

/** Random rules and requests, decided by our engine and, from the exported text, by Cedar. `WRIT_TEST_SEED` asks for other ones. */
const SEED = Number(process.env['WRIT_TEST_SEED'] ?? 20_260_101);
const CASES = 100_000;
const REQUESTS_PER_SET = 100;
const RULES_PER_SET = 10;

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
    // reason: Cedar's types want mutable values, and it changes none
    context: context as never,
    entities: entities as never, // reason: likewise
    preparsedPolicySetId: set,
  });
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
  const { decision, diagnostics } = answer.response;
  expect(diagnostics.errors).toEqual([]);
  return { allow: decision === 'allow', by: [...diagnostics.reason].sort() };
}

type Exported = { set: PolicySet; rules: readonly PolicyRule[]; patterns: readonly CedarPattern[] };

function exported(rules: readonly PolicyRule[]): Exported {
  const text = toCedar(rules);
  if (!text.ok) throw new Error(JSON.stringify(text.errors));
  load('deciding', text.text);
  load('requiring', text.requirements);
  return { set: compilePolicies(rules), rules, patterns: text.patterns };
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
function compare({ set, rules, patterns }: Exported, request: PolicyRequest): number {
  const decision = decide(set, request);
  const asked = toCedarRequest(request, patterns);
  for (const { scope, action } of asked.actions) {
    const mine = ours(decision, scope);
    const theirs = ask('deciding', asked, action);
    const needs = mine.allow ? ask('requiring', asked, action).by : [];
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

describe('the exported text, read by Cedar', () => {
  it(`decides ${String(CASES)} random cases as the engine does`, { timeout: 300_000 }, () => {
    const chance = chanceFrom(SEED);
    let done = 0;
    while (done < CASES) {
      const set = exported(Array.from({ length: RULES_PER_SET }, (_, at) => ruleFrom(chance, `p${String(at)}`)));
      for (let at = 0; at < REQUESTS_PER_SET; at += 1) done += compare(set, requestFrom(chance));
    }
    // The cases would prove little if one answer were never given.
    for (const often of Object.values(seen)) expect(often).toBeGreaterThan(CASES / 200);
  });
});
