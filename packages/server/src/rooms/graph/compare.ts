import type { Condition, Edge, Node } from './graph.ts';

/** An edge that would not be as it is. `lost`, `gained`: scopes; a credential as a whole is `[]` and told by `after` or `before`. */
export type Difference = {
  edge: Edge;
  is: 'gone' | 'new' | 'less' | 'more' | 'other';
  lost: readonly string[];
  gained: readonly string[];
  /** What would have to hold beside, and what no more. */
  asks: readonly Condition[];
  spares: readonly Condition[];
};

/** What differs between the ways that there are and those that there would be. Bonds are left out: they follow. */
export function differences(before: readonly Edge[], after: readonly Edge[]): Difference[] {
  const there = new Map(after.map((edge) => [edge.id, edge]));
  const was = new Map(before.map((edge) => [edge.id, edge]));
  const changed = before.flatMap((edge): Difference[] => {
    const now = there.get(edge.id);
    if (now === undefined) return [{ edge, is: 'gone', lost: edge.scopes ?? [], gained: [], asks: [], spares: [] }];
    const found = between(edge, now);
    return found === undefined ? [] : [found];
  });
  const fresh = after.filter(({ id }) => !was.has(id));
  return [...changed, ...fresh.map((edge): Difference => ({ edge, is: 'new', lost: [], gained: edge.scopes ?? [], asks: [], spares: [] }))];
}

function between(before: Edge, after: Edge): Difference | undefined {
  const lost = (before.scopes ?? []).filter((name) => after.scopes?.includes(name) !== true);
  const gained = (after.scopes ?? []).filter((name) => before.scopes?.includes(name) !== true);
  const asks = beside(after.conditions, before.conditions);
  const spares = beside(before.conditions, after.conditions);
  if (lost.length + gained.length + asks.length + spares.length === 0) return undefined;
  const is = gained.length === 0 && lost.length > 0 ? 'less' : lost.length === 0 && gained.length > 0 ? 'more' : 'other';
  return { edge: after, is, lost, gained, asks, spares };
}

/** Conditions of the first that the second has not. */
function beside(these: readonly Condition[], those: readonly Condition[]): Condition[] {
  const known = new Set(those.map(textOf));
  return these.filter((one) => !known.has(textOf(one)));
}

function textOf({ kind, rule, sentence }: Condition): string {
  return `${kind} ${rule ?? ''} ${sentence}`;
}

export type Sentence = {
  sentence: string;
  client: string;
  target: string;
  lost: readonly string[];
  gained: readonly string[];
  people: number;
};

const MOST_SENTENCES = 100;

/** `support-bot loses tickets:write at CRM for 12 people`: differences of one client at one target put together. */
export function sentencesOf(found: readonly Difference[], nodes: readonly Node[]): { sentences: Sentence[]; more: number } {
  const names = new Map(nodes.map(({ key, name }) => [key, name]));
  const groups = new Map<
    string,
    {
      client: string;
      target: string;
      lost: readonly string[];
      gained: readonly string[];
      is: Difference['is'];
      asks: readonly string[];
      whom: Set<string>;
    }
  >();
  for (const { edge, is, lost, gained, asks, spares } of found) {
    const { client = '' } = edge;
    const words = [...asks.map(({ sentence }) => sentence), ...spares.map(({ sentence }) => `No more: ${sentence}`)];
    const deed = deedOf({ is, lost, gained, asks: words });
    const key = JSON.stringify([client, edge.to, deed]);
    const group = groups.get(key) ?? { client, target: edge.to, lost, gained, is, asks: words, whom: new Set<string>() };
    group.whom.add(edge.for ?? '');
    groups.set(key, group);
  }
  const all = [...groups.values()].toSorted((a, b) => b.whom.size - a.whom.size || (a.client < b.client ? -1 : 1));
  const sentences = all.slice(0, MOST_SENTENCES).map(({ client, target, lost, gained, is, asks, whom }): Sentence => {
    const people = [...whom].filter((key) => key.startsWith('user:')).length;
    const name = names.get(`client:${client}`) ?? client;
    const deed = deedOf({ is, lost, gained, asks });
    return { sentence: `${name} ${deed} at ${names.get(target) ?? target} ${forWhom(whom, names)}.`, client, target, lost, gained, people };
  });
  return { sentences, more: Math.max(0, all.length - MOST_SENTENCES) };
}

function deedOf({ is, lost, gained, asks }: Pick<Difference, 'is' | 'lost' | 'gained'> & { asks: readonly string[] }): string {
  const loses = is === 'gone' && lost.length === 0 ? ['loses all'] : lost.length === 0 ? [] : [`loses ${lost.join(', ')}`];
  const gains = is === 'new' && gained.length === 0 ? ['gains all'] : gained.length === 0 ? [] : [`gains ${gained.join(', ')}`];
  const has = asks.length === 0 ? [] : [`has new conditions (${asks.map((one) => one.replace(/\.$/, '')).join('; ')})`];
  return [...loses, ...gains, ...has].join(' and ');
}

function forWhom(whom: ReadonlySet<string>, names: ReadonlyMap<string, string>): string {
  const all = [...whom];
  const people = all.filter((key) => key.startsWith('user:'));
  const others = all.filter((key) => !key.startsWith('user:'));
  const said = [
    ...(people.length === 0
      ? []
      : [people.length === 1 ? `for ${names.get(people[0] ?? '') ?? people[0] ?? ''}` : `for ${people.length} people`]),
    ...(others.some((key) => key.startsWith('tenant:'))
      ? [
          tenantWords(
            others.filter((key) => key.startsWith('tenant:')),
            names,
          ),
        ]
      : []),
    ...(others.some((key) => key.startsWith('client:')) ? ['for itself'] : []),
  ];
  return said.join(' and ');
}

function tenantWords(tenants: readonly string[], names: ReadonlyMap<string, string>): string {
  const [first = ''] = tenants;
  return tenants.length === 1 ? `for ${names.get(first) ?? first}` : `for ${tenants.length} tenants`;
}
