import type { CompiledRule } from './compile.ts';
import { subjectNode, subjectTruth } from './condition.ts';
import type { Node } from './condition.ts';
import { covers } from './decide.ts';
import { quote } from './faults.ts';
import { whyAbsent } from './keys.ts';
import type { PolicyRequest } from './request.ts';
import type { Comparison, Operator } from './rule.ts';
import { MISSING, YES } from './truth.ts';
import type { Truth } from './truth.ts';

/** The first thing in a rule that keeps it from speaking about a request. */
export type Obstacle = {
  readonly at: 'state' | 'target' | 'grants' | 'subject' | 'scopes';
  /** The place in the rule, such as `subject.conditions[1].any`. */
  readonly path: string;
  readonly message: string;
  /** Keys that the obstacle comes from and that the request has no (usable) value for. */
  readonly missing: readonly string[];
};

type Finding = { readonly path: string; readonly message: string; readonly missing: readonly string[] };

const PHRASES: Readonly<Record<Operator, string>> = {
  equals: 'is not',
  notEquals: 'is',
  in: 'is not one of',
  notIn: 'is one of',
  contains: 'does not contain',
  notContains: 'contains',
  matches: 'does not match',
  greaterThan: 'is not greater than',
  lessThan: 'is not less than',
  cidr: 'is not in the network',
  between: 'is not between',
  exists: 'exists',
};

function valueText(value: Comparison['value']): string {
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

/** The rule's value is named, the caller's never: explanations are stored and shown to people who may not see attributes. */
function failedComparison(node: Node & { kind: 'comparison' }, request: PolicyRequest): Finding {
  const { spec, source, path } = node;
  const attribute = spec.read(request);
  const absent = attribute === undefined || attribute === null;
  if (source.operator === 'exists')
    return {
      path,
      message: absent ? `${spec.key} is missing: ${whyAbsent(spec, request)}` : `${spec.key} is present`,
      missing: absent ? [spec.key] : [],
    };
  if (absent) return { path, message: `${spec.key} is missing: ${whyAbsent(spec, request)}`, missing: [spec.key] };
  if (node.test(request) === MISSING)
    return {
      path,
      message: `${spec.key} has a value of another type than ${source.operator} ${valueText(source.value)} can judge`,
      missing: [spec.key],
    };
  return { path, message: `${spec.key} ${PHRASES[source.operator]} ${valueText(source.value)}`, missing: [] };
}

type TruthOf = (node: Node) => Truth;

/** Findings of all parts of a node that are themselves missing: what a `not` around them stumbles over. */
function missingIn(node: Node, request: PolicyRequest, truth: TruthOf): Finding[] {
  if (truth(node) !== MISSING) return [];
  return node.kind === 'comparison' ? [failedComparison(node, request)] : node.nodes.flatMap((inner) => missingIn(inner, request, truth));
}

function merge(path: string, lead: string, findings: readonly Finding[]): Finding {
  return {
    path,
    message: `${lead}${findings.map((one) => one.message).join('; ')}`,
    missing: [...new Set(findings.flatMap((one) => one.missing))],
  };
}

/** Why a node does not hold. Call only when its truth is not YES. */
function findingOf(node: Node, request: PolicyRequest, truth: TruthOf): Finding {
  if (node.kind === 'comparison') return failedComparison(node, request);
  if (node.kind === 'any')
    return merge(
      node.path,
      'none of the alternatives holds: ',
      node.nodes.map((inner) => findingOf(inner, request, truth)),
    );
  if (node.kind === 'not') {
    const missing = node.nodes.flatMap((inner) => missingIn(inner, request, truth));
    if (missing.length > 0) return merge(node.path, 'a missing attribute satisfies no condition, not even inside not: ', missing);
    return { path: node.path, message: 'what must not be the case is the case', missing: [] };
  }
  const first = node.nodes.find((inner) => truth(inner) !== YES);
  return first ? findingOf(first, request, truth) : { path: node.path, message: 'nothing stands in the way', missing: [] };
}

/** What in the subject of a rule keeps it from matching, given the truth of each part. */
export function subjectFinding({ source }: CompiledRule, request: PolicyRequest, truth: TruthOf): Obstacle {
  const node = subjectNode(source);
  if (node) return { at: 'subject', ...findingOf(node, request, truth) };
  return {
    at: 'subject',
    path: 'subject.clients',
    message: `client ${quote(request.client.id)} is not one of ${valueText('clients' in source.subject ? source.subject.clients : [])}`,
    missing: [],
  };
}

function scopesObstacle(rule: CompiledRule, { scopes }: PolicyRequest): Obstacle {
  const named = valueText([...(rule.scopes ?? [])]);
  const message =
    scopes.length === 0
      ? `the rule is for ${named}, and the credential is handed out as a whole, for which it must say all`
      : `the rule is for ${named}, and none of these was asked for`;
  return { at: 'scopes', path: 'scopes', message, missing: [] };
}

/** The first obstacle of a rule that reaches the target, in the order state, grants, subject, scopes; undefined when it speaks. */
export function obstacleOf(rule: CompiledRule, request: PolicyRequest, scopes: readonly string[]): Obstacle | undefined {
  const { state, grants } = rule.source;
  if (state === 'off') return { at: 'state', path: 'state', message: 'the rule is off', missing: [] };
  if (grants && !grants.includes(request.grant)) {
    return { at: 'grants', path: 'grants', message: `the rule is for ${grants.join(', ')}, and this is ${request.grant}`, missing: [] };
  }
  if (subjectTruth(rule.source, request) !== YES) return subjectFinding(rule, request, (node) => node.test(request));
  return scopes.some((scope) => covers(rule, scope, request)) ? undefined : scopesObstacle(rule, request);
}
