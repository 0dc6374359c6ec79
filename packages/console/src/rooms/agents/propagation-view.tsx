import { useQuery } from '@tanstack/react-query';
import { read } from '../../api/client.ts';
import { Word } from '../../ui/badge.tsx';
import { Failure, Loading, Notice } from '../../ui/notice.tsx';
import { Moment } from '../../ui/time.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { propagationOf, type Propagation } from './propagation.ts';

async function look(agent: string): Promise<Propagation | null> {
  const [sent, acknowledged] = await Promise.all([
    read('getEvents', { query: { type: 'signal.sent', limit: 100 } }),
    read('getEvents', { query: { type: 'signal.acknowledged', limit: 200 } }),
  ]);
  return propagationOf(agent, sent.items, acknowledged.items) ?? null;
}

/** The newest signal about an agent, and which resource servers have acted on it, as it happens. */
export function PropagationView({ agent }: { agent: string }) {
  const found = useQuery({ queryKey: ['propagation', agent], queryFn: () => look(agent), refetchInterval: 1_000 });
  if (found.error !== null) return <Failure error={found.error} />;
  if (found.isPending) return <Loading lines={2} />;
  if (found.data === null) return <Notice>No signal was sent about this agent lately: what it was issued is good until it ends.</Notice>;
  const { state, at, receivers, slowest } = found.data;
  return (
    <div className="grid gap-3">
      <p role="status" className="flex flex-wrap items-center gap-2">
        <Word of={state} /> told at <Moment at={at} />
        {receivers.length === 0
          ? 'No resource server listens, or none has answered yet. Those that do not listen refuse when the token ends, or by introspection.'
          : `${receivers.length} ${receivers.length === 1 ? 'resource server' : 'resource servers'} acted, the last after ${slowest.toFixed(1)} s.`}
      </p>
      {receivers.length === 0 ? null : (
        <DataTable
          label="acknowledgements"
          items={receivers}
          keyOf={({ client }) => client}
          columns={[
            { title: 'Resource server', cell: ({ client }) => <ObjectLink room="clients" id={client} /> },
            { title: 'After', end: true, cell: ({ seconds }) => `${seconds.toFixed(1)} s` },
          ]}
        />
      )}
    </div>
  );
}
