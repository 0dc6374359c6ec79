import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { DataTable, usePages } from '../../kit/list-page.tsx';
import { More } from '../../kit/more.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';

type Letter = Value<'getSinksByIdDeadLetters'>['items'][number];

/** Entries that the other side refused for good: each with its reason, to be tried again or given up. */
export function DeadLetters({ sink }: { sink: string }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [asking, setAsking] = useState<'retry' | 'discard'>();
  const queries = useQueryClient();
  const pages = usePages<Letter>(['dead letters', sink], (cursor) =>
    readList('getSinksByIdDeadLetters', cursor === undefined ? {} : { cursor }, { id: sink }),
  );
  if (pages.error !== null) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (pages.isPending) return <Loading lines={2} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Empty>None: whatever was sent was taken, or is tried again.</Empty>;
  const which = chosen.length === 0 ? 'all of them' : `${chosen.length} of them`;
  const act = async () => {
    const args = { path: { id: sink }, body: chosen.length === 0 ? {} : { events: [...chosen] } };
    const answer =
      asking === 'discard' ? await ask('postSinksByIdDeadLettersDiscard', args) : await ask('postSinksByIdDeadLettersRetry', args);
    if (!answer.ok) return answer;
    setChosen([]);
    await queries.invalidateQueries();
    return answer;
  };
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => setAsking('retry')}>Try {which} again</Button>
        <Button look="danger" onClick={() => setAsking('discard')}>
          Give {which} up
        </Button>
      </div>
      <DataTable
        label="dead letters"
        items={items}
        keyOf={({ id }) => id}
        columns={[
          {
            title: '',
            cell: ({ id }) => (
              <input
                type="checkbox"
                aria-label={`Tick ${id}`}
                className="m-1 size-4 accent-accent"
                checked={chosen.includes(id)}
                onChange={(event) => setChosen((before) => [...before.filter((one) => one !== id), ...(event.target.checked ? [id] : [])])}
              />
            ),
          },
          { title: 'Entry', cell: ({ id, type }) => <ObjectLink room="audit" id={id} name={type} /> },
          {
            title: 'Why',
            cell: ({ reason, again }) => (
              <>
                {reason} {again ? <Badge tone="violet">is tried again</Badge> : null}
              </>
            ),
          },
          { title: 'Tries', from: 'sm', end: true, cell: ({ tries }) => tries },
          { title: 'Tenant', from: 'md', cell: ({ tenant }) => <ObjectLink room="tenants" id={tenant} /> },
          { title: 'Since', from: 'sm', cell: ({ parkedAt }) => <Time at={parkedAt} /> },
        ]}
      />
      <More of={pages} className="justify-self-start" />
      <Confirm
        open={asking !== undefined}
        onClose={() => setAsking(undefined)}
        title={asking === 'discard' ? `Give ${which} up` : `Try ${which} again`}
        what={
          asking === 'discard'
            ? 'The sink never gets these entries. They stay in the hub’s own record.'
            : 'They are delivered again, before what waits.'
        }
        verb={asking === 'discard' ? 'Give up' : 'Try again'}
        {...(asking === 'discard' ? { name: sink } : {})}
        act={act}
      />
    </div>
  );
}
