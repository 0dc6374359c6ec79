import {
  flowDocument,
  flowSchema,
  parseFlow,
  parseFlowText,
  parseLayout,
  type FlowFault,
  type FlowGraph,
  type FlowLayout,
} from '@writ/flow';
import { z } from 'zod';
import { assignShape, isAssigned, type Assigned } from './assignment.ts';
import type { Flow } from './flow.ts';

/** A flow as the config file, or whoever saves a draft, says it: the document, and beside it where its boxes stand and what it is assigned to. */
export type FlowInput = { id: string; graph: FlowGraph; layout?: FlowLayout | undefined; assign?: Assigned | undefined };

/** JSON Schema of the document, by the same shapes that read it, with what stands beside it. */
const schema = {
  ...membersOf(flowSchema()),
  properties: {
    ...membersOf(membersOf(flowSchema())['properties']),
    layout: {
      description: 'Where nodes stand on the canvas, by id. Left out: they stay where they are.',
      type: 'object',
      additionalProperties: { type: 'object', properties: { x: { type: 'number' }, y: { type: 'number' } }, required: ['x', 'y'] },
    },
    assign: {
      description: 'What the flow is assigned to. Left out: its assignments stay as they are.',
      type: 'object',
      properties: {
        ...Object.fromEntries(['clients', 'resources', 'tenants'].map((name) => [name, { type: 'array', items: { type: 'string' } }])),
        everywhere: { type: 'boolean' },
      },
      additionalProperties: false,
    },
  },
};

/** The flow language's own parser reads it: its faults name the place and what would be right. Whether what it names exists is asked when it is published. */
export const flowConfig = z
  .preprocess((input, context) => {
    const { layout, assign, ...document } = membersOf(input);
    const parsed = parseFlow(typeof input === 'object' ? document : input);
    if (!parsed.ok) return refuse(context, parsed.faults);
    const { graph } = parsed;
    const placed = layout === undefined ? undefined : parseLayout(layout, graph);
    if (placed?.ok === false) return refuse(context, placed.faults, ['layout']);
    const assigned = assign === undefined ? undefined : assignShape.safeParse(assign);
    if (assigned?.success === false) {
      for (const issue of assigned.error.issues)
        context.addIssue({ code: 'custom', path: ['assign', ...issue.path], message: issue.message });
      return z.NEVER;
    }
    return { id: graph.id, graph, layout: placed?.layout, assign: assigned?.data };
  }, z.custom<FlowInput>())
  .meta({ id: 'FlowConfig', ...schema });

type Context = { addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void };

function refuse(context: Context, faults: readonly FlowFault[], before: readonly string[] = []): never {
  for (const { path, message } of faults) context.addIssue({ code: 'custom', path: [...before, ...partsOf(path)], message });
  return z.NEVER;
}

/** `nodes[1].outputs.key` as the members it passes through. */
function partsOf(path: string): (string | number)[] {
  return [...path.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/**
 * The flow as it is in force, in the form of the config file. A draft is work that nobody has published; positions are no part of a config; a
 * built-in flow stands in it where something is assigned to it.
 */
export function toFlowConfig({ id, published, assigned }: Flow): Record<string, unknown>[] {
  if (published === undefined || (published.version === 0 && !isAssigned(assigned))) return [];
  const { clients, resources, tenants, everywhere } = assigned;
  const assign = {
    ...(clients.length > 0 ? { clients } : {}),
    ...(resources.length > 0 ? { resources } : {}),
    ...(tenants.length > 0 ? { tenants } : {}),
    ...(everywhere ? { everywhere } : {}),
  };
  return [{ ...flowDocument(graphOfSource(id, published.source)), ...(isAssigned(assigned) ? { assign } : {}) }];
}

/** A flow from the text this room keeps of it. It was read before it was kept, so a text that cannot be read is a broken table. */
export function graphOfSource(id: string, source: string): FlowGraph {
  const parsed = parseFlowText(source);
  if (!parsed.ok) throw new Error(`the stored flow ${id} cannot be read: ${JSON.stringify(parsed.faults)}`);
  return parsed.graph;
}
