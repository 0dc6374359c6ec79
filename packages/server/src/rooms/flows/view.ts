import { flowDocument } from '@writ/flow';
import { z } from 'zod';
import { changedByView, presentChangedBy } from '../policies/view.ts';
import { assignShape } from './assignment.ts';
import type { FlowProblem } from './check.ts';
import { graphOfSource } from './config.ts';
import { isAhead, type Flow, type PublishedVersion } from './flow.ts';

export const problemView = z
  .object({
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    message: z.string(),
    /** The node it is about, and the field or branch; null: the flow as a whole. */
    node: z.string().nullable(),
    path: z.string().nullable(),
  })
  .meta({ id: 'FlowLint' });

/** A published state: who made it and when (milliseconds since the epoch; 0: it came with the hub). `digest` names what runs. */
export const versionView = z
  .object({
    flow: z.string(),
    version: z.number(),
    digest: z.string(),
    at: z.number(),
    by: changedByView,
    note: z.string().nullable(),
    rolledBackTo: z.number().nullable(),
  })
  .meta({ id: 'FlowVersion' });

/** The document, as flows are drawn and exported: `nodes` with their kind and fields, `edges` from node by branch to node. */
export const documentView = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  purpose: z.string(),
  start: z.string(),
  nodes: z.array(z.looseObject({ id: z.string(), kind: z.string() })),
  edges: z.array(z.object({ from: z.string(), branch: z.string(), to: z.string() })),
});

export const flowView = z
  .looseObject({
    ...documentView.shape,
    layout: z.record(z.string(), z.object({ x: z.number(), y: z.number() })),
    /** Comes with the hub. Version 0: nothing was drawn in its place. */
    builtIn: z.boolean(),
    /** What is in force; null: it was never published. */
    published: versionView.nullable(),
    /** The draft says something else than what is in force. */
    ahead: z.boolean(),
    assigned: assignShape,
    /** What the checks say of the draft; in lists, not asked. */
    lints: z.array(problemView).nullable(),
    version: z.number(),
    createdAt: z.number().nullable(),
    updatedAt: z.number().nullable(),
  })
  .meta({ id: 'Flow' });

export function presentFlow(flow: Flow): Record<string, unknown> {
  const { draft, layout, builtIn, published, assigned, problems, version, createdAt, updatedAt } = flow;
  return {
    ...flowDocument(draft),
    layout,
    builtIn,
    published: published === undefined ? null : presentVersion(published),
    ahead: isAhead(flow),
    assigned,
    lints: problems === undefined ? null : problems.map(presentProblem),
    version,
    createdAt,
    updatedAt,
  };
}

export function presentProblem({ code, severity, message, node, path }: FlowProblem): Record<string, unknown> {
  return { code, severity, message, node: node ?? null, path: path ?? null };
}

export function presentVersion({ flow, version, digest, at, by, note, rolledBackTo }: PublishedVersion): Record<string, unknown> {
  return {
    flow,
    version,
    digest,
    at,
    by: presentChangedBy(by),
    note: note ?? null,
    rolledBackTo: rolledBackTo ?? null,
  };
}

/** With the flow as it was drawn then. */
export function presentWhole(version: PublishedVersion): Record<string, unknown> {
  return { ...presentVersion(version), document: flowDocument(graphOfSource(version.flow, version.source)) };
}
