import { useId } from 'react';
import { nameOf, type DraftNode } from '../model/draft.ts';
import { waysOut } from '../model/read.ts';
import { reached } from '../model/walk.ts';
import { kindWord } from '../model/words.ts';
import { useEditor } from './editor-context.ts';
import { HEADING, HINT, INPUT } from './look.ts';

/** Where each branch of a node leads, by menus: what a mouse draws as a line. */
export function WaysView({ id, node }: { id: string; node: DraftNode }) {
  const ways = waysOut(node);
  if (ways.length === 0) return <p className={HINT}>The journey ends here.</p>;
  return (
    <section className="grid min-w-0 gap-2" data-part="ways">
      <h3 className={HEADING}>Leads to</h3>
      {ways.map(({ name, required, says }) => (
        <WayView key={name} id={id} branch={name} required={required} says={says ?? ''} />
      ))}
    </section>
  );
}

function WayView({ id, branch, required, says }: { id: string; branch: string; required: boolean; says: string }) {
  const { state, act, readOnly } = useEditor();
  const { draft } = state.now;
  const own = useId();
  const to = draft.edges[id]?.[branch] ?? '';
  const owed = required && to === '';
  return (
    <div className="grid grid-cols-[6rem_minmax(0,1fr)] items-center gap-x-2">
      <label htmlFor={own} className="truncate font-mono text-xs">
        {branch}
      </label>
      <select
        id={own}
        className={INPUT}
        value={to}
        disabled={readOnly}
        aria-invalid={owed}
        data-owed={to === ''}
        onChange={({ target }) =>
          act(target.value === '' ? { kind: 'disconnect', from: id, branch } : { kind: 'connect', from: id, branch, to: target.value })
        }
      >
        <option value="">{required ? 'Nowhere yet' : says === '' ? 'Nowhere' : `Nowhere: ${says}`}</option>
        {reached(draft).map((one) => (
          <option key={one} value={one}>
            {nameOf(draft, one)} · {kindWord(draft.nodes[one]?.kind ?? '')}
          </option>
        ))}
      </select>
    </div>
  );
}
