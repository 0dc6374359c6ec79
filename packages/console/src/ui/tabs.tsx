import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import { useInSight } from './in-sight.ts';

export type Tab = { id: string; title: string; body: () => ReactNode };

/** Parts of one object, one shown at a time. The arrow keys go from tab to tab. */
export function Tabs({ tabs, at, onAt, label }: { tabs: readonly Tab[]; at: string; onAt: (id: string) => void; label: string }) {
  const shown = tabs.find(({ id }) => id === at) ?? tabs[0];
  const row = useInSight<HTMLDivElement>('[aria-selected=true]', shown?.id ?? '');
  if (shown === undefined) return null;
  return (
    <Base.Root value={shown.id} onValueChange={(next) => onAt(String(next))}>
      <Base.List ref={row} aria-label={label} className="mb-5 flex gap-1 overflow-x-auto border-b border-line" activateOnFocus={false}>
        {tabs.map(({ id, title }) => (
          <Base.Tab
            key={id}
            value={id}
            className="-mb-px border-b-2 border-transparent px-3 py-2 whitespace-nowrap text-soft hover:text-ink aria-selected:border-accent aria-selected:font-semibold aria-selected:text-ink"
          >
            {title}
          </Base.Tab>
        ))}
      </Base.List>
      <Base.Panel value={shown.id} className="min-w-0 outline-none" tabIndex={-1}>
        {shown.body()}
      </Base.Panel>
    </Base.Root>
  );
}
