import { Tabs } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

export type DockTab = 'flow' | 'node' | 'checks' | 'text' | 'run' | 'versions';

export type DockPart = { readonly id: DockTab; readonly title: ReactNode; readonly body: () => ReactNode };

/** The column beside the canvas. Text and runs need more of the width than the fields of a node. */
export function Dock({ parts, at, onAt }: { parts: readonly DockPart[]; at: DockTab; onAt: (at: DockTab) => void }) {
  const wide = at === 'text' || at === 'run';
  return (
    <Tabs.Root
      value={at}
      onValueChange={(next) => {
        const part = parts.find(({ id }) => id === next);
        if (part !== undefined) onAt(part.id);
      }}
      className={`flex min-h-0 min-w-0 flex-col border-l border-line bg-sheet max-lg:border-l-0 ${wide ? 'lg:w-[min(40rem,36vw)]' : 'lg:w-[25rem]'}`}
      data-part="dock"
    >
      <Tabs.List
        aria-label="Parts of the editor"
        activateOnFocus={false}
        className="flex shrink-0 overflow-x-auto border-b border-line px-1"
      >
        {parts.map(({ id, title }) => (
          <Tabs.Tab
            key={id}
            value={id}
            className="-mb-px border-b-2 border-transparent px-2 py-2 text-sm whitespace-nowrap text-soft hover:text-ink aria-selected:border-accent aria-selected:font-semibold aria-selected:text-ink"
          >
            {title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {parts.map(({ id, body }) => (
        <Tabs.Panel key={id} value={id} className="relative min-h-0 min-w-0 flex-1 overflow-auto p-4 outline-none" tabIndex={-1}>
          {id === at ? body() : null}
        </Tabs.Panel>
      ))}
    </Tabs.Root>
  );
}
