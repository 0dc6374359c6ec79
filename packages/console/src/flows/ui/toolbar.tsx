import { Link } from '@tanstack/react-router';
import { CircleQuestionMark, LayoutDashboard, Play, Redo2, Save, Undo2, Upload } from 'lucide-react';
import { Badge } from '../../ui/badge.tsx';
import { titleOf, type FlowRecord } from '../model/record.ts';
import { useEditor } from './editor-context.ts';
import { BUTTON, ICON_BUTTON, PRIMARY } from './look.ts';

type Props = {
  readonly record: FlowRecord | undefined;
  readonly dirty: boolean;
  readonly busy: boolean;
  readonly onSave: () => void;
  readonly onPublish: () => void;
  readonly onRun: () => void;
  readonly onHelp: () => void;
};

/** What the flow is, in which state, and what can be done with the whole of it. */
export function Toolbar({ record, dirty, busy, onSave, onPublish, onRun, onHelp }: Props) {
  const { state, act, judged, readOnly } = useEditor();
  const { draft } = state.now;
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-sheet px-4 py-2">
      <div className="mr-auto flex max-w-full min-w-0 items-baseline gap-2">
        <Link to="/flows" className="text-sm text-soft underline-offset-2 hover:underline">
          Flows
        </Link>
        <span aria-hidden="true" className="text-soft">
          /
        </span>
        <h1 className="truncate font-serif text-lg" title={titleOf(draft)}>
          {titleOf(draft)}
        </h1>
        <StateBadge record={record} dirty={dirty} />
      </div>
      <div role="toolbar" aria-label="Flow" className="flex flex-wrap items-center gap-1.5">
        <span className="flex max-lg:hidden">
          <IconButton label="Undo" disabled={readOnly || state.past.length === 0} onClick={() => act({ kind: 'undo' })} icon={Undo2} />
          <IconButton
            label="Do again"
            disabled={readOnly || state.future.length === 0}
            onClick={() => act({ kind: 'redo' })}
            icon={Redo2}
          />
          <IconButton label="Arrange all nodes" disabled={readOnly} onClick={() => act({ kind: 'arrange' })} icon={LayoutDashboard} />
          <IconButton label="Keys" disabled={false} onClick={onHelp} icon={CircleQuestionMark} />
        </span>
        <button type="button" className={BUTTON} onClick={onRun}>
          <Play size={14} aria-hidden="true" /> Run here
        </button>
        <button type="button" className={BUTTON} disabled={readOnly || !dirty || busy || judged.graph === undefined} onClick={onSave}>
          <Save size={14} aria-hidden="true" /> Save draft
        </button>
        <button type="button" className={PRIMARY} disabled={readOnly || busy || record === undefined} onClick={onPublish}>
          <Upload size={14} aria-hidden="true" /> Publish…
        </button>
      </div>
    </header>
  );
}

function IconButton({ label, icon: Icon, ...rest }: { label: string; icon: typeof Undo2; disabled: boolean; onClick: () => void }) {
  return (
    <button type="button" className={ICON_BUTTON} aria-label={label} title={label} {...rest}>
      <Icon size={16} aria-hidden="true" />
    </button>
  );
}

function StateBadge({ record, dirty }: { record: FlowRecord | undefined; dirty: boolean }) {
  if (record === undefined) return <Badge tone="elevated">not saved</Badge>;
  const { published, ahead, builtIn } = record;
  const version = published === null ? 'draft' : published.version === 0 && builtIn ? 'as it came' : `version ${String(published.version)}`;
  return (
    <span className="flex shrink-0 gap-1">
      <Badge tone={published === null ? 'calm' : 'low'}>{version}</Badge>
      {dirty ? <Badge tone="elevated">not saved</Badge> : ahead && published !== null ? <Badge tone="violet">draft is ahead</Badge> : null}
    </span>
  );
}
