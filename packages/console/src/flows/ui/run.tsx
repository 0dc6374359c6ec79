import { RotateCcw, Undo2 } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { readDraft } from '../model/read.ts';
import { effectWords, litBy, namedIn, type Ran, type RunAnswer, type RunFacts } from '../model/run.ts';
import type { Lit } from '../model/scene.ts';
import { useEditor } from './editor-context.ts';
import { HostedPage } from './hosted.tsx';
import type { RunFlow, Surroundings } from './hub.ts';
import { BUTTON, HEADING, HINT, WRONG } from './look.ts';
import { RunAnswerView } from './run-answer.tsx';
import { RunSetup } from './run-setup.tsx';
import { RunEnd, RunSteps } from './run-steps.tsx';

type Props = { readonly around: Surroundings; readonly run: RunFlow; readonly onLit: (lit: Lit | undefined) => void };
type Running = { readonly facts: RunFacts; readonly live: boolean; readonly parts: readonly Ran[] };

/** The flow played with a made-up request: answer its pages and calls, and see after each step what is known. */
export function RunPanel({ around, run, onLit }: Props) {
  const { judged, readOnly } = useEditor();
  const { running, setRunning, busy, refused, go } = useRun(run);
  const steps = useMemo(() => running?.parts.flatMap((part) => part.steps) ?? [], [running]);
  const last = running?.parts.at(-1);
  useEffect(() => {
    onLit(steps.length === 0 ? undefined : litBy(steps));
  }, [onLit, steps]);
  useEffect(() => () => onLit(undefined), [onLit]);

  const wrong =
    refused === '' ? null : (
      <p role="alert" className={WRONG}>
        {refused}
      </p>
    );
  if (running === undefined || last === undefined)
    return (
      <div className="grid gap-3">
        <RunSetup
          around={around}
          busy={busy}
          mayCall={!readOnly}
          blocked={judged.graph === undefined ? 'What is drawn cannot be read yet: see the checks.' : ''}
          onRun={(facts, live) => void go({ facts, live, parts: [] }, [])}
        />
        {wrong}
      </div>
    );
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <div className="flex flex-wrap gap-2">
        <button type="button" className={BUTTON} onClick={() => setRunning(undefined)}>
          <RotateCcw size={14} aria-hidden="true" /> Another run
        </button>
        <button
          type="button"
          className={BUTTON}
          disabled={running.parts.length < 2 || running.live}
          title={running.live ? 'A call that was made cannot be taken back' : undefined}
          onClick={() => setRunning({ ...running, parts: running.parts.slice(0, -1) })}
        >
          <Undo2 size={14} aria-hidden="true" /> One answer back
        </button>
      </div>
      {last.unknown.length === 0 ? null : <p className={HINT}>Not known here, and taken as described: {last.unknown.join(', ')}</p>}
      <Stands last={last} facts={running.facts} busy={busy} onAnswer={(answers) => void go(running, answers)} />
      {wrong}
      <RunSteps steps={steps} />
    </div>
  );
}

/** The run so far. Each answer goes on from the state that the one before came to. */
function useRun(run: RunFlow) {
  const { state, act } = useEditor();
  const [running, setRunning] = useState<Running>();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  async function go(before: Running, answers: readonly RunAnswer[]): Promise<void> {
    const { graph } = readDraft(state.now.draft);
    if (graph === undefined) return;
    setBusy(true);
    const { facts, live, parts } = before;
    const done = await run({ graph, facts, live, answers, state: parts.at(-1)?.state });
    setBusy(false);
    if (!done.ok) {
      setRefused(done.message);
      return;
    }
    const { ran } = done;
    setRefused(ran.stray ? 'That answer does not fit here.' : '');
    setRunning(ran.stray && ran.steps.length === 0 ? before : { ...before, parts: [...parts, ran] });
    const stands = ran.steps.at(-1)?.node;
    act({ kind: 'say', text: stands === undefined ? 'Nothing happened.' : `The journey stands at ${stands}.` });
  }
  return { running, setRunning, busy, refused, go };
}

const WAITS = { person: 'The person sees', world: 'A service is asked', nobody: 'The end' } as const;

type StandsProps = { last: Ran; facts: RunFacts; busy: boolean; onAnswer: (answers: readonly RunAnswer[]) => void };

/** Where the journey stands, and what can be answered there. */
function Stands({ last: { effect, waits, steps }, facts, busy, onAnswer }: StandsProps) {
  const [phone, setPhone] = useState(false);
  const here = steps.at(-1);
  if (effect === undefined) return null;
  return (
    <section className="grid grid-cols-[minmax(0,1fr)] gap-3" aria-label="Where it stands" aria-busy={busy}>
      <h2 className={HEADING}>{WAITS[waits]}</h2>
      {waits === 'nobody' ? null : <p className="text-sm font-semibold break-words">{effectWords(effect)}</p>}
      {effect.kind === 'callHttp' ? (
        <pre className="overflow-auto rounded bg-sunk p-2 font-mono text-xs" tabIndex={0}>
          {JSON.stringify(effect.call, undefined, 2)}
        </pre>
      ) : null}
      <RunEnd effect={effect} />
      <RunAnswerView effect={effect} facts={facts} offers={here?.offers ?? []} onAnswer={onAnswer} />
      {effect.kind === 'show' ? (
        <details open={phone} onToggle={({ currentTarget }) => setPhone(currentTarget.open)}>
          <summary className="cursor-pointer text-sm text-soft">The page on a phone</summary>
          <div className="mt-2 grid justify-items-center overflow-x-auto">
            <HostedPage
              page={effect.page}
              label="The page"
              named={namedIn(here?.after ?? {})}
              scopes={(here?.offers ?? []).filter(({ offered }) => offered).map(({ title }) => title)}
            />
          </div>
        </details>
      ) : null}
    </section>
  );
}
