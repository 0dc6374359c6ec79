import type { GrantName } from '@writ/policy';
import type { Principal } from '../agents/agent.ts';

export const NODE_KINDS = ['agent', 'client', 'user', 'tenant', 'role', 'resource', 'connection', 'credential', 'policy', 'grant'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

export const RISKS = ['low', 'elevated', 'high'] as const;
export type Risk = (typeof RISKS)[number];

/** `state`: of what can be frozen, off, locked; absent where there is no such thing. `scopes`: of a resource or connection. */
export type Node = {
  /** `<kind>:<id>`, as edges name it. */
  key: string;
  kind: NodeKind;
  id: string;
  name: string;
  state?: string | undefined;
  risk?: Risk | undefined;
  scopes?: readonly string[] | undefined;
};

/** Ids of two kinds may be alike; keys are not. */
export function keyOf(kind: NodeKind, id: string): string {
  return `${kind}:${id}`;
}

export function principalKey({ kind, id }: Principal): string {
  return keyOf(kind, id);
}

export const CAUSE_KINDS = ['record', 'policy', 'consent', 'tenant-consent', 'credential', 'role', 'membership'] as const;

/** What makes an edge. All kinds that are there must hold together; several of one kind each give the scopes that they name. */
export type Cause = {
  kind: (typeof CAUSE_KINDS)[number];
  id: string;
  /** In words. */
  sentence: string;
  scopes?: readonly string[] | undefined;
};

export const CONDITION_KINDS = [
  'second_factor',
  'reconsent',
  'approval',
  'budget',
  'proof_of_possession',
  'lifetime',
  'subject_token',
  'assertion',
  'depends',
  'unless',
] as const;

/** What still must hold at the moment of use. `rule`: the policy that asks for it. */
export type Condition = {
  kind: (typeof CONDITION_KINDS)[number];
  sentence: string;
  rule?: string | undefined;
  scopes?: readonly string[] | undefined;
};

/** What stands in the way of an edge that is there otherwise, and goes when somebody lets it. */
export type Stopped = {
  what: 'client' | 'agent' | 'user' | 'tenant' | 'grant' | 'connection' | 'credential';
  id: string;
  state: string;
  sentence: string;
};

/** How a token, or a credential, is come by. `proxy`: the hub makes the call. */
export type Way = GrantName | 'proxy';
export const EDGE_KINDS = ['acts_for', 'runs', 'belongs', 'holds', 'reaches'] as const;

export type Edge = {
  /** The same as long as what it says is about the same: page after page, and before and after a change. */
  id: string;
  from: string;
  to: string;
  kind: (typeof EDGE_KINDS)[number];
  by: readonly Cause[];
  conditions: readonly Condition[];
  /** The client that acts; of a way to reach something. */
  client?: string | undefined;
  way?: Way | undefined;
  /** For whom: the principal, as a node. */
  for?: string | undefined;
  tenant?: string | undefined;
  scopes?: readonly string[] | undefined;
  risk?: Risk | undefined;
  /** Clients through whose hands the token went before, first first. */
  through?: readonly string[] | undefined;
  /** The credential that is handed out; of a connection. */
  credential?: string | undefined;
  refused?: Stopped | undefined;
};

/** The highest of these; undefined of none. */
export function highest(risks: Iterable<Risk | undefined>): Risk | undefined {
  let most = -1;
  for (const one of risks) if (one !== undefined) most = Math.max(most, RISKS.indexOf(one));
  return RISKS[most];
}
