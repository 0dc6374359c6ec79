import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { DataTable, usePages } from '../../kit/list-page.tsx';
import { More } from '../../kit/more.tsx';
import { wordOf } from './words.ts';

type Letter = Value<'getStreamsByIdDeadLetters'>['items'][number];

/** Events that the receiver refused: to be sent once more, or given up. */
export function DeadLetters({ stream }: { stream: string }) {
  const [asking, setAsking] = useState<'retry' | 'discard'>();
  const queries = useQueryClient();
  const pages = usePages<Letter>(['dead letters of a stream', stream], (cursor) =>
    readList('getStreamsByIdDeadLetters', cursor === undefined ? {} : { cursor }, { id: stream }),
  );
  if (pages.error !== null) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (pages.isPending) return <Loading lines={2} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Empty>None: whatever was sent was taken, or is tried again.</Empty>;
  const act = async () => {
    const path = { path: { id: stream } };
    const answer =
      asking === 'discard' ? await ask('postStreamsByIdDeadLettersDiscard', path) : await ask('postStreamsByIdDeadLettersRetry', path);
    if (answer.ok) await queries.invalidateQueries();
    return answer;
  };
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => setAsking('retry')}>Send all again</Button>
        <Button look="danger" onClick={() => setAsking('discard')}>
          Give all up
        </Button>
      </div>
      <DataTable
        label="refused events"
        items={items}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Event', cell: ({ events }) => events.map(wordOf).join(', ') },
          { title: 'Why', cell: ({ reason }) => reason },
          { title: 'Since', from: 'sm', cell: ({ parkedAt }) => <Time at={parkedAt} /> },
        ]}
      />
      <More of={pages} className="justify-self-start" />
      <Confirm
        open={asking !== undefined}
        onClose={() => setAsking(undefined)}
        title={asking === 'discard' ? 'Give all up' : 'Send all again'}
        what={
          asking === 'discard'
            ? 'The receiver never gets these events. They stay in the hub’s own record.'
            : 'They are sent after what waits.'
        }
        verb={asking === 'discard' ? 'Give up' : 'Send again'}
        act={act}
      />
    </div>
  );
}
