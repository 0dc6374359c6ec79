import { useMemo } from 'react';
import type { Finding } from '../model/judge.ts';
import type { Lit, Mark } from '../model/scene.ts';
import { About } from './about.tsx';
import { Checks } from './checks.tsx';
import type { DockPart } from './dock.tsx';
import { useEditor } from './editor-context.ts';
import type { FieldsOf } from './field.tsx';
import type { OpenFlow, RunFlow, Surroundings } from './hub.ts';
import { HINT } from './look.ts';
import { NodePanel } from './node-panel.tsx';
import { RunPanel } from './run.tsx';
import { TextView } from './text-view.tsx';
import type { Hub } from './use-hub.ts';
import { Versions } from './versions.tsx';

type DockOf = {
  open: OpenFlow | undefined;
  around: Surroundings;
  run: RunFlow;
  gone: () => void;
  onGo: (finding: Finding) => void;
  onLit: (lit: Lit | undefined) => void;
  onMarks: (marks: ReadonlyMap<string, Mark> | undefined) => void;
  hub: Hub;
};

/** What stands beside the canvas. */
export function useDock({ open, around, run, gone, onGo, onLit, onMarks, hub }: DockOf): readonly DockPart[] {
  const { state, judged } = useEditor();
  const selected = state.selected.at(-1);
  const node = selected === undefined ? undefined : state.now.draft.nodes[selected];
  const known = useMemo(() => knownOf(around), [around]);
  const more = hub.findings;
  const count = judged.findings.length + more.length;
  return [
    {
      id: 'flow',
      title: 'Flow',
      body: () => (
        <About
          record={open?.record}
          around={around}
          onAssign={hub.assign}
          onRemove={async () => ((await hub.remove()).ok ? gone() : undefined)}
        />
      ),
    },
    {
      id: 'node',
      title: 'Node',
      body: () =>
        selected === undefined || node === undefined ? (
          <p className={HINT}>No node is selected.</p>
        ) : (
          <NodePanel key={selected} id={selected} node={node} known={known} />
        ),
    },
    {
      id: 'checks',
      title: count === 0 ? 'Checks' : `Checks (${String(count)})`,
      body: () => <Checks more={more} isAsked={open !== undefined && !hub.dirty} onGo={onGo} />,
    },
    { id: 'text', title: 'Text', body: () => <TextView /> },
    { id: 'run', title: 'Run', body: () => <RunPanel around={around} run={run} onLit={onLit} /> },
    {
      id: 'versions',
      title: 'Versions',
      body: () =>
        open === undefined ? (
          <p className={HINT}>The flow was never saved.</p>
        ) : (
          <Versions record={open.record} hub={open.hub} onRollBack={(version) => void hub.rollBack(version)} onMarks={onMarks} />
        ),
    },
  ];
}

/** What is known for fields that name something else. */
function knownOf({ flows, connections, providers, secrets, users }: Surroundings): FieldsOf['known'] {
  return {
    'subflow.flow': flows,
    'connect.connection': connections,
    'storeCredential.connection': connections,
    'authenticate.providers': providers,
    'http.auth.secret': secrets,
    'http.auth.key': secrets,
    'requestApproval.from.users': users,
  };
}
