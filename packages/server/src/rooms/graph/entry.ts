import { NODE_KINDS, type Edge, type NodeKind } from './graph.ts';

/** From where somebody looks at the graph. */
export const ENTRY_KINDS = [
  'agent',
  'client',
  'user',
  'tenant',
  'resource',
  'connection',
  'policy',
  'role',
  'grant',
  'credential',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];
export type Entry = { kind: EntryKind; id: string };

const CAUSES: Partial<Record<EntryKind, readonly string[]>> = {
  policy: ['policy'],
  role: ['role'],
  grant: ['consent', 'tenant-consent'],
  credential: ['credential'],
};

/** Whether the edge has to do with it: starts or ends there, is for it, goes through its hands, or is made by it. */
export function isAbout({ kind, id }: Entry, edge: Edge): boolean {
  const causes = CAUSES[kind];
  if (causes !== undefined)
    return (
      edge.by.some((cause) => cause.id === id && causes.includes(cause.kind)) ||
      (kind === 'policy' && edge.conditions.some(({ rule }) => rule === id))
    );
  const key = `${kind}:${id}`;
  if (kind === 'tenant') return edge.tenant === id || edge.for === key;
  return (
    edge.from === key ||
    edge.to === key ||
    edge.for === key ||
    (kind === 'client' && (edge.client === id || edge.through?.includes(id) === true))
  );
}

export function nodeKindOf(key: string): { kind: NodeKind; id: string } | undefined {
  const at = key.indexOf(':');
  const kind = NODE_KINDS.find((one) => one === key.slice(0, at));
  return kind === undefined ? undefined : { kind, id: key.slice(at + 1) };
}
