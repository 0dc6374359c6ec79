import { FLOW_TEMPLATES } from '@writ/flow';
import { Button } from '../ui/button.tsx';
import { KindIcon, toneOf } from './ui/kind-icon.tsx';

/** Flows to begin with, for each what it does and what must be there before it can run. */
export function Templates({ mayWrite, onTake }: { mayWrite: boolean; onTake: (id: string) => void }) {
  return (
    <ul className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
      {FLOW_TEMPLATES.map(({ id, title, says, needs, flow }) => (
        <li key={id} className="flex flex-col gap-2 rounded-lg border border-line bg-sheet p-4">
          <h3 className="font-semibold">{title}</h3>
          <p className="text-sm text-soft">{says}</p>
          <ul className="flex flex-wrap gap-1" aria-label="Nodes">
            {kindsIn(flow).map((kind) => (
              <li key={kind} className={`grid size-6 place-items-center rounded ${toneOf(kind)}`} title={kind}>
                <KindIcon kind={kind} size={13} />
                <span className="sr-only">{kind}</span>
              </li>
            ))}
          </ul>
          {needs.length === 0 ? null : <p className="text-xs text-soft">Needs {needs.join('; ')}.</p>}
          <div className="mt-auto pt-1">
            <Button disabled={!mayWrite} onClick={() => onTake(id)} aria-label={`Begin with this: ${title}`}>
              Begin with this
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}

function kindsIn({ nodes }: (typeof FLOW_TEMPLATES)[number]['flow']): readonly string[] {
  const kinds = Array.isArray(nodes) ? nodes.flatMap((node: unknown) => kindOf(node)) : [];
  return [...new Set(kinds)];
}

function kindOf(node: unknown): readonly string[] {
  return typeof node === 'object' && node !== null && 'kind' in node && typeof node.kind === 'string' ? [node.kind] : [];
}
