import { useQuery } from '@tanstack/react-query';
import type { FlowGraph } from '@writ/flow';
import { useEffect, useState } from 'react';
import { Time } from '../../ui/time.tsx';
import { draftOf } from '../model/draft.ts';
import { marksOf, type FlowRecord, type VersionFacts } from '../model/record.ts';
import type { Mark } from '../model/scene.ts';
import { useEditor } from './editor-context.ts';
import type { FlowHub } from './hub.ts';
import { BUTTON, HINT, WRONG } from './look.ts';
import { Difference } from './publish.tsx';

type Props = {
  readonly record: FlowRecord;
  readonly hub: FlowHub;
  readonly onRollBack: (version: number) => void;
  readonly onMarks: (marks: ReadonlyMap<string, Mark> | undefined) => void;
};

/** What was in force and when, what lies between a version and the draft, and the way back. */
export function Versions({ record, hub, onRollBack, onMarks }: Props) {
  const [open, setOpen] = useState<number>();
  const { id } = record.graph;
  const { data, error } = useQuery({ queryKey: ['flowVersions', id, record.version], queryFn: hub.versions });
  if (error !== null) return <p className={WRONG}>{error.message}</p>;
  if (data === undefined) return <p className={HINT}>Looking them up…</p>;
  if (data.length === 0) return <p className={HINT}>{record.builtIn ? 'It runs as it came with the hub.' : 'It was never published.'}</p>;
  return (
    <ol className="grid gap-2">
      {data.map((facts) => (
        <li key={facts.version} className="rounded-md border border-line p-3">
          <VersionView
            facts={facts}
            record={record}
            hub={hub}
            onRollBack={onRollBack}
            onMarks={onMarks}
            open={open === facts.version}
            onOpen={(on) => setOpen(on ? facts.version : undefined)}
          />
        </li>
      ))}
    </ol>
  );
}

type ViewProps = Props & { readonly facts: VersionFacts; readonly open: boolean; readonly onOpen: (open: boolean) => void };

function VersionView({ facts, record, hub, onRollBack, onMarks, open, onOpen }: ViewProps) {
  const { judged, readOnly, act, state } = useEditor();
  const { version, at, by, note, rolledBackTo } = facts;
  const [sure, setSure] = useState(false);
  const whole = useQuery({
    queryKey: ['flowVersion', record.graph.id, version],
    queryFn: () => hub.version(version),
    enabled: open,
    staleTime: Infinity,
  });
  const inForce = record.published?.version === version;
  useMarks(open ? whole.data : undefined, onMarks);
  return (
    <div className="grid gap-2">
      <div className="flex items-baseline justify-between gap-2">
        <h2 className="text-sm font-semibold">Version {version}</h2>
        {inForce ? <span className="rounded bg-low-wash px-1.5 text-xs font-medium text-low">in force</span> : null}
      </div>
      <p className={HINT}>
        <Time at={at} /> by {by.user ?? by.client ?? by.initiator}
        {rolledBackTo === null ? '' : `, back to version ${String(rolledBackTo)}`}
      </p>
      {note === null ? null : <p className="text-sm break-words">{note}</p>}
      <div className="flex flex-wrap gap-2">
        <button type="button" className={BUTTON} aria-expanded={open} onClick={() => onOpen(!open)}>
          Compare with the draft
        </button>
        {inForce || readOnly ? null : (
          <button type="button" className={BUTTON} onClick={() => setSure(true)}>
            Roll back
          </button>
        )}
      </div>
      {sure ? (
        <div
          role="alertdialog"
          aria-label={`Roll back to version ${String(version)}`}
          className="grid gap-2 rounded-md bg-sunk p-2 text-sm"
        >
          <p>New journeys run version {version} again. The draft follows, unless it is ahead of what is in force.</p>
          <div className="flex gap-2">
            <button
              type="button"
              className={BUTTON}
              onClick={() => {
                setSure(false);
                onRollBack(version);
              }}
            >
              Roll back to version {version}
            </button>
            <button type="button" className={BUTTON} onClick={() => setSure(false)}>
              Leave it
            </button>
          </div>
        </div>
      ) : null}
      {open && whole.data !== undefined ? (
        <>
          <Difference before={whole.data} after={judged.graph} />
          <button
            type="button"
            className={`${BUTTON} justify-self-start`}
            disabled={readOnly}
            onClick={() => act({ kind: 'replace', draft: { ...draftOf(whole.data), id: state.now.draft.id } })}
          >
            Take it as the draft
          </button>
        </>
      ) : null}
    </div>
  );
}

/** What is compared is marked on the canvas as well. */
function useMarks(before: FlowGraph | undefined, onMarks: Props['onMarks']): void {
  const { graph } = useEditor().judged;
  useEffect(() => {
    if (before === undefined || graph === undefined) return undefined;
    onMarks(marksOf(before, graph));
    return () => onMarks(undefined);
  }, [before, graph, onMarks]);
}
