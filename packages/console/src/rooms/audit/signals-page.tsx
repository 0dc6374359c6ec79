import { useQuery } from '@tanstack/react-query';
import { read } from '../../api/client.ts';
import { Word } from '../../ui/badge.tsx';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { PageHead } from '../../kit/page.tsx';
import { Moment } from '../../ui/time.tsx';
import { targetRoom } from '../../kit/targets.ts';

async function newest() {
  const [sent, acknowledged] = await Promise.all([
    read('getEvents', { query: { type: 'signal.sent', limit: 100 } }),
    read('getEvents', { query: { type: 'signal.acknowledged', limit: 200 } }),
  ]);
  const seqOf = (data: Readonly<Record<string, unknown>>): number => Number(data['seq'] ?? -1);
  return sent.items.map((event) => ({
    event,
    seq: seqOf(event.data),
    heard: new Set(
      acknowledged.items
        .filter(({ data, time }) => seqOf(data) >= seqOf(event.data) && time >= event.time)
        .map(({ actor }) => actor.client),
    ).size,
  }));
}

/** Notices that something is no longer good, and how many resource servers have acted on each. */
export function SignalsPage() {
  const found = useQuery({ queryKey: ['signals'], queryFn: newest, refetchInterval: 3_000 });
  return (
    <>
      <PageHead
        title="Signals"
        lead="What was stopped, and who has acted on it: resource servers with the SDK listen, refuse what a signal names, and say so."
      />
      {found.error === null ? null : <Failure error={found.error} />}
      {found.isPending ? <Loading /> : null}
      {found.data?.length === 0 ? <Empty command="writ agent freeze <id>">Nothing was ever stopped.</Empty> : null}
      {found.data === undefined || found.data.length === 0 ? null : (
        <DataTable
          label="signals"
          items={found.data}
          keyOf={({ event }) => event.id}
          columns={[
            { title: 'UTC', cell: ({ event }) => <Moment at={event.time} /> },
            { title: 'No.', end: true, cell: ({ seq }) => seq },
            { title: 'State', cell: ({ event }) => <Word of={String(event.data['state'])} /> },
            {
              title: 'What',
              cell: ({ event: { target } }) => {
                const room = target === null ? undefined : targetRoom(target.type);
                return target === null ? (
                  '–'
                ) : room === undefined ? (
                  `${target.type} ${target.id}`
                ) : (
                  <>
                    <span className="text-soft">{target.type}</span> <ObjectLink room={room} id={target.id} />
                  </>
                );
              },
            },
            { title: 'Reason', from: 'sm', cell: ({ event }) => event.reason ?? '–' },
            { title: 'Acted', end: true, cell: ({ heard }) => heard },
          ]}
        />
      )}
    </>
  );
}
