import { at, listAt, textAt, textsAt } from '../json.ts';

/** What the program reads of a graph of the admin API. */
export type Way = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly client: string | undefined;
  readonly way: string | undefined;
  readonly for: string | undefined;
  readonly scopes: readonly string[];
  readonly through: readonly string[];
  readonly by: readonly { kind: string; id: string; sentence: string }[];
  readonly conditions: readonly string[];
  readonly refused: string | undefined;
};

export function wayOf(edge: unknown): Way {
  return {
    id: textAt(edge, 'id') ?? '',
    from: textAt(edge, 'from') ?? '',
    to: textAt(edge, 'to') ?? '',
    kind: textAt(edge, 'kind') ?? '',
    client: textAt(edge, 'client'),
    way: textAt(edge, 'way'),
    for: textAt(edge, 'for'),
    scopes: textsAt(edge, 'scopes'),
    through: textsAt(edge, 'through'),
    by: listAt(edge, 'by').map((one) => ({
      kind: textAt(one, 'kind') ?? '',
      id: textAt(one, 'id') ?? '',
      sentence: textAt(one, 'sentence') ?? '',
    })),
    conditions: listAt(edge, 'conditions').map((one) => textAt(one, 'sentence') ?? ''),
    refused: textAt(at(edge, 'refused'), 'sentence'),
  };
}

/** Nodes by key. */
export function namesIn(graph: unknown): ReadonlyMap<string, string> {
  return new Map(listAt(graph, 'nodes').map((node) => [textAt(node, 'key') ?? '', textAt(node, 'name') ?? '']));
}

export function waysIn(graph: unknown): readonly Way[] {
  return listAt(graph, 'edges').map(wayOf);
}

/** `agent` and `agt_1` of `agent:agt_1`. */
export function partsOf(key: string): readonly [kind: string, id: string] {
  const colon = key.indexOf(':');
  return [key.slice(0, colon), key.slice(colon + 1)];
}

/** `resource crm (Customers)`: the id is what other verbs take. */
export function labelOf(key: string, names: ReadonlyMap<string, string>): string {
  const [kind, id] = partsOf(key);
  const name = names.get(key);
  return name === undefined || name === '' || name === id ? `${kind} ${id}` : `${kind} ${id} (${name})`;
}
