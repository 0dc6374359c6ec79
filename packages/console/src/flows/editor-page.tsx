import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { exportFlow, FLOW_TEMPLATES } from '@writ/flow';
import { useCallback, useMemo, useRef, useState } from 'react';
import { holds } from '../api/session.ts';
import { useRead, useSession } from '../api/use-read.ts';
import { Failure, Loading, Notice } from '../ui/notice.tsx';
import { hubOf, recordOf, runAt, saveFlow, type FlowAnswer } from './at-hub.ts';
import { readDraft } from './model/read.ts';
import { draftOf, emptyDraft, type Canvas } from './model/draft.ts';
import { documentIn, graphIn, isPurpose, readableIn } from './model/record.ts';
import { FlowEditor } from './ui/editor.tsx';
import type { Done, RunFlow, Surroundings } from './ui/hub.ts';
import { useSurroundings } from './use-surroundings.ts';

/** One flow in its editor; under `new`, one that is not saved yet. */
export function EditorPage() {
  const { id = '' } = useParams({ strict: false });
  const [made, setMade] = useState('');
  // A flow that was just saved for the first time stays open with all that can be undone.
  const key = made === id ? 'new' : id;
  return <Opened key={key} id={id} onMade={setMade} />;
}

function Opened({ id, onMade }: { id: string; onMade: (id: string) => void }) {
  const session = useSession();
  const around = useSurroundings();
  const fresh = useFresh(id, around);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [turn, setTurn] = useState(0);
  const answer = useRead('getFlowsById', { path: { id } }, { enabled: id !== 'new' });
  const record = useMemo(() => (answer.data === undefined || !isReadable(answer.data) ? undefined : recordOf(answer.data)), [answer.data]);
  const open = useMemo(() => {
    if (record === undefined) return undefined;
    const changed = async (): Promise<void> => {
      await Promise.all([queries.invalidateQueries({ queryKey: ['getFlowsById'] }), queries.invalidateQueries({ queryKey: ['getFlows'] })]);
    };
    const hub = hubOf(record, changed);
    const rollBack = async (version: number): Promise<Done> => {
      const done = await hub.rollBack(version);
      // The draft followed: what is on the canvas is another flow now.
      if (done.ok) setTurn((before) => before + 1);
      return done;
    };
    return { record, hub: { ...hub, rollBack } };
  }, [queries, record]);
  const taken = around?.flows ?? NONE;
  const create = useCallback(
    async (canvas: Canvas): Promise<Done> => {
      const { graph } = readDraft(canvas.draft);
      if (graph === undefined) return { ok: false, message: 'What is drawn cannot be read yet.' };
      if (taken.some((one) => one.id === canvas.draft.id))
        return { ok: false, message: 'There is a flow of this id already; begin again with another.' };
      const done = await saveFlow(canvas, exportFlow(graph), undefined);
      if (!done.ok) return done;
      onMade(canvas.draft.id);
      await navigate({ to: '/flows/$id', params: { id: canvas.draft.id }, replace: true });
      return done;
    },
    [navigate, onMade, taken],
  );
  const gone = useCallback(() => {
    void navigate({ to: '/flows' }).then(() => queries.invalidateQueries({ queryKey: ['getFlows'] }));
  }, [navigate, queries]);
  if (fresh === undefined && answer.error !== null) return <Failure error={answer.error} />;
  if (answer.data !== undefined && record === undefined)
    return <Notice tone="care">This console cannot read the flow. Export it with writ flow export {id}.</Notice>;
  const canvas = fresh ?? (record === undefined ? undefined : { draft: draftOf(record.graph), layout: record.layout });
  if (canvas === undefined || session.data === undefined || around === undefined) return <Loading lines={8} />;
  const run: RunFlow = (of) => runAt(canvas.draft.id, of);
  const readOnly = !holds(session.data, 'admin:flows:write');
  return <FlowEditor key={turn} canvas={canvas} open={open} around={around} readOnly={readOnly} create={create} run={run} gone={gone} />;
}

function isReadable(answer: FlowAnswer): boolean {
  return readableIn(documentIn(answer)) !== undefined;
}

const NONE: Surroundings['flows'] = [];

/** What a new flow begins with, from the address: its id, its name, its purpose, a template or another flow (`flow:authorize`). Looked at once. */
function useFresh(id: string, around: Surroundings | undefined): Canvas | undefined {
  const { id: wanted = 'flow', name = '', purpose = 'authorize', from = '' }: Record<string, string> = useSearch({ strict: false });
  const made = useRef<Canvas>(undefined);
  if (id === 'new' && around !== undefined) {
    const template = FLOW_TEMPLATES.find((one) => one.id === from);
    const graph = template === undefined ? around.library(from.replace(/^flow:/, '')) : graphIn(template.flow);
    const draft = graph === undefined ? emptyDraft(wanted, isPurpose(purpose) ? purpose : 'authorize') : draftOf(graph);
    made.current ??= { draft: { ...draft, id: wanted, name }, layout: {} };
  }
  return made.current;
}
