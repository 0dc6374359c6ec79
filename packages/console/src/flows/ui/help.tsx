import { Dialog } from '../../ui/dialog.tsx';

const KEYS: readonly (readonly [string, string])[] = [
  ['→ ←', 'along a line to the next node, and back'],
  ['↑ ↓', 'to the other branches of the node before'],
  ['Home, End', 'to the first node, the last'],
  ['A', 'add a node after this one'],
  ['C', 'choose where its branches lead'],
  ['Enter', 'its fields'],
  ['Delete', 'delete'],
  ['Shift + arrows', 'move it on the canvas'],
  ['Ctrl + C, X, V, D', 'copy, cut, paste, duplicate'],
  ['Ctrl + A, Ctrl + arrows', 'select every node; one more along a line'],
  ['Ctrl + Z, Shift + Ctrl + Z', 'undo, do again (anywhere)'],
  ['Ctrl + S', 'save the draft (anywhere)'],
  ['+ − 0', 'zoom in, out, all of it'],
  ['Esc', 'from a field or the palette back to the canvas'],
  ['Ctrl + Space', 'in an expression: the names that can be used'],
];

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-1.5 text-sm">
        {KEYS.map(([keys, does]) => (
          <div key={keys} className="contents">
            <dt className="font-mono text-xs leading-5 whitespace-nowrap">{keys}</dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
