import { createReplay, type Recorded, type Replay, type ReplayOptions, type ReplayReport, type Tally } from '@writ/policy';
import { attributesNamedBy } from './evidence.ts';
import { setFor, type Rulebook } from './rulebook.ts';

/** A replay over all that this hub decides on: the hub's own API is judged by its own set (rulebook.ts), and the counts are put together. */
export function replayOver(current: Rulebook, draft: Rulebook, options: ReplayOptions): Replay {
  const everywhere = createReplay(current.everywhere, draft.everywhere, options);
  const ownApi = createReplay(current.ownApi, draft.ownApi, options);
  return {
    add(one: Recorded) {
      const isOwn = setFor(current, one.request) === current.ownApi;
      (isOwn ? ownApi : everywhere).add(one);
    },
    report: () => together(everywhere.report(), ownApi.report(), options),
  };
}

function together(a: ReplayReport, b: ReplayReport, { samples = 100, rows = 100 }: ReplayOptions): ReplayReport {
  if (b.total === 0) return a;
  return {
    ...added(a, b),
    total: a.total + b.total,
    drifted: a.drifted + b.drifted,
    byClient: merged(a.byClient, b.byClient, ({ client }) => client, rows),
    byAgent: merged(a.byAgent, b.byAgent, ({ agent }) => agent, rows),
    byScope: merged(a.byScope, b.byScope, ({ target, scope }) => `${target.kind} ${target.id} ${scope}`, rows),
    byRule: merged(a.byRule, b.byRule, ({ rule }) => rule, rows),
    samples: [...a.samples, ...b.samples].slice(0, samples),
    cut: a.cut || b.cut,
  };
}

function added(a: Tally, b: Tally): Tally {
  return {
    changed: a.changed + b.changed,
    gained: a.gained + b.gained,
    lost: a.lost + b.lost,
    requirements: a.requirements + b.requirements,
  };
}

function merged<Row extends Tally>(a: readonly Row[], b: readonly Row[], keyOf: (row: Row) => string, most: number): Row[] {
  const found = new Map(a.map((row) => [keyOf(row), row]));
  for (const row of b) {
    const same = found.get(keyOf(row));
    found.set(keyOf(row), same === undefined ? row : { ...same, ...added(same, row) });
  }
  return [...found.values()].sort((x, y) => y.changed - x.changed).slice(0, most);
}

/**
 * Attributes that the draft looks at and no rule of now does (`user.attributes.region`): entries do not hold them, so the draft takes them for
 * missing, and what it would refuse for that is not shown to be refused in truth.
 */
export function notRecorded(current: Rulebook, draft: Rulebook): string[] {
  const before = attributesNamedBy(current.rules);
  const families = Object.entries(attributesNamedBy(draft.rules));
  return families.flatMap(([family, names]) => {
    const known: ReadonlySet<string> = new Map(Object.entries(before)).get(family) ?? new Set();
    return [...names].filter((name) => !known.has(name)).map((name) => `${family}${name}`);
  });
}
