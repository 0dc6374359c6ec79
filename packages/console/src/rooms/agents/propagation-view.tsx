import { useRead } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Failure, Loading, Notice } from '../../ui/notice.tsx';
import { Moment } from '../../ui/time.tsx';
import { HeardTable, heardWords } from '../audit/heard.tsx';

/** The newest signal about an agent, and which resource servers have acted on it, as it happens. */
export function PropagationView({ agent }: { agent: string }) {
  const found = useRead('getSignalsNewest', { query: { kind: 'agent', subject: agent } }, { every: 1_000 });
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.data === undefined) return <Loading lines={2} />;
  const { newest } = found.data;
  if (newest === null) return <Notice>No signal was ever sent about this agent: what it was issued is good until it ends.</Notice>;
  const { state, at } = newest.signal;
  return (
    <div className="grid gap-3">
      <p role="status" className="flex flex-wrap items-center gap-2">
        <Word of={state} /> told at <Moment at={new Date(at).toISOString()} /> <span>{heardWords(newest)}</span>
      </p>
      <HeardTable of={newest} />
    </div>
  );
}
