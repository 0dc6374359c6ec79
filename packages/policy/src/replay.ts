import { compilePolicies } from './compile.ts';
import type { PolicySet } from './compile.ts';
import { decide } from './decide.ts';
import type { Decision } from './decide.ts';
import { differenceOf } from './difference.ts';
import type { Difference } from './difference.ts';
import type { PolicyRequest } from './request.ts';
import { count, createBoard, newCounts } from './tally.ts';
import type { Board, Tally } from './tally.ts';

/** A decision of the past: what was asked and, where it is known, what was granted. */
export type Recorded = {
  readonly id: string;
  readonly request: PolicyRequest;
  readonly decision?: { readonly granted: readonly string[] };
};

/** One recorded decision that would be different. */
export type ReplaySample = Difference & {
  readonly id: string;
  readonly grant: PolicyRequest['grant'];
  readonly client: string;
  readonly agent?: string;
  readonly user?: string;
  readonly tenant?: string;
  readonly target: { readonly kind: PolicyRequest['target']['kind']; readonly id: string };
};

export type ReplayReport = Tally & {
  /** Recorded decisions that were put to both sets. */
  readonly total: number;
  /** Of these, how many granted something else when they were made than the current set grants: policies or facts have changed since. */
  readonly drifted: number;
  /** Most changed first, each list at most `rows` long. */
  readonly byClient: readonly (Tally & { readonly client: string })[];
  readonly byAgent: readonly (Tally & { readonly agent: string; readonly client: string })[];
  readonly byScope: readonly (Tally & { readonly target: ReplaySample['target']; readonly scope: string })[];
  /** Rules of either set that bring a difference about. */
  readonly byRule: readonly (Tally & { readonly rule: string })[];
  /** The first changed decisions, up to `samples`, so that somebody can look at some. */
  readonly samples: readonly ReplaySample[];
  /** True when a list is not whole, as there were more clients, agents, scopes or rules than a replay keeps count of. */
  readonly cut: boolean;
};

export type ReplayOptions = { readonly samples?: number; readonly rows?: number };
/** Takes one recorded decision after the other and keeps counts only; for whoever reads them from a table piece by piece. */
export type Replay = { readonly add: (one: Recorded) => void; readonly report: () => ReplayReport };

type Boards = {
  readonly clients: Board<{ client: string }>;
  readonly agents: Board<{ agent: string; client: string }>;
  readonly scopes: Board<{ target: ReplaySample['target']; scope: string }>;
  readonly rules: Board<{ rule: string }>;
};

function countDifference(boards: Boards, request: PolicyRequest, found: Difference): void {
  const { gained, lost, requirements } = found;
  const whole = [gained.length > 0, lost.length > 0, requirements.length > 0] as const;
  const client = request.client.id;
  const target = { kind: request.target.kind, id: request.target.id };
  const agent = request.agent?.id;
  count(
    boards.clients.at(client, () => ({ client })),
    ...whole,
  );
  if (agent !== undefined)
    count(
      boards.agents.at(agent, () => ({ agent, client })),
      ...whole,
    );
  const under = new Set(requirements.flatMap((one) => one.scopes));
  for (const scope of new Set([...gained, ...lost, ...under])) {
    const counts = boards.scopes.at(JSON.stringify([target.kind, target.id, scope]), () => ({ target, scope }));
    count(counts, gained.includes(scope), lost.includes(scope), under.has(scope));
  }
  for (const { rule, scopes } of found.causes) {
    const has = (list: readonly string[]): boolean => scopes.some((scope) => list.includes(scope));
    count(
      boards.rules.at(rule, () => ({ rule })),
      has(gained),
      has(lost),
      requirements.some((one) => one.rule === rule),
    );
  }
}

function sampleOf({ id, request }: Recorded, found: Difference): ReplaySample {
  const { grant, client, agent, user, tenant, target } = request;
  return {
    id,
    grant,
    client: client.id,
    ...(agent ? { agent: agent.id } : {}),
    ...(user ? { user: user.id } : {}),
    ...(tenant ? { tenant: tenant.id } : {}),
    target: { kind: target.kind, id: target.id },
    ...found,
  };
}

function grantedOtherwise(recorded: readonly string[], decision: Decision): boolean {
  return recorded.length !== decision.granted.length || recorded.some((scope) => !decision.granted.includes(scope));
}

/** A replay of recorded decisions, one by one: how `draft` would have answered them where `current` is what holds. */
export function createReplay(current: PolicySet, draft: PolicySet, { samples = 100, rows = 100 }: ReplayOptions = {}): Replay {
  const boards: Boards = { clients: createBoard(), agents: createBoard(), scopes: createBoard(), rules: createBoard() };
  const counts = newCounts();
  const kept: ReplaySample[] = [];
  let total = 0;
  let drifted = 0;
  return {
    add(one) {
      total += 1;
      const before = decide(current, one.request);
      if (one.decision && grantedOtherwise(one.decision.granted, before)) drifted += 1;
      const found = differenceOf(one.request, { set: current, decision: before }, { set: draft, decision: decide(draft, one.request) });
      if (!found) return;
      count(counts, found.gained.length > 0, found.lost.length > 0, found.requirements.length > 0);
      countDifference(boards, one.request, found);
      if (kept.length < samples) kept.push(sampleOf(one, found));
    },
    report() {
      const lists = {
        byClient: boards.clients.rows(rows),
        byAgent: boards.agents.rows(rows),
        byScope: boards.scopes.rows(rows),
        byRule: boards.rules.rows(rows),
      };
      const cut = Object.values(boards).some((board) => board.cut());
      return { total, drifted, ...counts, ...lists, samples: [...kept], cut };
    },
  };
}

/** Puts recorded decisions to a draft and says what would change: in all, by client, agent, scope and rule. Memory does not grow with their number. */
export function replay(current: PolicySet, draft: PolicySet, recorded: Iterable<Recorded>, options: ReplayOptions = {}): ReplayReport {
  const running = createReplay(current, draft, options);
  for (const one of recorded) running.add(one);
  return running.report();
}

/** What breaks, and what opens, when one rule is removed. Nothing changes for an id that there is not. */
export function withoutRule(set: PolicySet, id: string, recorded: Iterable<Recorded>, options: ReplayOptions = {}): ReplayReport {
  const rest = set.rules.map((rule) => rule.source).filter((rule) => rule.id !== id);
  return replay(set, compilePolicies(rest), recorded, options);
}
