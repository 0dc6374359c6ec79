import { checkFor } from './checks.ts';
import { findKey } from './keys.ts';
import type { KeySpec } from './keys.ts';
import type { PolicyRequest } from './request.ts';
import { isComparison } from './rule.ts';
import type { Comparison, Condition, PolicyRule } from './rule.ts';
import { MISSING, NO, YES, negate, truthOf } from './truth.ts';
import type { Truth } from './truth.ts';

export type Test = (request: PolicyRequest) => Truth;

/** A condition that knows its source and its place in the rule, for explaining: it judges by the same checks as deciding does. */
export type Node = { readonly test: Test; readonly path: string } & (
  | { readonly kind: 'comparison'; readonly spec: KeySpec; readonly source: Comparison }
  | { readonly kind: 'any' | 'all' | 'not'; readonly nodes: readonly Node[] }
);

function testComparison(spec: KeySpec, { operator, value }: Comparison): Test {
  const { read } = spec;
  if (operator === 'exists') {
    return (request) => {
      const attribute = read(request);
      return truthOf((attribute !== undefined && attribute !== null) === value);
    };
  }
  const check = checkFor(operator, value, spec.kind);
  return (request) => {
    const attribute = read(request);
    return attribute === undefined || attribute === null ? MISSING : check(attribute);
  };
}

function testAll(nodes: readonly Node[]): Test {
  const tests = nodes.map((node) => node.test);
  const [only] = tests;
  if (only && tests.length === 1) return only;
  return (request) => {
    let result: Truth = YES;
    for (const test of tests) {
      const truth = test(request);
      if (truth === NO) return NO;
      if (truth === MISSING) result = MISSING;
    }
    return result;
  };
}

function testAny(nodes: readonly Node[]): Test {
  const tests = nodes.map((node) => node.test);
  return (request) => {
    let result: Truth = NO;
    for (const test of tests) {
      const truth = test(request);
      if (truth === YES) return YES;
      if (truth === MISSING) result = MISSING;
    }
    return result;
  };
}

/** All of the conditions together, as the node at `path`. */
function compileAll(conditions: readonly Condition[], path: string): Node {
  const nodes = conditions.map((condition, at) => compileCondition(condition, `${path}[${String(at)}]`));
  return { kind: 'all', path, nodes, test: testAll(nodes) };
}

function compileCondition(condition: Condition, path: string): Node {
  if (isComparison(condition)) {
    const spec = findKey(condition.key);
    if (!spec) throw new Error(`policy: unknown key ${condition.key}; compile only what parsePolicy returned`);
    return { kind: 'comparison', path, spec, source: condition, test: testComparison(spec, condition) };
  }
  if ('all' in condition) return compileAll(condition.all, `${path}.all`);
  if ('any' in condition) {
    const nodes = condition.any.map((one, at) => compileCondition(one, `${path}.any[${String(at)}]`));
    return { kind: 'any', path: `${path}.any`, nodes, test: testAny(nodes) };
  }
  const node = compileCondition(condition.not, `${path}.not`);
  return { kind: 'not', path: `${path}.not`, nodes: [node], test: (request) => negate(node.test(request)) };
}

/** Made when somebody asks for an explanation: most rules are never explained, and of many rules these would be most of the memory. */
const nodes = new WeakMap<PolicyRule, Node>();

/** The conditions of a rule's subject, where it has any. */
export function subjectNode(rule: PolicyRule): Node | undefined {
  if (!('conditions' in rule.subject)) return undefined;
  const node = nodes.get(rule) ?? compileAll(rule.subject.conditions, 'subject.conditions');
  nodes.set(rule, node);
  return node;
}

/** Whether the subject of a rule matches, by itself: without the index and what it vouches for. */
export function subjectTruth(rule: PolicyRule, request: PolicyRequest): Truth {
  if ('clients' in rule.subject) return truthOf(rule.subject.clients.includes(request.client.id));
  return subjectNode(rule)?.test(request) ?? YES;
}
