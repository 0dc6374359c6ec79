import { CircleAlert, TriangleAlert } from 'lucide-react';
import { nameOf } from '../model/draft.ts';
import { mayBePublished, type Finding } from '../model/judge.ts';
import { plainWord } from '../model/words.ts';
import { useEditor } from './editor-context.ts';
import { HINT } from './look.ts';

type Props = {
  readonly more: readonly Finding[];
  /** Whether the hub was asked about all that is drawn: it looks at nothing that was not saved. */
  readonly isAsked: boolean;
  readonly onGo: (finding: Finding) => void;
};

/** Everything that is wrong; a click leads to where it is. `more`: what only the hub knows, as a connection that is not there. */
export function Checks({ more, isAsked, onGo }: Props) {
  const { judged } = useEditor();
  const all = [...judged.findings, ...more];
  if (all.length === 0) {
    const said = isAsked
      ? 'Nothing is wrong: the flow can be published.'
      : 'Nothing is wrong with what is drawn. Save it, and the hub says whether it has the connections, secrets and flows that it names.';
    return <p className={HINT}>{said}</p>;
  }
  return (
    <div className="grid gap-3">
      <p className={HINT}>
        {mayBePublished(judged, more)
          ? 'The flow can be published; look at the warnings first.'
          : 'The flow cannot be published before these are mended.'}
      </p>
      <ul className="grid gap-1">
        {all.map((finding) => (
          <li key={`${finding.node ?? ''} ${finding.path} ${finding.code} ${finding.message}`}>
            <FindingView finding={finding} onGo={onGo} />
          </li>
        ))}
      </ul>
    </div>
  );
}

export function FindingView({ finding, onGo }: { finding: Finding; onGo?: (finding: Finding) => void }) {
  const { state } = useEditor();
  const { severity, node, path, message } = finding;
  const warning = severity === 'warning';
  const Icon = warning ? TriangleAlert : CircleAlert;
  const where = node === undefined ? 'The flow' : nameOf(state.now.draft, node);
  const body = (
    <>
      <Icon size={15} className={`mt-0.5 shrink-0 ${warning ? 'text-elevated' : 'text-high'}`} aria-label={warning ? 'warning' : 'fault'} />
      <span className="min-w-0">
        <span className="font-medium">{where}</span>
        {path === '' ? '' : <span className="text-soft"> · {plainWord(path)}</span>}
        <span className="block break-words text-soft">{message}</span>
      </span>
    </>
  );
  const look = 'flex w-full items-start gap-2 rounded-md px-2 py-1.5 text-left text-sm';
  if (onGo === undefined || node === undefined) return <div className={look}>{body}</div>;
  return (
    <button type="button" className={`${look} hover:bg-sunk`} onClick={() => onGo(finding)}>
      {body}
    </button>
  );
}
