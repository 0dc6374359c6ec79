import { compileAll } from './condition.ts';
import type { Node, Test } from './condition.ts';
import type { PolicyRequest, TargetKind } from './request.ts';
import { GRANTS, isComparison } from './rule.ts';
import type { Condition, GrantName, PolicyRule, Selection, Subject, Target } from './rule.ts';
import { YES, truthOf } from './truth.ts';

export type CompiledRule = {
  readonly source: PolicyRule;
  readonly kind: TargetKind;
  readonly selection: Selection;
  /** Tags of a selection by tag, else nothing. */
  readonly tags: ReadonlySet<string> | undefined;
  readonly test: Test;
  /** The conditions of the subject, where it has any. */
  readonly node: Node | undefined;
  /** undefined: all scopes. */
  readonly scopes: ReadonlySet<string> | undefined;
};

/** Rules for one target and grant, by what their subject is pinned to, so that rules of other clients and tenants cost nothing. */
type Shelf = {
  readonly clients: Map<string, CompiledRule[]>;
  readonly tenants: Map<string, CompiledRule[]>;
  readonly rest: CompiledRule[];
};
type Shelves = Readonly<Record<GrantName, Shelf>>;
type KindIndex = {
  readonly all: Shelves;
  readonly ids: Map<string, Shelves>;
  readonly types: Map<string, Shelves>;
  readonly tags: Map<string, Shelves>;
};

/** Compiled rules. Opaque: made by compilePolicies, used by decide and explain; holds no state between calls. */
export type PolicySet = {
  /** Every rule, `off` ones too, by id. */
  readonly rules: readonly CompiledRule[];
  readonly index: Readonly<Record<TargetKind, KindIndex>>;
};

type Pin = { readonly by: 'clients' | 'tenants'; readonly ids: readonly string[] };

function pinOfCondition(condition: Condition): Pin | undefined {
  if (!isComparison(condition) || (condition.operator !== 'equals' && condition.operator !== 'in')) return undefined;
  const { key, value } = condition;
  if (key !== 'client.clientid' && key !== 'tenant.id') return undefined;
  const list = typeof value === 'object' ? value : [value];
  return { by: key === 'tenant.id' ? 'tenants' : 'clients', ids: list.map(String) };
}

/** What a subject can match at most: only conditions that all must hold may narrow it. */
function pinOf(subject: Subject): Pin | undefined {
  if ('clients' in subject) return { by: 'clients', ids: subject.clients };
  if ('any' in subject) return undefined;
  const pins = subject.conditions.map(pinOfCondition).filter((pin) => pin !== undefined);
  return pins.find((pin) => pin.by === 'clients') ?? pins[0];
}

function emptyShelves(): Shelves {
  const shelf = (): Shelf => ({ clients: new Map(), tenants: new Map(), rest: [] });
  return {
    authorization_code: shelf(),
    client_credentials: shelf(),
    token_exchange: shelf(),
    jwt_bearer: shelf(),
    device_code: shelf(),
    ciba: shelf(),
  };
}

function emptyKind(): KindIndex {
  return { all: emptyShelves(), ids: new Map(), types: new Map(), tags: new Map() };
}

/** The value at a key, made when it is not there yet. */
function at<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function shelvesFor(index: KindIndex, selection: Selection): readonly Shelves[] {
  if (selection === 'all') return [index.all];
  const from = (map: Map<string, Shelves>, names: readonly string[]): Shelves[] =>
    [...new Set(names)].map((name) => at(map, name, emptyShelves));
  if ('tags' in selection) return from(index.tags, selection.tags);
  if ('types' in selection) return from(index.types, selection.types);
  return from(index.ids, selection);
}

function put(index: KindIndex, rule: CompiledRule): void {
  const pin = pinOf(rule.source.subject);
  for (const shelves of shelvesFor(index, rule.selection)) {
    for (const grant of new Set(rule.source.grants ?? GRANTS)) {
      const shelf = shelves[grant];
      if (pin) for (const id of new Set(pin.ids)) at(shelf[pin.by], id, () => []).push(rule);
      else shelf.rest.push(rule);
    }
  }
}

function targetOf(target: Target): { kind: TargetKind; selection: Selection } {
  if ('resources' in target) return { kind: 'resource', selection: target.resources };
  return { kind: 'connection', selection: target.connections };
}

function compileSubject(subject: Subject): { test: Test; node: Node | undefined } {
  if ('any' in subject) return { test: () => YES, node: undefined };
  if ('clients' in subject) {
    const clients = new Set(subject.clients);
    return { test: (request) => truthOf(clients.has(request.client.id)), node: undefined };
  }
  const node = compileAll(subject.conditions, 'subject.conditions');
  return { test: node.test, node };
}

function compileRule(source: PolicyRule): CompiledRule {
  const { kind, selection } = targetOf(source.target);
  const tags = selection !== 'all' && 'tags' in selection ? new Set(selection.tags) : undefined;
  const scopes = source.scopes === 'all' ? undefined : new Set(source.scopes);
  return { source, kind, selection, tags, scopes, ...compileSubject(source.subject) };
}

/**
 * Compiles rules once per change. Time and memory grow with rules × targets × grants that they name; ids must differ.
 * Throws only for rules that parsePolicy would have refused.
 */
export function compilePolicies(rules: readonly PolicyRule[]): PolicySet {
  const compiled = rules.map(compileRule).sort((a, b) => (a.source.id < b.source.id ? -1 : 1));
  const index = { resource: emptyKind(), connection: emptyKind() };
  for (const rule of compiled) if (rule.source.state !== 'off') put(index[rule.kind], rule);
  return { rules: compiled, index };
}

function addMatching(rules: readonly CompiledRule[] | undefined, request: PolicyRequest, found: CompiledRule[], tagAt: number): void {
  if (!rules) return;
  for (const rule of rules) {
    if (tagAt > 0 && rule.tags && seenEarlier(rule.tags, request.target.tags, tagAt)) continue;
    if (rule.test(request) === YES) found.push(rule);
  }
}

/** A rule for several tags stands on several shelves; it counts on the first one that the target leads to. */
function seenEarlier(tags: ReadonlySet<string>, targetTags: readonly string[], tagAt: number): boolean {
  for (let earlier = 0; earlier < tagAt; earlier += 1) if (tags.has(targetTags[earlier] ?? '')) return true;
  return false;
}

function addFrom(shelves: Shelves | undefined, request: PolicyRequest, found: CompiledRule[], tagAt = 0): void {
  if (!shelves) return;
  const shelf = shelves[request.grant];
  if (shelf.clients.size > 0) addMatching(shelf.clients.get(request.client.id), request, found, tagAt);
  if (request.tenant && shelf.tenants.size > 0) addMatching(shelf.tenants.get(request.tenant.id), request, found, tagAt);
  addMatching(shelf.rest, request, found, tagAt);
}

/** The enforced and shadow rules whose target, grant and subject match, each once. Scopes are not looked at. */
export function matchingRules(set: PolicySet, request: PolicyRequest): CompiledRule[] {
  const { target } = request;
  const index = set.index[target.kind];
  const found: CompiledRule[] = [];
  addFrom(index.ids.get(target.id), request, found);
  if (index.types.size > 0) addFrom(index.types.get(target.type), request, found);
  if (index.tags.size > 0)
    for (let tagAt = 0; tagAt < target.tags.length; tagAt += 1) addFrom(index.tags.get(target.tags[tagAt] ?? ''), request, found, tagAt);
  addFrom(index.all, request, found);
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
