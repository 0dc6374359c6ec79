import { compilePolicies, reachesTarget } from './compile.ts';
import type { CompiledRule, PolicySet } from './compile.ts';
import { subjectNode, subjectTruth } from './condition.ts';
import type { Node } from './condition.ts';
import { subjectFinding } from './obstacle.ts';
import type { Obstacle } from './obstacle.ts';
import type { PolicyRequest } from './request.ts';
import type { Effect, GrantName, PolicyRule, State, Target } from './rule.ts';
import { MISSING, NO, YES, negate } from './truth.ts';
import type { Truth } from './truth.ts';

/**
 * What is known about a question that nobody has asked yet: a client, an agent with its user, a target. A member that is left out is not
 * known; null says that there is none. A whole request is fine too.
 */
export type Who = {
  readonly [Part in keyof PolicyRequest]?: PolicyRequest[Part] | (undefined extends PolicyRequest[Part] ? null : never);
};

export type Coverage = {
  readonly rule: string;
  readonly name?: string;
  readonly state: State;
  readonly effect: Effect;
  readonly target: Target;
  /** undefined: every grant. */
  readonly grants?: readonly GrantName[];
  readonly scopes: 'all' | readonly string[];
  /** `open`: what is known neither fulfils the rule nor rules it out. A rule that is off covers nobody. */
  readonly covers: 'yes' | 'open' | 'no';
  /** Keys, `grant` and `target` that are not known and that the answer hangs on, sorted; only when it is open. */
  readonly depends: readonly string[];
  /** What rules it out; present exactly when `covers` is `no`. */
  readonly obstacle?: Obstacle;
};

/** What stands for the members that are not known. Never looked at: `possible` asks first. */
const NOBODY: PolicyRequest = {
  grant: 'client_credentials',
  target: { kind: 'resource', id: '', type: '', tags: [] },
  scopes: [],
  client: { id: '', name: '', registrationType: '', status: '', tags: [] },
  request: { time: 0 },
  delegation: { depth: 0, actors: [] },
};

type View = { readonly request: PolicyRequest; readonly knows: (part: string) => boolean };

function viewOf(who: Who): View {
  const known = Object.entries(who).filter(([, value]) => value !== undefined);
  const present = Object.fromEntries(known.filter(([, value]) => value !== null));
  const parts = new Set(known.map(([name]) => name));
  return { request: { ...NOBODY, ...present }, knows: (part) => parts.has(part) };
}

/** `user.roles` is read from `user`. */
function partOf(key: string): string {
  const dot = key.indexOf('.');
  return dot < 0 ? key : key.slice(0, dot);
}

/** Every truth that a node may still turn out to have. */
type Possible = ReadonlySet<Truth>;
const ANYTHING: Possible = new Set([NO, YES, MISSING]);

function possible(node: Node, view: View): Possible {
  if (node.kind === 'comparison') return view.knows(partOf(node.spec.key)) ? new Set([node.test(view.request)]) : ANYTHING;
  const parts = node.nodes.map((inner) => possible(inner, view));
  if (node.kind === 'not') return new Set([...(parts[0] ?? ANYTHING)].map((truth) => negate(truth)));
  const strong = node.kind === 'all' ? NO : YES;
  const weak = negate(strong);
  const found = new Set<Truth>();
  if (parts.some((part) => part.has(strong))) found.add(strong);
  if (parts.every((part) => part.has(weak))) found.add(weak);
  if (parts.every((part) => part.has(weak) || part.has(MISSING)) && parts.some((part) => part.has(MISSING))) found.add(MISSING);
  return found;
}

function openKeys(node: Node, view: View): string[] {
  if (node.kind === 'comparison') return view.knows(partOf(node.spec.key)) ? [] : [node.spec.key];
  return possible(node, view).size === 1 ? [] : node.nodes.flatMap((inner) => openKeys(inner, view));
}

type Verdict = Pick<Coverage, 'covers' | 'depends' | 'obstacle'>;
const OPEN_NOTHING: Verdict = { covers: 'yes', depends: [] };

function no(obstacle: Obstacle): Verdict {
  return { covers: 'no', depends: [], obstacle };
}

function judgeTarget(rule: CompiledRule, { request, knows }: View): Verdict {
  if (!knows('target')) return rule.selection === 'all' ? OPEN_NOTHING : { covers: 'open', depends: ['target'] };
  if (reachesTarget(rule, request)) return OPEN_NOTHING;
  return no({ at: 'target', path: 'target', message: `the rule is not for ${request.target.kind} ${request.target.id}`, missing: [] });
}

function judgeGrant({ source }: CompiledRule, { request, knows }: View): Verdict {
  if (!source.grants) return OPEN_NOTHING;
  if (!knows('grant')) return { covers: 'open', depends: ['grant'] };
  if (source.grants.includes(request.grant)) return OPEN_NOTHING;
  return no({
    at: 'grants',
    path: 'grants',
    message: `the rule is for ${source.grants.join(', ')}, and this is ${request.grant}`,
    missing: [],
  });
}

function judgeSubject(rule: CompiledRule, view: View): Verdict {
  const { source } = rule;
  const node = subjectNode(source);
  if (!node) {
    if ('any' in source.subject) return OPEN_NOTHING;
    if (!view.knows('client')) return { covers: 'open', depends: ['client.clientid'] };
    return subjectTruth(source, view.request) === YES ? OPEN_NOTHING : no(subjectFinding(rule, view.request, truthIn(view)));
  }
  const truths = possible(node, view);
  if (!truths.has(YES)) return no(subjectFinding(rule, view.request, truthIn(view)));
  return truths.size === 1 ? OPEN_NOTHING : { covers: 'open', depends: [...new Set(openKeys(node, view))] };
}

/** For explaining a no: the truth of a node as far as it is settled; what may still come true stands in nobody's way. */
function truthIn(view: View): (node: Node) => Truth {
  return (node) => {
    const truths = possible(node, view);
    if (truths.has(YES)) return YES;
    return truths.has(MISSING) ? MISSING : NO;
  };
}

function judge(rule: CompiledRule, view: View): Verdict {
  if (rule.source.state === 'off') return no({ at: 'state', path: 'state', message: 'the rule is off', missing: [] });
  const verdicts = [judgeSubject(rule, view), judgeGrant(rule, view), judgeTarget(rule, view)];
  const against = verdicts.find((verdict) => verdict.covers === 'no');
  if (against) return against;
  const depends = [...new Set(verdicts.flatMap((verdict) => verdict.depends))].sort();
  return { covers: verdicts.every((verdict) => verdict.covers === 'yes') ? 'yes' : 'open', depends };
}

function coverageOf(rule: CompiledRule, view: View): Coverage {
  const { id, name, state, effect, target, grants, scopes } = rule.source;
  return {
    rule: id,
    ...(name === undefined ? {} : { name }),
    state,
    effect,
    target,
    ...(grants === undefined ? {} : { grants }),
    scopes,
    ...judge(rule, view),
  };
}

/**
 * Which rules cover this client, agent or target, as far as what is known tells; and of every other rule, what rules it out.
 * Every rule, by id. Scopes are not judged: `scopes` says which ones the rule is about.
 */
export function rulesFor(set: PolicySet, who: Who): readonly Coverage[] {
  const view = viewOf(who);
  return set.rules.map((rule) => coverageOf(rule, view));
}

/** Who of these is matched by one rule today. Keeps the order. */
export function matchedBy<Id>(
  rule: PolicyRule,
  subjects: Iterable<{ readonly id: Id; readonly who: Who }>,
): readonly ({ readonly id: Id } & Verdict)[] {
  const [compiled] = compilePolicies([rule]).rules;
  if (!compiled) throw new Error('policy: a set of one rule has none');
  return [...subjects].map(({ id, who }) => ({ id, ...judge(compiled, viewOf(who)) }));
}
