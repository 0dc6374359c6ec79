import { exportFlow, type FlowGraph, type FlowLayout, type Purpose } from '@writ/flow';
import type { ChangedBy } from '../policies/version.ts';
import type { Assigned } from './assignment.ts';
import type { FlowProblem } from './check.ts';

/** A published state of a flow. `source`: as its author wrote it, by exportFlow; `digest`: of what runs, subflows copied in. `at` in milliseconds. */
export type PublishedVersion = {
  flow: string;
  version: number;
  digest: string;
  source: string;
  by: ChangedBy;
  at: number;
  note?: string | undefined;
  /** The older version of which this is the state again. */
  rolledBackTo?: number | undefined;
};

/** A flow as this hub keeps it: the draft that is worked on, and the state in force. Of a built-in one that nobody changed there is no row: version 0. */
export type Flow = {
  id: string;
  draft: FlowGraph;
  layout: FlowLayout;
  builtIn: boolean;
  published?: PublishedVersion | undefined;
  assigned: Assigned;
  /** The purpose of what is in force, by which it is assigned. */
  inForceFor?: Purpose | undefined;
  /** Counts every change of draft, publication and assignment: the ETag. */
  version: number;
  createdAt: number | null;
  updatedAt: number | null;
  /** What the checks say of the draft; only where one flow was asked for. */
  problems?: readonly FlowProblem[];
};

/** Whether the draft says something else than what is in force. */
export function isAhead({ draft, published }: Flow): boolean {
  return published?.source !== exportFlow(draft);
}
