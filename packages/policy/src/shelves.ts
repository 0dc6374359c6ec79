import type { GrantName, Selection } from './rule.ts';

/** Which requests a rule can match at most: those of these clients, or of these tenants. */
export type Pin = { readonly by: 'clients' | 'tenants'; readonly ids: readonly string[] };

/** Rules for one target and grant, by what their subject is pinned to, so that rules of other clients and tenants cost nothing. */
type Shelf<Rule> = { readonly clients: Map<string, Rule[]>; readonly tenants: Map<string, Rule[]>; readonly rest: Rule[] };

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
function at<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
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

/** Puts a rule on every shelf that a request which it can match may look at. */
export function shelve<Rule>(
  index: Index<Rule>,
  rule: Rule,
  {
    selection,
    grants,
    pin,
  }: { readonly selection: Selection; readonly grants: readonly GrantName[] | undefined; readonly pin: Pin | undefined },
): void {
  for (const shelves of shelvesFor(index, selection)) {
    for (const grant of grants ? new Set(grants) : (['every'] as const)) {
      const shelf: Shelf<Rule> = (shelves[grant] ??= { clients: new Map(), tenants: new Map(), rest: [] });
      if (pin) for (const id of new Set(pin.ids)) at<Rule[]>(shelf[pin.by], id, () => []).push(rule);
      else shelf.rest.push(rule);
    }
  }
}

type Caller = { readonly grant: GrantName; readonly client: string; readonly tenant: string | undefined };

function takeShelf<Rule>(shelf: Shelf<Rule> | undefined, { client, tenant }: Caller, take: (rules: readonly Rule[]) => void): void {
  if (!shelf) return;
  const pinned = shelf.clients.size > 0 ? shelf.clients.get(client) : undefined;
  if (pinned) take(pinned);
  const local = tenant !== undefined && shelf.tenants.size > 0 ? shelf.tenants.get(tenant) : undefined;
  if (local) take(local);
  if (shelf.rest.length > 0) take(shelf.rest);
}

/** Hands over the rules that may match this caller, shelf by shelf. */
export function takeFrom<Rule>(shelves: Shelves<Rule> | undefined, caller: Caller, take: (rules: readonly Rule[]) => void): void {
  if (!shelves) return;
  takeShelf(shelves[caller.grant], caller, take);
  takeShelf(shelves.every, caller, take);
}
