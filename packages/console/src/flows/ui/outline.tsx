import { labelOf, nameOf } from '../model/draft.ts';
import type { Face } from '../model/scene.ts';
import { reached } from '../model/walk.ts';
import { kindWord } from '../model/words.ts';
import { useEditor } from './editor-context.ts';
import { KindIcon, toneOf } from './kind-icon.tsx';
import { HINT } from './look.ts';

/** The flow as a list, for screens too narrow for a canvas: what there is and where it leads, to be read. */
export function Outline({ faces }: { faces: ReadonlyMap<string, Face> }) {
  const { state } = useEditor();
  const { draft } = state.now;
  return (
    <section className="grid gap-2" aria-label="Nodes of the flow">
      <p className={HINT}>Drawing needs a wider screen. This is the flow to read.</p>
      <ol className="grid gap-2">
        {reached(draft).map((id) => {
          const face = faces.get(id);
          const kind = draft.nodes[id]?.kind ?? '';
          const label = labelOf(draft.nodes[id]);
          return (
            <li key={id} className="rounded-md border border-line bg-sheet p-3">
              <div className="flex items-center gap-2.5">
                <span className={`grid size-8 shrink-0 place-items-center rounded-md ${toneOf(kind)}`}>
                  <KindIcon kind={kind} />
                </span>
                <span className="min-w-0">
                  <span className="block font-semibold break-words">{label === '' ? id : label}</span>
                  <span className="block text-xs text-soft">{kindWord(kind)}</span>
                </span>
                {face !== undefined && face.faults > 0 ? (
                  <span className="ml-auto text-xs font-semibold text-high">{face.faults} faults</span>
                ) : null}
              </div>
              <ul className="mt-2 grid gap-0.5 text-sm">
                {(face?.ways ?? [])
                  .filter(({ to, required }) => to !== '' || required)
                  .map(({ name, to }) => (
                    <li key={name} className="flex gap-2">
                      <span className="font-mono text-xs leading-6 text-soft">{name}</span>
                      <span aria-hidden="true">→</span>
                      <span className={to === '' ? 'text-high' : 'break-words'}>{to === '' ? 'nowhere' : nameOf(draft, to)}</span>
                    </li>
                  ))}
              </ul>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
