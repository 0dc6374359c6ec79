import { useState } from 'react';
import { mayBePublished, type Finding } from '../model/judge.ts';
import { affected, differenceLines, type FlowRecord } from '../model/record.ts';
import { FindingView } from './checks.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useEditor } from './editor-context.ts';
import type { FlowGraph } from '@writ/flow';
import { BUTTON, HEADING, HINT, INPUT, LABEL, PRIMARY, WRONG } from './look.ts';

type Props = {
  readonly record: FlowRecord | undefined;
  /** What is in force now. */
  readonly inForce: FlowGraph | undefined;
  readonly more: readonly Finding[];
  readonly busy: boolean;
  readonly refused: string;
  readonly onPublish: (note: string) => void;
  readonly onClose: () => void;
};

/** What is wrong, what changes and whom it concerns, before the draft is put in force. */
export function PublishSheet({ record, inForce, more, busy, refused, onPublish, onClose }: Props) {
  const { state, judged } = useEditor();
  const [note, setNote] = useState('');
  const all = [...judged.findings, ...more];
  const fit = mayBePublished(judged, more);
  return (
    <Dialog open onClose={onClose} title={fit ? 'Publish this flow?' : 'This flow cannot be published yet'}>
      <div className="grid gap-5">
        {all.length === 0 ? null : (
          <section>
            <h3 className={HEADING}>What the checks say</h3>
            <ul className="mt-1">
              {all.map((finding) => (
                <li key={`${finding.node ?? ''} ${finding.path} ${finding.code}`}>
                  <FindingView finding={finding} />
                </li>
              ))}
            </ul>
          </section>
        )}
        <Affected of={affected(record ?? { builtIn: false, assigned: NOWHERE }, state.now.draft.purpose)} />
        <section>
          <h3 className={HEADING}>What changes</h3>
          <Difference before={inForce} after={judged.graph} />
        </section>
        <label className={LABEL}>
          Note for the list of versions
          <input className={`${INPUT} mt-1 font-normal`} value={note} maxLength={500} onChange={({ target }) => setNote(target.value)} />
        </label>
        {refused === '' ? null : (
          <p role="alert" className={WRONG}>
            {refused}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <button type="button" className={BUTTON} onClick={onClose}>
            Cancel
          </button>
          <button type="button" className={PRIMARY} disabled={!fit || busy} onClick={() => onPublish(note)}>
            {busy ? 'Publishing…' : 'Publish'}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
const NOWHERE = { clients: [], resources: [], tenants: [], everywhere: false };

function Affected({ of }: { of: readonly string[] }) {
  return (
    <section>
      <h3 className={HEADING}>Whom it concerns</h3>
      {of.length === 0 ? (
        <p className="mt-1 text-sm">Nobody yet: the flow is not assigned to anything.</p>
      ) : (
        <ul className="mt-1 list-disc pl-5 text-sm">
          {of.map((one) => (
            <li key={one} className="break-words">
              {one}
            </li>
          ))}
        </ul>
      )}
      <p className={`${HINT} mt-1`}>
        New journeys run it within two seconds. Journeys that are under way keep the version they began with.
      </p>
    </section>
  );
}

export function Difference({ before, after }: { before: FlowGraph | undefined; after: FlowGraph | undefined }) {
  if (after === undefined) return <p className={HINT}>The draft cannot be read.</p>;
  if (before === undefined) return <p className="mt-1 text-sm">It is the first version: {Object.keys(after.nodes).length} nodes.</p>;
  const lines = differenceLines(before, after);
  if (lines.length === 0) return <p className="mt-1 text-sm">Nothing: this is what is in force.</p>;
  return (
    <ul className="mt-1 max-h-60 overflow-auto font-mono text-xs leading-5">
      {lines.map(({ sign, text }) => (
        <li key={`${sign}${text}`} className={sign === '+' ? 'text-low' : sign === '−' ? 'text-high' : 'text-elevated'}>
          <span aria-label={SIGNS[sign]}>{sign}</span> {text}
        </li>
      ))}
    </ul>
  );
}
const SIGNS = { '+': 'added', '−': 'removed', '~': 'changed' } as const;
