import { ReactFlowProvider } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Canvas } from '../model/draft.ts';
import type { Finding } from '../model/judge.ts';
import type { Lit } from '../model/scene.ts';
import { About } from './about.tsx';
import { CanvasView } from './canvas.tsx';
import { Checks } from './checks.tsx';
import { Dock, type DockTab } from './dock.tsx';
import { EditorContext, useEditor } from './editor-context.ts';
import type { FieldsOf } from './field.tsx';
import { Help } from './help.tsx';
import type { Done, OpenFlow, RunFlow, Surroundings } from './hub.ts';
import { HINT } from './look.ts';
import { NodePanel } from './node-panel.tsx';
import { Outline } from './outline.tsx';
import { Palette } from './palette.tsx';
import { PublishSheet } from './publish.tsx';
import { RunPanel } from './run.tsx';
import { TextView } from './text-view.tsx';
import { Toolbar } from './toolbar.tsx';
import { useReveal } from './use-canvas-keys.ts';
import { useEditing, useFaces } from './use-editing.ts';
import { useHub } from './use-hub.ts';
import { useWide } from './use-wide.ts';
import { Versions } from './versions.tsx';

export type EditorProps = {
  readonly canvas: Canvas;
  /** Absent while the flow was never saved. */
  readonly open: OpenFlow | undefined;
  readonly around: Surroundings;
  readonly readOnly: boolean;
  readonly create: (canvas: Canvas) => Promise<Done>;
  readonly run: RunFlow;
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
      <p role="status" aria-live="polite" className="sr-only" key={state.said.turn}>
        {state.said.text}
      </p>
    </EditorContext>
  );
}

function Workbench({ open, around, create, run }: EditorProps) {
  const { state, act, judged } = useEditor();
  const [tab, setTab] = useState<DockTab>('flow');
  const [help, setHelp] = useState(false);
  const [lit, setLit] = useState<Lit>();
  const hub = useHub(open, create);
  const faces = useFaces(state.now, judged, lit === undefined ? {} : { lit });
  const wide = useWide();
  const palette = useRef<HTMLInputElement>(null);
  const selected = state.selected.at(-1);
  useSelectedTab(selected, setTab);
  useKeys(hub.dirty && judged.graph !== undefined ? hub.save : undefined);

  const toPanel = useCallback((part: 'fields' | 'ways') => {
    setTab('node');
    requestAnimationFrame(() => focusIn(part));
  }, []);
  const toPalette = useCallback(() => {
    setTab((at) => (at === 'run' ? 'node' : at));
    requestAnimationFrame(() => palette.current?.focus());
  }, []);
  const toNode = useCallback(() => requestAnimationFrame(() => focusNode(undefined)), []);
  const show = useReveal();
  // A run leads the eye along.
  useEffect(() => {
    if (lit?.at !== undefined) show(lit.at);
  }, [lit?.at, show]);
  const go = useCallback(
    ({ node, path }: Finding) => {
      if (node === undefined) return;
      act({ kind: 'select', ids: [node] });
      setTab('node');
      show(node);
      requestAnimationFrame(() => focusPlace(path));
    },
    [act, show],
  );
  const dock = useDock({ open, around, run, more: hub.findings, onGo: go, onLit: setLit, hub });
  return (
    <div
      className="-mx-4 -my-5 grid grid-rows-[auto_minmax(0,1fr)] lg:-mx-7 lg:h-[calc(100svh-3.1rem)]"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && event.target instanceof HTMLElement && event.target.closest('[data-part=dock]') !== null)
          focusNode(selected);
      }}
    >
      <Toolbar
        record={open?.record}
        dirty={hub.dirty}
        busy={hub.busy}
        onSave={() => void hub.save()}
        onPublish={() => hub.setPublishing(true)}
        onRun={() => setTab('run')}
        onHelp={() => setHelp(true)}
      />
      {wide ? (
        <div
          className={`grid min-h-0 grid-rows-[minmax(0,1fr)] ${tab === 'run' ? 'grid-cols-[minmax(0,1fr)_auto]' : 'grid-cols-[12.5rem_minmax(0,1fr)_auto]'}`}
        >
          <div className="min-h-0 border-r border-line bg-sheet" hidden={tab === 'run'}>
            <Palette after={selected} box={palette} onAdded={toNode} onLeave={() => focusNode(selected)} />
          </div>
          <CanvasView
            faces={faces}
            {...(lit === undefined ? {} : { lit })}
            onPalette={toPalette}
            onPanel={toPanel}
            onHelp={() => setHelp(true)}
          />
          <Dock parts={dock} at={tab} onAt={setTab} />
        </div>
      ) : (
        <div className="grid gap-5 p-4">
          <Outline faces={faces} />
          <Dock parts={dock.filter(({ id }) => id !== 'node')} at={tab === 'node' ? 'flow' : tab} onAt={setTab} />
        </div>
      )}
      {hub.refused === '' ? null : (
        <p
          role="alert"
          className="fixed bottom-4 left-1/2 z-30 max-w-[90vw] -translate-x-1/2 rounded-md border border-high bg-high-wash px-4 py-2 text-sm text-high"
        >
          {hub.refused}
        </p>
      )}
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

type DockOf = {
  open: OpenFlow | undefined;
  around: Surroundings;
  run: RunFlow;
  more: readonly Finding[];
  onGo: (finding: Finding) => void;
  onLit: (lit: Lit | undefined) => void;
  hub: ReturnType<typeof useHub>;
};

function useDock({ open, around, run, more, onGo, onLit, hub }: DockOf) {
  const { state, judged } = useEditor();
  const selected = state.selected.at(-1);
  const node = selected === undefined ? undefined : state.now.draft.nodes[selected];
  const known = useMemo(() => knownOf(around), [around]);
  const count = judged.findings.length + more.length;
  return [
    { id: 'flow' as const, title: 'Flow', body: () => <About record={open?.record} around={around} onAssign={hub.assign} /> },
    {
      id: 'node' as const,
      title: 'Node',
      body: () =>
        selected === undefined || node === undefined ? (
          <p className={HINT}>No node is selected.</p>
        ) : (
          <NodePanel key={selected} id={selected} node={node} known={known} />
        ),
    },
    { id: 'checks' as const, title: count === 0 ? 'Checks' : `Checks (${String(count)})`, body: () => <Checks more={more} onGo={onGo} /> },
    { id: 'text' as const, title: 'Text', body: () => <TextView /> },
    { id: 'run' as const, title: 'Run', body: () => <RunPanel around={around} run={run} onLit={onLit} /> },
    {
      id: 'versions' as const,
      title: 'Versions',
      body: () =>
        open === undefined ? (
          <p className={HINT}>The flow was never saved.</p>
        ) : (
          <Versions record={open.record} hub={open.hub} onRollBack={(version) => void hub.rollBack(version)} />
        ),
    },
  ];
}

/** What is known for fields that name something else. */
function knownOf({ flows, connections }: Surroundings): FieldsOf['known'] {
  return { 'subflow.flow': flows, 'connect.connection': connections, 'storeCredential.connection': connections };
}

/** A node that is newly selected shows its fields, unless something else of the whole flow is being looked at. */
function useSelectedTab(selected: string | undefined, setTab: (next: (tab: DockTab) => DockTab) => void): void {
  useEffect(() => {
    setTab((tab) => {
      if (selected === undefined) return tab === 'node' ? 'flow' : tab;
      return tab === 'flow' || tab === 'checks' ? 'node' : tab;
    });
  }, [selected, setTab]);
}

/** Undo, redo and save work everywhere; in a box of text, undo is the browser's own. */
function useKeys(save: (() => Promise<void>) | undefined): void {
  const { act, readOnly } = useEditor();
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || readOnly) return;
      const key = event.key.toLowerCase();
      const typing = event.target instanceof HTMLElement && event.target.matches('input:not([type=checkbox]), textarea');
      if (key === 's') void save?.();
      else if (key === 'z' && !typing) act({ kind: event.shiftKey ? 'redo' : 'undo' });
      else if (key === 'y' && !typing) act({ kind: 'redo' });
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }, [act, readOnly, save]);
}

const CONTROLS = 'input, select, textarea, button';

function focusIn(part: 'fields' | 'ways'): void {
  const within = document.querySelector(`[data-part="${part}"]`);
  const owed = within?.querySelector<HTMLElement>('select[data-owed=true]');
  (owed ?? within?.querySelector<HTMLElement>(CONTROLS))?.focus();
}

/** The node's face on the canvas; undefined: of the one that Tab leads to. */
function focusNode(id: string | undefined): void {
  const which = id === undefined ? '[data-node][tabindex="0"]' : `[data-node="${CSS.escape(id)}"]`;
  document.querySelector<HTMLElement>(which)?.focus({ preventScroll: true });
}

/** The control of the field that a finding is about; of a branch, its menu. */
function focusPlace(path: string): void {
  const all = [...document.querySelectorAll<HTMLElement>('[data-place]')];
  const field =
    all.find(({ dataset }) => dataset['place'] === path) ?? all.find(({ dataset }) => path.startsWith(dataset['place'] ?? '\u0000'));
  const control = field?.querySelector<HTMLElement>(CONTROLS);
  if (control === undefined || control === null) focusIn('ways');
  else control.focus();
}
