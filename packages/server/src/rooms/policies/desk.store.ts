import { decide, decideWithShadow, explain, type Decision, type Explanation, type PolicyRequest, type PolicySet } from '@writ/policy';
import { canonical } from '../../base/canonical.ts';
import type { ChangeFeed } from '../../base/changes.ts';
import type { Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId } from '../../base/ids.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import type { EventData } from '../audit/event.ts';
import { attributesNamedBy, evidenceOf, type NamedAttributes } from './evidence.ts';
import { bookOf, setFor, type Rulebook } from './rulebook.ts';
import { findPolicies } from './store.ts';

/** A decision under its id. The id goes into the entry, the token error and the answer; `evidence` into the entry's data as `policy`. */
export type Judged = { id: string; decision: Decision };

/** Where everything that issues asks. Rules are compiled once per change and kept in memory: a decision reads no table. */
export type PolicyDesk = {
  /** Resolves when the policies are as fresh as the last change this node heard of. Await it once at start, and after changing policies. */
  ready(): Promise<void>;
  /** Synchronous and cheap: on the way of every token. */
  decide(request: PolicyRequest): Judged;
  /** What the entry's `data.policy` holds: the redacted input and the outcome, enough to explain and replay the decision later. */
  evidence(request: PolicyRequest, decision: Decision): EventData;
  /** Looks at every rule: for people, not for the hot path. */
  explain(request: PolicyRequest): Explanation;
  /** Changes with every change of policy; the same on every node that has the same policies. */
  version(): string;
  /** The rules in force, for what asks about all of them. Throws before they were read. */
  book(): Rulebook;
};

type Desk = { book: Rulebook; named: NamedAttributes; version: string };

export type PolicyDeskDeps = {
  db: Db;
  feed: ChangeFeed;
  onError(error: unknown): void;
  /** Ids of built-in resources: an allow rule reaches them only by their name. */
  builtIn?: readonly string[];
  /** Hears of each decision. `shadowDiffers`: shadow rules, if enforced, would have granted something else. */
  observe?(decision: Decision, shadowDiffers: boolean): void;
};

export function createPolicyDesk(deps: PolicyDeskDeps): PolicyDesk {
  const builtIn = new Set(deps.builtIn);
  const snapshot = createSnapshot<Desk>({ name: 'policies', load: () => readDesk(deps.db, builtIn), onError: deps.onError });
  deps.feed.on('policy', () => snapshot.stale());
  const setOf = (request: PolicyRequest): PolicySet => setFor(snapshot.current().book, request);

  return {
    ready: snapshot.ready,
    decide(request) {
      const set = setOf(request);
      const decision = decide(set, request);
      deps.observe?.(decision, decision.shadow.length > 0 && shadowDiffers(set, request, decision));
      return { id: newId('dec', request.request.time), decision };
    },
    evidence(request, decision) {
      const { named, version } = snapshot.current();
      return evidenceOf(request, decision, { named, policies: version });
    },
    explain: (request) => explain(setOf(request), request),
    version: () => snapshot.current().version,
    book: () => snapshot.current().book,
  };
}

async function readDesk(db: Db, builtIn: ReadonlySet<string>): Promise<Desk> {
  const rules = (await findPolicies(db)).map((policy) => policy.rule);
  return { book: bookOf(rules, builtIn), named: attributesNamedBy(rules), version: digest(canonical(rules)).slice(0, 16) };
}

function shadowDiffers(set: PolicySet, request: PolicyRequest, decision: Decision): boolean {
  const other = decideWithShadow(set, request);
  return other.granted.join(' ') !== decision.granted.join(' ') || other.requirements.length !== decision.requirements.length;
}
