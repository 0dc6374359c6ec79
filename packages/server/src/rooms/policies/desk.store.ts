import {
  compilePolicies,
  decide,
  decideWithShadow,
  explain,
  type Decision,
  type Explanation,
  type PolicyRequest,
  type PolicyRule,
  type PolicySet,
} from '@writ/policy';
import { canonical } from '../../base/canonical.ts';
import type { ChangeFeed } from '../../base/changes.ts';
import type { Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId } from '../../base/ids.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import type { EventData } from '../audit/event.ts';
import { attributesNamedBy, evidenceOf, type NamedAttributes } from './evidence.ts';
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
};

type Desk = { set: PolicySet; builtIn: PolicySet; named: NamedAttributes; version: string };

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
  const snapshot = createSnapshot<Desk>({ name: 'policies', load: () => readDesk(deps.db), onError: deps.onError });
  deps.feed.on('policy', () => snapshot.stale());
  const builtIn = new Set(deps.builtIn);
  const setFor = ({ target }: PolicyRequest): PolicySet =>
    target.kind === 'resource' && builtIn.has(target.id) ? snapshot.current().builtIn : snapshot.current().set;

  return {
    ready: snapshot.ready,
    decide(request) {
      const set = setFor(request);
      const decision = decide(set, request);
      deps.observe?.(decision, decision.shadow.length > 0 && shadowDiffers(set, request, decision));
      return { id: newId('dec', request.request.time), decision };
    },
    evidence(request, decision) {
      const { named, version } = snapshot.current();
      return evidenceOf(request, decision, { named, policies: version });
    },
    explain: (request) => explain(setFor(request), request),
    version: () => snapshot.current().version,
  };
}

async function readDesk(db: Db): Promise<Desk> {
  const policies = await findPolicies(db);
  const rules = policies.map((policy) => policy.rule);
  const set = compilePolicies(rules);
  return {
    set,
    builtIn: compilePolicies(rules.filter(mayReachBuiltIn)),
    named: attributesNamedBy(rules),
    version: digest(canonical(rules)).slice(0, 16),
  };
}

/**
 * "All resources" means those that were put here, not the hub's own administration: an allow rule that was written for the first must not
 * hand out the second. Rules that restrict keep their full reach.
 */
function mayReachBuiltIn({ effect, target }: PolicyRule): boolean {
  return effect !== 'allow' || ('resources' in target && Array.isArray(target.resources));
}

function shadowDiffers(set: PolicySet, request: PolicyRequest, decision: Decision): boolean {
  const other = decideWithShadow(set, request);
  return other.granted.join(' ') !== decision.granted.join(' ') || other.requirements.length !== decision.requirements.length;
}
