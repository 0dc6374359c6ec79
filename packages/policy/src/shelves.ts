import { keyNote, valueOf } from './facts.ts';
import type { Facts, KeyNote } from './facts.ts';
import type { Pin } from './pin.ts';
import type { PolicyRequest } from './request.ts';
import type { GrantName, Selection } from './rule.ts';

/** Rules for one target and grant, by what their subject is pinned to, so that rules about others cost nothing. */
type Shelf<Rule> = { readonly pinned: { readonly note: KeyNote; readonly rules: Map<unknown, Rule[]> }[]; readonly rest: Rule[] };

/** By grant; rules without grants stand under `every` once, not under each. */
type Shelves<Rule> = { [Grant in GrantName | 'every']?: Shelf<Rule> };

/** The rules for one kind of target, by how they select it. */
export type Index<Rule> = {
  readonly all: Shelves<Rule>;
  readonly ids: Map<string, Shelves<Rule>>;
  readonly types: Map<string, Shelves<Rule>>;
  readonly tags: Map<string, Shelves<Rule>>;
};

export function newIndex<Rule>(): Index<Rule> {
  return { all: {}, ids: new Map(), types: new Map(), tags: new Map() };
}

/** The value at a key, made when it is not there yet. */
function at<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function shelvesFor<Rule>(index: Index<Rule>, selection: Selection): readonly Shelves<Rule>[] {
  if (selection === 'all') return [index.all];
  const from = (map: Map<string, Shelves<Rule>>, names: readonly string[]): Shelves<Rule>[] =>
    [...new Set(names)].map((name) => at(map, name, () => ({})));
  if ('tags' in selection) return from(index.tags, selection.tags);
  if ('types' in selection) return from(index.types, selection.types);
  return from(index.ids, selection);
}

function put<Rule>(shelf: Shelf<Rule>, rule: Rule, pin: Pin | undefined, facts: Facts): void {
  if (!pin) {
    shelf.rest.push(rule);
    return;
  }
  const note = keyNote(facts, pin.key);
  let place = shelf.pinned.find((one) => one.note === note);
  if (!place) shelf.pinned.push((place = { note, rules: new Map() }));
  for (const value of pin.values) at<unknown, Rule[]>(place.rules, value, () => []).push(rule);
}

/** Puts a rule on every shelf that a request which it can match may look at. */
export function shelve<Rule>(
  index: Index<Rule>,
  rule: Rule,
  by: { readonly selection: Selection; readonly grants: readonly GrantName[] | undefined; readonly pin: Pin | undefined },
  facts: Facts,
): void {
  for (const shelves of shelvesFor(index, by.selection)) {
    for (const grant of by.grants ? new Set(by.grants) : (['every'] as const)) {
      const shelf: Shelf<Rule> = (shelves[grant] ??= { pinned: [], rest: [] });
      put(shelf, rule, by.pin, facts);
    }
  }
}

type Take<Rule> = (rules: readonly Rule[]) => void;

function takePinned<Rule>(rules: Map<unknown, Rule[]>, { spec }: KeyNote, value: unknown, take: Take<Rule>): void {
  const takeAt = (member: unknown): void => {
    const found = rules.get(member);
    if (found) take(found);
  };
  if (spec.kind === 'text' || (!Array.isArray(value) && spec.kind === 'open')) takeAt(value);
  else if (Array.isArray(value)) for (const member of value.length > 1 ? new Set(value) : value) takeAt(member);
  // Not what the key holds: the shelf cannot tell, so every rule on it is judged.
  else if (value !== undefined && value !== null) for (const found of rules.values()) take(found);
}

/** Hands over the rules that may match this request, shelf by shelf, none twice. */
export function takeFrom<Rule>(shelves: Shelves<Rule> | undefined, request: PolicyRequest, run: number, take: Take<Rule>): void {
  if (!shelves) return;
  for (const shelf of [shelves[request.grant], shelves.every]) {
    if (!shelf) continue;
    for (const { note, rules } of shelf.pinned) takePinned(rules, note, valueOf(note, request, run), take);
    if (shelf.rest.length > 0) take(shelf.rest);
  }
}
