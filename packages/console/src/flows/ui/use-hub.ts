import { BUILT_IN_FLOWS, exportFlow, type FlowGraph } from '@writ/flow';
import { useQuery } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { completed } from '../model/arrange.ts';
import { draftOf, type Canvas } from '../model/draft.ts';
import type { Finding } from '../model/judge.ts';
import { graphIn, markOf, type FlowRecord } from '../model/record.ts';
import { readDraft } from '../model/read.ts';
import { useEditor } from './editor-context.ts';
import type { Done, OpenFlow, Target } from './hub.ts';

export type Hub = {
  /** What is drawn is not what the hub has. */
  readonly dirty: boolean;
  readonly busy: boolean;
  readonly refused: string;
  /** What only the hub knows to be wrong with what is drawn. */
  readonly findings: readonly Finding[];
  readonly inForce: FlowGraph | undefined;
  readonly publishing: boolean;
  readonly setPublishing: (on: boolean) => void;
  readonly save: () => Promise<void>;
  readonly publish: (note: string) => Promise<void>;
  readonly rollBack: (version: number) => Promise<void>;
  readonly assign: (target: Target, on: boolean) => Promise<Done>;
  readonly remove: () => Promise<Done>;
};

const UNREAD: Done = { ok: false, message: 'What is drawn cannot be read yet: see the checks.' };
const UNSAVED: Done = { ok: false, message: 'The flow was never saved.' };

/** What the editor does at the hub, and what came of it. */
export function useHub(open: OpenFlow | undefined, create: (canvas: Canvas) => Promise<Done>): Hub {
  const { state, act, judged } = useEditor();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const [publishing, setPublishing] = useState(false);
  const { now } = state;
  const { graph } = judged;
  const dirty = useDirty(open?.record, now, graph);

  const deed = useCallback(
    async (does: () => Promise<Done>, sentence: string): Promise<Done> => {
      setBusy(true);
      const done = await does().catch((error: unknown): Done => ({
        ok: false,
        message: error instanceof Error ? error.message : 'It failed.',
      }));
      setBusy(false);
      setRefused(done.ok ? '' : done.message);
      act({ kind: 'say', text: done.ok ? sentence : done.message });
      return done;
    },
    [act],
  );
  // Read now, not as it was judged, or heard of, a moment ago: a key that saves may come sooner than the page is drawn.
  const latest = useRef(now);
  useLayoutEffect(() => {
    latest.current = now;
  }, [now]);
  const put = useCallback(async (): Promise<Done> => {
    const drawn = readDraft(latest.current.draft).graph;
    if (drawn === undefined) return UNREAD;
    if (open === undefined) return create(latest.current);
    return savedMark(open.record) === markOf(latest.current, { graph: drawn }) ? { ok: true } : open.hub.save(drawn, latest.current);
  }, [create, open]);
  const save = useCallback(async () => void (await deed(put, 'Draft saved.')), [deed, put]);

  return {
    dirty,
    busy,
    refused,
    findings: useHubFindings(open, graph),
    inForce: useInForce(open),
    publishing,
    setPublishing: (on) => {
      setRefused('');
      setPublishing(on);
    },
    save,
    publish: async (note) => {
      const publish = async (): Promise<Done> => {
        const saved = await put();
        if (!saved.ok) return saved;
        return open === undefined ? UNSAVED : open.hub.publish(note);
      };
      if ((await deed(publish, 'Published.')).ok) setPublishing(false);
    },
    rollBack: async (version) => {
      await deed(async () => open?.hub.rollBack(version) ?? UNSAVED, `Rolled back to version ${String(version)}.`);
    },
    remove: () => deed(async () => open?.hub.remove() ?? UNSAVED, 'Removed.'),
    assign: (target, on) => deed(async () => open?.hub.assign(target, on) ?? UNSAVED, on ? 'Assigned.' : 'Taken away.'),
  };
}

function savedMark({ graph, layout }: FlowRecord): string {
  const draft = draftOf(graph);
  return markOf({ draft, layout: completed(layout, draft) }, { graph });
}

function useDirty(record: FlowRecord | undefined, now: Canvas, graph: FlowGraph | undefined): boolean {
  const saved = useMemo(() => (record === undefined ? undefined : savedMark(record)), [record]);
  const shown = useMemo(() => markOf(now, graph === undefined ? {} : { graph }), [now, graph]);
  const dirty = saved === undefined ? Object.keys(now.draft.nodes).length > 0 : saved !== shown;
  const { id } = now.draft;
  useBlocker({
    // The first save leads from the address of a new flow to its own.
    shouldBlockFn: ({ next }) =>
      dirty && !next.pathname.endsWith(`/flows/${id}`) && !window.confirm('What is drawn here is not saved. Leave it?'),
    enableBeforeUnload: () => dirty,
  });
  return dirty;
}

/** Version 0 is the flow as it came with the hub. */
function useInForce(open: OpenFlow | undefined): FlowGraph | undefined {
  const { record, hub } = open ?? {};
  const version = record?.published?.version;
  const ahead = record?.ahead === true;
  const older = useQuery({
    queryKey: ['flowVersion', record?.graph.id, version],
    queryFn: () => hub?.version(version ?? 0) ?? Promise.reject(new Error('no flow')),
    enabled: ahead && version !== undefined && version > 0,
    staleTime: Infinity,
  });
  if (record === undefined || version === undefined) return undefined;
  if (!ahead) return record.graph;
  return version === 0 ? graphIn(BUILT_IN_FLOWS.find(({ id }) => id === record.graph.id)) : older.data;
}

const PAUSE = 700;

/** Asked when whoever draws pauses; the checks that need no hub do not wait for it. */
function useHubFindings(open: OpenFlow | undefined, graph: FlowGraph | undefined): readonly Finding[] {
  const [settled, setSettled] = useState(graph);
  useEffect(() => {
    const later = setTimeout(() => setSettled(graph), PAUSE);
    return () => clearTimeout(later);
  }, [graph]);
  const { data } = useQuery({
    queryKey: ['flowCheck', settled === undefined ? '' : exportFlow(settled)],
    queryFn: () => (settled === undefined || open === undefined ? Promise.resolve([]) : open.hub.check(settled)),
    enabled: settled !== undefined && open !== undefined,
    staleTime: 30_000,
    retry: false,
  });
  return settled === graph ? (data ?? NONE) : NONE;
}
const NONE: readonly Finding[] = [];
