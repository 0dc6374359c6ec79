import type { RecordedPolicy } from './recorded.ts';

/** A decision on which a shadow rule spoke, as far as this question needs it. Time in milliseconds since the epoch. */
export type Spoken = {
  id: string;
  time: number;
  client: string;
  agent?: string | undefined;
  target: { kind: string; id: string };
  policy: Pick<RecordedPolicy, 'granted' | 'refused' | 'shadow'>;
};

type Changes = { decisions: number };
export type ShadowRow = {
  rule: string;
  effect: string;
  /** Decisions on which it spoke, and of these, those that it would have changed. */
  spoke: number;
  wouldChange: number;
  /** When it first and last would have changed something; null: never. */
  since: number | null;
  last: number | null;
  agents: ({ agent: string; client: string } & Changes)[];
  scopes: ({ target: Spoken['target']; scope: string; change: 'gained' | 'lost' | 'required' } & Changes)[];
  samples: string[];
};

/** Counts what shadow rules, each alone, would have changed. Takes decisions newest first; keeps counts only. */
export type ShadowBoard = { add(one: Spoken): void; rows(): ShadowRow[] };

const MAX_RULES = 1_000;
const MAX_LABELS = 1_000;
const SHOWN = 20;

type Open = Omit<ShadowRow, 'agents' | 'scopes'> & {
  agents: Map<string, ShadowRow['agents'][number]>;
  scopes: Map<string, ShadowRow['scopes'][number]>;
};

export function createShadowBoard(): ShadowBoard {
  const rules = new Map<string, Open>();
  return {
    add(one) {
      for (const { rule, effect, scopes } of one.policy.shadow) {
        const row = rules.get(rule) ?? emptyRow(rule, effect);
        if (!rules.has(rule) && rules.size >= MAX_RULES) continue;
        rules.set(rule, row);
        row.spoke += 1;
        const changed = changedBy(effect, scopes, one.policy);
        if (changed.length > 0) countChange(row, one, effect, changed);
      }
    },
    rows: () =>
      [...rules.values()]
        .map(({ agents, scopes, ...row }) => ({ ...row, agents: most(agents), scopes: most(scopes) }))
        .sort((a, b) => b.wouldChange - a.wouldChange || (a.rule < b.rule ? -1 : 1)),
  };
}

function emptyRow(rule: string, effect: string): Open {
  return { rule, effect, spoke: 0, wouldChange: 0, since: null, last: null, agents: new Map(), scopes: new Map(), samples: [] };
}

/** An allow gives what no allow gave (a deny would still win); a deny takes, and a requirement binds, what was granted. */
function changedBy(effect: string, scopes: readonly string[], { granted, refused }: Spoken['policy']): string[] {
  if (effect !== 'allow') return scopes.filter((scope) => granted.includes(scope));
  const lacking = new Set(refused.filter(({ by }) => by === 'no-allow').map(({ scope }) => scope));
  return scopes.filter((scope) => lacking.has(scope));
}

const CHANGE = { allow: 'gained', deny: 'lost', require: 'required' } as const;

function countChange(row: Open, one: Spoken, effect: string, scopes: readonly string[]): void {
  row.wouldChange += 1;
  row.since = one.time;
  row.last ??= one.time;
  if (row.samples.length < SHOWN) row.samples.push(one.id);
  const { client, agent, target } = one;
  if (agent !== undefined) tally(row.agents, agent, { agent, client, decisions: 0 });
  const change = effect === 'allow' || effect === 'deny' ? CHANGE[effect] : CHANGE.require;
  for (const scope of scopes) tally(row.scopes, `${target.kind} ${target.id} ${scope}`, { target, scope, change, decisions: 0 });
}

function tally<Row extends Changes>(rows: Map<string, Row>, key: string, fresh: Row): void {
  const row = rows.get(key) ?? fresh;
  row.decisions += 1;
  if (rows.has(key) || rows.size < MAX_LABELS) rows.set(key, row);
}

function most<Row extends Changes>(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows.values()].sort((a, b) => b.decisions - a.decisions).slice(0, SHOWN);
}
