import { factOf, newFacts, newRun, truthOfFact } from './facts.ts';
import type { Fact, Facts } from './facts.ts';
import { choosePins } from './pin.ts';
import type { Pin } from './pin.ts';
import type { PolicyRequest, TargetKind } from './request.ts';
import { isComparison } from './rule.ts';
import type { Condition, Operator, PolicyRule, Selection, Subject, Target } from './rule.ts';
import { newIndex, shelve, takeFrom } from './shelves.ts';
import type { Index } from './shelves.ts';
import { MISSING, NO, YES, negate } from './truth.ts';
import type { Truth } from './truth.ts';

export type CompiledRule = {
  readonly source: PolicyRule;
  readonly kind: TargetKind;
  readonly selection: Selection;
  /** Tags of a selection by tag, else nothing. */
  readonly tags: ReadonlySet<string> | undefined;
  /** undefined: all scopes. */
  readonly scopes: ReadonlySet<string> | undefined;
  /** Facts that must all hold, beside what the rule is pinned to: its place on the shelves vouches for that. */
  readonly facts: readonly Fact[];
  /** Groups that must hold too. */
  readonly groups: readonly Judge[];
};

/** Compiled rules. Opaque: made by compilePolicies, used by decide and explain; nothing is remembered between calls. */
export type PolicySet = {
  /** Every rule, `off` ones too, by id. */
  readonly rules: readonly CompiledRule[];
  readonly index: Readonly<Record<TargetKind, Index<CompiledRule>>>;
  readonly facts: Facts;
};

type Judge = (request: PolicyRequest, run: number) => Truth;

/** What most likely fails stands first: one that fails spares the others. The order changes nothing else. */
const LIKELY: Readonly<Record<Operator, number>> = {
  equals: 0,
  in: 1,
  contains: 2,
  matches: 3,
  cidr: 3,
  between: 4,
  greaterThan: 4,
  lessThan: 4,
  exists: 5,
  notEquals: 6,
  notIn: 6,
  notContains: 6,
};

function groupJudge(condition: Condition, facts: Facts): Judge {
  if (isComparison(condition)) {
    const fact = factOf(facts, condition);
    return (request, run) => truthOfFact(fact, request, run);
  }
  if ('not' in condition) {
    const inner = groupJudge(condition.not, facts);
    return (request, run) => negate(inner(request, run));
  }
  // `all` is settled by the first that fails, `any` by the first that holds; a missing one leaves both open.
  const settled = 'all' in condition ? NO : YES;
  const judges = ('all' in condition ? condition.all : condition.any).map((one) => groupJudge(one, facts));
  return (request, run) => {
    let result: Truth = negate(settled);
    for (const judge of judges) {
      const truth = judge(request, run);
      if (truth === settled) return settled;
      if (truth === MISSING) result = MISSING;
    }
    return result;
  };
}

function compileSubject(subject: Subject, vouched: Condition | undefined, facts: Facts): Pick<CompiledRule, 'facts' | 'groups'> {
  const conditions = ('conditions' in subject ? subject.conditions : []).filter((one) => one !== vouched);
  const comparisons = conditions.filter(isComparison).sort((a, b) => LIKELY[a.operator] - LIKELY[b.operator]);
  const groups = conditions.filter((one) => !isComparison(one));
  return { facts: comparisons.map((one) => factOf(facts, one)), groups: groups.map((one) => groupJudge(one, facts)) };
}

function targetOf(target: Target): { kind: TargetKind; selection: Selection } {
  if ('resources' in target) return { kind: 'resource', selection: target.resources };
  return { kind: 'connection', selection: target.connections };
}

/** One set for each list of words: thousands of rules name the same scopes. */
function newSetPool(): (words: readonly string[]) => ReadonlySet<string> {
  const pool = new Map<string, ReadonlySet<string>>();
  return (words) => {
    const name = JSON.stringify(words);
    const found = pool.get(name) ?? new Set(words);
    pool.set(name, found);
    return found;
  };
}

function compileRule(source: PolicyRule, pin: Pin | undefined, facts: Facts, setOf: ReturnType<typeof newSetPool>): CompiledRule {
  const { kind, selection } = targetOf(source.target);
  const tags = selection !== 'all' && 'tags' in selection ? setOf(selection.tags) : undefined;
  const scopes = source.scopes === 'all' ? undefined : setOf(source.scopes);
  return { source, kind, selection, tags, scopes, ...compileSubject(source.subject, pin?.vouched, facts) };
}

/**
 * Compiles rules once per change. Time and memory grow with rules × targets × grants that they name; ids must differ.
 * Throws only for rules that parsePolicy would have refused.
 */
export function compilePolicies(rules: readonly PolicyRule[]): PolicySet {
  const facts = newFacts();
  const setOf = newSetPool();
  const index = { resource: newIndex<CompiledRule>(), connection: newIndex<CompiledRule>() };
  const sorted = [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
  const pinFor = choosePins(sorted);
  const compiled = sorted.map((source) => {
    const pin = pinFor(source);
    const rule = compileRule(source, pin, facts, setOf);
    if (source.state !== 'off') shelve(index[rule.kind], rule, { selection: rule.selection, grants: source.grants, pin }, facts);
    return rule;
  });
  return { rules: compiled, index, facts };
}

/** Whether everything holds that the rule asks of a caller for whom it stands on the shelves. */
function speaks({ facts, groups }: CompiledRule, request: PolicyRequest, run: number): boolean {
  for (const fact of facts) if (truthOfFact(fact, request, run) !== YES) return false;
  for (const group of groups) if (group(request, run) !== YES) return false;
  return true;
}

/** A rule for several tags stands on several shelves; it counts on the first one that the target leads to. */
function seenEarlier(tags: ReadonlySet<string> | undefined, targetTags: readonly string[], tagAt: number): boolean {
  for (let earlier = 0; earlier < tagAt; earlier += 1) if (tags?.has(targetTags[earlier] ?? '')) return true;
  return false;
}

/** The enforced and shadow rules whose target, grant and subject match, each once. Scopes are not looked at. */
export function matchingRules({ index: kinds, facts }: PolicySet, request: PolicyRequest): CompiledRule[] {
  const { target } = request;
  const index = kinds[target.kind];
  const found: CompiledRule[] = [];
  const run = newRun(facts);
  let tagAt = 0;
  const take = (rules: readonly CompiledRule[]): void => {
    for (const rule of rules) {
      if (tagAt > 0 && seenEarlier(rule.tags, target.tags, tagAt)) continue;
      if (speaks(rule, request, run)) found.push(rule);
    }
  };
  takeFrom(index.ids.get(target.id), request, run, take);
  if (index.types.size > 0) takeFrom(index.types.get(target.type), request, run, take);
  if (index.tags.size > 0)
    for (; tagAt < target.tags.length; tagAt += 1) takeFrom(index.tags.get(target.tags[tagAt] ?? ''), request, run, take);
  tagAt = 0;
  takeFrom(index.all, request, run, take);
  return found;
}

/** Whether the rule's target takes in the target of the request: the same answer as the index gives. */
export function reachesTarget(rule: CompiledRule, { target }: PolicyRequest): boolean {
  if (rule.kind !== target.kind) return false;
  const { selection, tags } = rule;
  if (selection === 'all') return true;
  if (tags) return target.tags.some((tag) => tags.has(tag));
  if ('types' in selection) return selection.types.includes(target.type);
  return 'tags' in selection ? false : selection.includes(target.id);
}
