import { Badge, Word } from '../../ui/badge.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { ROOM_OF, scopeWords, wayWords, type Difference, type GraphEdge, type GraphNode } from './model.ts';

export type Nodes = ReadonlyMap<string, GraphNode>;

function nameOf(key: string, nodes: Nodes): string {
  return nodes.get(key)?.name ?? key.slice(key.indexOf(':') + 1);
}

/** A node by its name, leading to its page. */
export function NodeLink({ of, nodes }: { of: string; nodes: Nodes }) {
  const node = nodes.get(of);
  if (node === undefined) return <code>{nameOf(of, nodes)}</code>;
  return <ObjectLink room={ROOM_OF[node.kind]} id={node.id} name={node.name} />;
}

const CHANGES: Readonly<Record<Difference['is'], readonly [string, 'high' | 'low' | 'elevated']>> = {
  gone: ['would go', 'high'],
  new: ['would come', 'low'],
  less: ['would be less', 'high'],
  more: ['would be more', 'low'],
  other: ['would be otherwise', 'elevated'],
};

/** One way in words: what, how, because of what, and what still must hold. */
export function WayView({ of, nodes, change }: { of: GraphEdge; nodes: Nodes; change?: Difference | undefined }) {
  const said = change === undefined ? undefined : CHANGES[change.is];
  return (
    <li className="grid gap-1 border-b border-line/60 px-4 py-2.5 last:border-0">
      <p className="flex flex-wrap items-baseline gap-x-2 gap-y-1 [overflow-wrap:anywhere]">
        <NodeLink of={of.from} nodes={nodes} />
        <span className="text-soft">reaches</span>
        <NodeLink of={of.to} nodes={nodes} />
        <strong className="font-medium">{scopeWords(of.scopes)}</strong>
        <Badge>{wayWords(of.way)}</Badge>
        {of.risk === undefined ? null : <Word of={of.risk} />}
        {of.refused === undefined ? null : <Badge tone="elevated">stopped</Badge>}
        {said === undefined ? null : <Badge tone={said[1]}>{said[0]}</Badge>}
      </p>
      {change === undefined || change.lost.length + change.gained.length === 0 ? null : (
        <p className="text-[0.9rem]">
          {change.lost.length === 0 ? null : <span className="text-high">without {change.lost.join(', ')} </span>}
          {change.gained.length === 0 ? null : <span className="text-low">with {change.gained.join(', ')}</span>}
        </p>
      )}
      <ul className="grid gap-0.5 text-[0.9rem] text-soft [overflow-wrap:anywhere]">
        {of.refused === undefined ? null : <li className="text-elevated">{of.refused.sentence}</li>}
        {of.for === undefined || !of.from.startsWith('client:') || of.for === of.from ? null : (
          <li>For {nameOf(of.for, nodes)}; its first token makes the agent.</li>
        )}
        {of.through === undefined ? null : (
          <li>Through {of.through.map((client) => nameOf(`client:${client}`, nodes)).join(', then ')}.</li>
        )}
        {of.by.map(({ kind, id, sentence }) => (
          <li key={`${kind} ${id}`}>{sentence}</li>
        ))}
        {[...of.conditions, ...(change?.asks ?? [])].map(({ kind, rule, sentence }) => (
          <li key={`${kind} ${rule ?? ''} ${sentence}`} className="text-elevated">
            {sentence}
          </li>
        ))}
      </ul>
    </li>
  );
}

/** Ways below whom they are for. */
export function WayList({ ways, nodes, changes }: { ways: readonly GraphEdge[]; nodes: Nodes; changes: ReadonlyMap<string, Difference> }) {
  const starts = [...Map.groupBy(ways, (edge) => edge.for ?? edge.from)];
  return (
    <div className="grid gap-4">
      {starts.map(([whom, theirs]) => (
        <section key={whom} aria-label={nodes.get(whom)?.name ?? whom}>
          <h2 className="mb-1 font-semibold [overflow-wrap:anywhere]">
            For <NodeLink of={whom} nodes={nodes} />
          </h2>
          <ul className="rounded-lg border border-line bg-sheet">
            {theirs.map((way) => (
              <WayView key={way.id} of={way} nodes={nodes} change={changes.get(way.id)} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
