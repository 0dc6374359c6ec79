import type { FlowGraph } from '@writ/flow';
import type { Canvas } from '../model/draft.ts';
import type { Finding } from '../model/judge.ts';
import type { FlowRecord, VersionFacts } from '../model/record.ts';
import type { Ran, RunAnswer, RunFacts } from '../model/run.ts';
import type { Signing } from '../model/sign-in.ts';

/** What came of a deed at the hub. `findings`: what it says of nodes and fields. */
export type Done = { readonly ok: true } | { readonly ok: false; readonly message: string; readonly findings?: readonly Finding[] };

export type Target = { readonly kind: 'client' | 'resource' | 'tenant'; readonly id: string } | { readonly kind: 'everywhere' };

/** What the editor asks of the hub for one flow. */
export type FlowHub = {
  readonly save: (graph: FlowGraph, canvas: Canvas) => Promise<Done>;
  readonly publish: (note: string) => Promise<Done>;
  readonly rollBack: (version: number) => Promise<Done>;
  readonly assign: (target: Target, on: boolean) => Promise<Done>;
  readonly remove: () => Promise<Done>;
  readonly versions: () => Promise<readonly VersionFacts[]>;
  readonly version: (version: number) => Promise<FlowGraph>;
  /** What only the hub knows to be wrong: names that lead to nothing. */
  readonly check: (graph: FlowGraph) => Promise<readonly Finding[]>;
};

/** `state`: of the run before, to go on from there. `live`: calls are really made. */
export type RunAsked = {
  readonly graph: FlowGraph;
  readonly facts: RunFacts;
  readonly live: boolean;
  readonly answers: readonly RunAnswer[];
  readonly state: string | undefined;
};
export type RunDone = { readonly ok: true; readonly ran: Ran } | { readonly ok: false; readonly message: string };

/** A thing that can be chosen by id. */
export type Listed = { readonly id: string; readonly name: string };

/** What there is at the hub to name in a flow, or to assign it to. */
export type Surroundings = {
  readonly flows: readonly Listed[];
  readonly connections: readonly Listed[];
  readonly clients: readonly Signing[];
  readonly resources: readonly Listed[];
  readonly tenants: readonly Listed[];
  readonly users: readonly Listed[];
  readonly providers: readonly Listed[];
  /** Secrets of calls by name; beside it, where they may go. */
  readonly secrets: readonly Listed[];
  /** By resource; their names are their titles. */
  readonly scopes: Readonly<Record<string, readonly Listed[]>>;
  readonly library: (id: string) => FlowGraph | undefined;
};

export type OpenFlow = { readonly record: FlowRecord; readonly hub: FlowHub };
export type RunFlow = (of: RunAsked) => Promise<RunDone>;
