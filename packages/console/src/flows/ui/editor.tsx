import { ReactFlowProvider } from '@xyflow/react';
import { useEffect, useMemo, useState } from 'react';
import type { Canvas } from '../model/draft.ts';
import type { Face, Lit, Mark } from '../model/scene.ts';
import { CanvasView } from './canvas.tsx';
import { Dock, type DockPart } from './dock.tsx';
import { EditorContext, useEditor } from './editor-context.ts';
import { Help } from './help.tsx';
import type { Done, OpenFlow, RunFlow, Surroundings } from './hub.ts';
import { Outline } from './outline.tsx';
import { Palette } from './palette.tsx';
import { PublishSheet } from './publish.tsx';
import { Toolbar } from './toolbar.tsx';
import { useReveal } from './use-canvas-keys.ts';
import { useDock } from './use-dock.tsx';
import { useEditing, useFaces } from './use-editing.ts';
import { useFocus, type Focus } from './use-focus.ts';
import { useHub } from './use-hub.ts';
import { useKeys } from './use-keys.ts';
import { useWide } from '../../kit/use-wide.ts';

export type EditorProps = {
  readonly canvas: Canvas;
  /** Absent while the flow was never saved. */
  readonly open: OpenFlow | undefined;
  readonly around: Surroundings;
  readonly readOnly: boolean;
  readonly create: (canvas: Canvas) => Promise<Done>;
  readonly run: RunFlow;
  /** The flow was removed. */
  readonly gone: () => void;
};

/** One flow: drawn, written, checked, run, published. */
export function FlowEditor(props: EditorProps) {
  const { canvas, around, readOnly } = props;
  const { state, act, judged } = useEditing(canvas, around.library);
  const view = useMemo(() => ({ state, act, judged, readOnly }), [state, act, judged, readOnly]);
  return (
    <EditorContext value={view}>
      <ReactFlowProvider>
        <Workbench {...props} />
      </ReactFlowProvider>
      <p role="status" aria-live="polite" className="sr-only" data-part="said">
        {/* Said twice, a sentence must be another text, or it is not heard again. */}
        {state.said.text}
        {state.said.turn % 2 === 0 ? '' : '\u00a0'}
      </p>
    </EditorContext>
  );
}

function Workbench({ open, around, create, run, gone }: EditorProps) {
  const { state, judged } = useEditor();
  const [help, setHelp] = useState(false);
  const [lit, setLit] = useState<Lit>();
  const [marks, setMarks] = useState<ReadonlyMap<string, Mark>>();
  const hub = useHub(open, create);
  const focus = useFocus();
  const { tab, setTab, toNode } = focus;
  const faces = useFaces(state.now, judged, { lit, marks });
  const wide = useWide();
  const reveal = useReveal();
  useKeys(hub.save);
  // A run leads the eye along.
  useEffect(() => {
    if (lit?.at !== undefined) reveal(lit.at);
  }, [lit?.at, reveal]);
  const dock = useDock({ open, around, run, gone, onGo: focus.toFinding, onLit: setLit, onMarks: setMarks, hub });
  return (
    <div
      className="-mx-4 -my-5 grid grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)] lg:-mx-7 lg:h-[calc(100svh-3.1rem)]"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && event.target instanceof HTMLElement && event.target.closest('[data-part=dock]') !== null) toNode();
      }}
    >
      <Toolbar
        record={open?.record}
        dirty={hub.dirty}
        busy={hub.busy}
        onSave={() => void hub.save()}
        onPublish={() => hub.setPublishing(true)}
        onRun={() => {
          setTab('run');
          requestAnimationFrame(() => document.querySelector('[data-part=dock]')?.scrollIntoView({ block: 'nearest' }));
        }}
        onHelp={() => setHelp(true)}
      />
      {wide ? (
        <Wide faces={faces} lit={lit} dock={dock} focus={focus} onHelp={() => setHelp(true)} />
      ) : (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-5 p-4">
          <Outline faces={faces} />
          <Dock parts={dock.filter(({ id }) => id !== 'node')} at={tab === 'node' ? 'flow' : tab} onAt={setTab} />
        </div>
      )}
      <Refused text={hub.publishing ? '' : hub.refused} />
      <Help open={help} onClose={() => setHelp(false)} />
      {hub.publishing ? (
        <PublishSheet
          record={open?.record}
          inForce={hub.inForce}
          more={hub.findings}
          busy={hub.busy}
          refused={hub.refused}
          onPublish={(note) => void hub.publish(note)}
          onClose={() => hub.setPublishing(false)}
        />
      ) : null}
    </div>
  );
}

type WideProps = {
  faces: ReadonlyMap<string, Face>;
  lit: Lit | undefined;
  dock: readonly DockPart[];
  focus: Focus;
  onHelp: () => void;
};

/** Palette, canvas, and the column beside. A run needs no palette, and its column more room. */
function Wide({ faces, lit, dock, focus, onHelp }: WideProps) {
  const { state } = useEditor();
  const { tab, setTab, palette, toAdded, toNode, toPalette, toPanel } = focus;
  const columns = tab === 'run' ? 'grid-cols-[minmax(0,1fr)_auto]' : 'grid-cols-[12.5rem_minmax(0,1fr)_auto]';
  return (
    <div className={`grid min-h-0 grid-rows-[minmax(0,1fr)] ${columns}`}>
      <div className="min-h-0 border-r border-line bg-sheet" hidden={tab === 'run'}>
        <Palette after={state.selected.at(-1)} box={palette} onAdded={toAdded} onLeave={toNode} />
      </div>
      <CanvasView faces={faces} {...(lit === undefined ? {} : { lit })} onPalette={toPalette} onPanel={toPanel} onHelp={onHelp} />
      <Dock parts={dock} at={tab} onAt={setTab} />
    </div>
  );
}

function Refused({ text }: { text: string }) {
  if (text === '') return null;
  return (
    <p
      role="alert"
      className="fixed bottom-4 left-1/2 z-30 max-w-[90vw] -translate-x-1/2 rounded-md border border-high bg-high-wash px-4 py-2 text-sm text-high"
    >
      {text}
    </p>
  );
}
