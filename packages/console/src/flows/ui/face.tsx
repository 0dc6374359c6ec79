import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import type { Face } from '../model/scene.ts';
import { kindWord } from '../model/words.ts';
import { KindIcon, toneOf } from './kind-icon.tsx';

/** `focal`: the one node that Tab leads to. */
export type FaceNode = Node<{ face: Face; focal: boolean }, 'face'>;

/** A node on the canvas: icon, name, one row with a handle for each branch. Its size is that of model/arrange.ts. */
export const FaceView = memo(function FaceView({ data: { face, focal }, selected }: NodeProps<FaceNode>) {
  const { id, kind, label, ways, start, lit, mark } = face;
  return (
    <>
      <Handle type="target" position={Position.Left} className="way-in" isConnectableStart={false} />
      <div
        className="face"
        role="group"
        tabIndex={focal ? 0 : -1}
        aria-label={selected ? `${face.says}, selected` : face.says}
        aria-roledescription="node"
        data-node={id}
        data-lit={lit}
        data-mark={mark}
      >
        <span className="flex h-[52px] items-center gap-2.5 px-3">
          <span className={`grid size-8 shrink-0 place-items-center rounded-md ${toneOf(kind)}`}>
            <KindIcon kind={kind} />
          </span>
          <span className="min-w-0 flex-1 leading-tight">
            <span className="block truncate text-sm font-semibold">{label === '' ? id : label}</span>
            <span className="block truncate text-xs text-soft">
              {kindWord(kind)}
              {start ? ' · start' : ''}
            </span>
          </span>
          <Findings face={face} />
        </span>
        {ways.length === 0 ? null : (
          <span className="block border-t border-line py-[3px]">
            {ways.map(({ name, required, to }) => (
              <span key={name} className={`way relative flex h-[26px] items-center justify-end px-3 text-xs ${tone(required, to)}`}>
                <span className="truncate">{name}</span>
                <Handle
                  type="source"
                  position={Position.Right}
                  id={name}
                  className={to === '' ? (required ? 'way-out owed' : 'way-out open') : 'way-out'}
                />
              </span>
            ))}
          </span>
        )}
      </div>
    </>
  );
});

function tone(required: boolean, to: string): string {
  if (to !== '') return 'text-ink';
  return required ? 'text-high' : 'text-soft';
}

function Findings({ face: { faults, warnings } }: { face: Face }) {
  if (faults > 0)
    return (
      <span className="flex items-center gap-0.5 text-xs font-semibold text-high">
        <CircleAlert size={15} aria-hidden="true" />
        {faults}
      </span>
    );
  if (warnings > 0)
    return (
      <span className="flex items-center gap-0.5 text-xs font-semibold text-elevated">
        <TriangleAlert size={15} aria-hidden="true" />
        {warnings}
      </span>
    );
  return null;
}
