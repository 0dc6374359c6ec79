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
import { ObjectLink } from '../../kit/object-link.tsx';

type Hold = Value<'getTransmittersByIdHolds'>['items'][number];

/** Whom the transmitter has stopped and not let go again. */
export function Holds({ transmitter }: { transmitter: string }) {
  const [lifting, setLifting] = useState<string>();
  const queries = useQueryClient();
  const pages = usePages<Hold>(['holds', transmitter], (cursor) =>
    readList('getTransmittersByIdHolds', cursor === undefined ? {} : { cursor }, { id: transmitter }),
  );
  if (pages.error !== null) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (pages.isPending) return <Loading lines={2} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Empty>Nobody is stopped on its word.</Empty>;
  const act = async () => {
    const answer = await ask('postTransmittersByIdHoldsLift', { path: { id: transmitter }, body: { user: lifting ?? '' } });
    if (answer.ok) await queries.invalidateQueries();
    return answer;
  };
  return (
    <div className="grid gap-3">
      <DataTable
        label="people stopped on its word"
        items={items}
        keyOf={({ user, tenant }) => `${user} ${tenant ?? ''}`}
        columns={[
          { title: 'User', cell: ({ user }) => <ObjectLink room="users" id={user} /> },
          { title: 'In', cell: ({ tenant }) => (tenant === null ? 'the whole hub' : <ObjectLink room="tenants" id={tenant} />) },
          { title: 'Since', from: 'sm', cell: ({ at }) => <Time at={at} /> },
          { title: '', end: true, cell: ({ user }) => <Button onClick={() => setLifting(user)}>Let go</Button> },
        ]}
      />
      <More of={pages} className="justify-self-start" />
      <Confirm
        open={lifting !== undefined}
        onClose={() => setLifting(undefined)}
        title={`Let ${lifting ?? ''} go`}
        what="They may do again what they could before. The provider is not told."
        verb="Let go"
        act={act}
      />
    </div>
  );
}
