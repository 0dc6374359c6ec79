import { matchingRules } from './compile.ts';
import type { PolicySet } from './compile.ts';
import { covers, decide } from './decide.ts';
import type { Decision } from './decide.ts';
import { kindOf, newFaults, readFields, readList, readText, readWord, under } from './faults.ts';
import type { Fault, Faults } from './faults.ts';
import { readRequest } from './parse-request.ts';
import type { RequestFacts } from './parse-request.ts';
import type { PolicyRequest } from './request.ts';

const OUTCOMES = ['allow', 'narrow', 'deny'] as const;

/** What a test expects. What is left out is not looked at; what is given must be so exactly, in any order. */
export type Expectation = {
  readonly outcome?: Decision['outcome'];
  readonly granted?: readonly string[];
  readonly refused?: readonly string[];
  /** Rules whose requirement is still to be met. */
  readonly requirements?: readonly string[];
  /** Rules that must be among those that grant what is granted or refuse what is refused; others may be too. */
  readonly decidedBy?: readonly string[];
};

/** A question to the policies with the answer that they must give: saved beside them, run before a change of them is kept. */
export type PolicyTest = {
  readonly id?: string;
  readonly name: string;
  readonly request: PolicyRequest;
  readonly expect: Expectation;
};

export type ParsedTest = { readonly ok: true; readonly test: PolicyTest } | { readonly ok: false; readonly errors: readonly Fault[] };
export type ParsedTests =
  | { readonly ok: true; readonly tests: readonly PolicyTest[] }
  | { readonly ok: false; readonly errors: readonly Fault[] };

export type TestResult = {
  readonly id?: string;
  readonly name: string;
  readonly passed: boolean;
  /** One sentence for each expectation that was not met: what was expected and what came. */
  readonly failures: readonly string[];
  readonly decision: Decision;
};
export type TestRun = { readonly passed: number; readonly failed: number; readonly results: readonly TestResult[] };

const EXPECT = ['outcome', 'granted', 'refused', 'requirements', 'decidedBy'];
const MAX_TESTS = 10_000;

function names(faults: Faults, value: unknown, path: string, emptyAllowed: boolean): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (emptyAllowed && Array.isArray(value) && value.length === 0) return [];
  if (typeof value === 'string') return readList(faults, [value], path, (item) => readText(faults, item, path));
  return readList(faults, value, path, (item, at) => readText(faults, item, at));
}

function readExpectation(faults: Faults, value: unknown, path: string): Expectation | undefined {
  const fields = readFields(faults, value, path, EXPECT);
  if (!fields) return undefined;
  if (!EXPECT.some((name) => fields[name] !== undefined))
    return faults.add(path, `must expect at least one of ${EXPECT.join(', ')}: a test that expects nothing cannot fail`);
  const at = (name: string): string => under(path, name);
  const outcome = fields.outcome === undefined ? undefined : readWord(faults, fields.outcome, at('outcome'), OUTCOMES);
  const granted = names(faults, fields.granted, at('granted'), true);
  const refused = names(faults, fields.refused, at('refused'), true);
  const requirements = names(faults, fields.requirements, at('requirements'), true);
  const decidedBy = names(faults, fields.decidedBy, at('decidedBy'), false);
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(granted === undefined ? {} : { granted }),
    ...(refused === undefined ? {} : { refused }),
    ...(requirements === undefined ? {} : { requirements }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
  };
}

function readTest(faults: Faults, input: unknown, path: string, facts: RequestFacts): PolicyTest | undefined {
  const fields = readFields(faults, input, path, ['id', 'name', 'request', 'expect']);
  if (!fields) return undefined;
  const id = fields.id === undefined ? undefined : readText(faults, fields.id, under(path, 'id'));
  const name = fields.name === undefined && id !== undefined ? id : readText(faults, fields.name, under(path, 'name'));
  const request = readRequest(faults, fields.request, under(path, 'request'), facts);
  const expect = readExpectation(faults, fields.expect, under(path, 'expect'));
  return name !== undefined && request && expect ? { ...(id === undefined ? {} : { id }), name, request, expect } : undefined;
}

/** Reads one saved test. Every fault is reported with the path of its field and what would be right. */
export function parsePolicyTest(input: unknown, facts: RequestFacts = {}): ParsedTest {
  const faults = newFaults();
  const test = readTest(faults, input, '', facts);
  return test && faults.list.length === 0 ? { ok: true, test } : { ok: false, errors: faults.list };
}

/** Reads a list of saved tests; faults are found by `[0].request.client`. */
export function parsePolicyTests(input: unknown, facts: RequestFacts = {}): ParsedTests {
  const faults = newFaults();
  if (!Array.isArray(input)) faults.add('', `must be a list of tests; this is ${kindOf(input)}`);
  const tests =
    Array.isArray(input) && input.length > 0
      ? readList(faults, input, '', (item, path) => readTest(faults, item, path, facts), MAX_TESTS)
      : [];
  return tests && faults.list.length === 0 ? { ok: true, tests } : { ok: false, errors: faults.list };
}

/** Rules that grant what is granted, and rules that refuse what is refused. Nobody decides what no allow covers. */
function decidersOf(set: PolicySet, request: PolicyRequest, decision: Decision): readonly string[] {
  const refusers = new Set(decision.refused.flatMap((one) => (one.by === 'require' && one.rule !== undefined ? [one.rule] : [])));
  const refused = decision.refused.map((one) => one.scope);
  const found = matchingRules(set, request).filter((rule) => {
    if (rule.source.state !== 'enforce') return false;
    if (rule.source.effect === 'require') return refusers.has(rule.source.id);
    return (rule.source.effect === 'allow' ? decision.granted : refused).some((scope) => covers(rule, scope, request));
  });
  return found.map((rule) => rule.source.id).sort();
}

function inWords(list: readonly string[]): string {
  return list.length === 0 ? 'nothing' : list.join(', ');
}

function compareSets(what: string, expected: readonly string[] | undefined, came: readonly string[]): string[] {
  if (expected === undefined) return [];
  const wanted = [...new Set(expected)].sort();
  const found = [...new Set(came)].sort();
  if (wanted.length === found.length && wanted.every((one, at) => one === found[at])) return [];
  return [`Expected ${what} to be ${inWords(wanted)}, but got ${inWords(found)}.`];
}

function compareDeciders(expected: readonly string[] | undefined, came: readonly string[]): string[] {
  const absent = expected?.filter((rule) => !came.includes(rule)) ?? [];
  if (absent.length === 0) return [];
  const by = came.length === 0 ? 'no rule did' : `it was ${came.join(', ')}`;
  return [`Expected ${absent.length === 1 ? 'rule' : 'rules'} ${absent.join(', ')} to decide, but ${by}.`];
}

/** Puts one test to the policies. */
export function runTest(set: PolicySet, { id, name, request, expect }: PolicyTest): TestResult {
  const decision = decide(set, request);
  const refused = decision.refused.map((one) => one.scope);
  const failures = [
    ...(expect.outcome === undefined || expect.outcome === decision.outcome
      ? []
      : [
          `Expected the outcome ${expect.outcome}, but got ${decision.outcome}: granted ${inWords(decision.granted)}, refused ${inWords(refused)}.`,
        ]),
    ...compareSets('the granted scopes', expect.granted, decision.granted),
    ...compareSets('the refused scopes', expect.refused, refused),
    ...compareSets(
      'requirements of the rules',
      expect.requirements,
      decision.requirements.map((one) => one.rule),
    ),
    ...(expect.decidedBy === undefined ? [] : compareDeciders(expect.decidedBy, decidersOf(set, request, decision))),
  ];
  return { ...(id === undefined ? {} : { id }), name, passed: failures.length === 0, failures, decision };
}

/** Puts every test to the policies. */
export function runTests(set: PolicySet, tests: readonly PolicyTest[]): TestRun {
  const results = tests.map((test) => runTest(set, test));
  const passed = results.filter((result) => result.passed).length;
  return { passed, failed: results.length - passed, results };
}
