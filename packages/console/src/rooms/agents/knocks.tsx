import { readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Badge } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { List } from '../../kit/list-page.tsx';
import { Words } from '../../kit/object-link.tsx';
import { PageHead } from '../../kit/page.tsx';
import { RequestDeed } from '../../kit/request-deed.tsx';

type Knock = Value<'getKnocks'>['items'][number];

/** Every name was chosen by whoever came: text, and nothing else. */
function Who({ of: { kind, name, sentence, redirectUris, registered } }: { of: Knock }) {
  return (
    <>
      <Badge tone="elevated">{kind}</Badge> {registered ? <Badge tone="low">registered since</Badge> : null}{' '}
      <bdi className="font-medium [overflow-wrap:anywhere]">{name}</bdi>
      <p className="text-[0.9rem] text-soft">{sentence}</p>
      {redirectUris.length === 0 ? null : (
        <p className="text-[0.86rem] text-soft [overflow-wrap:anywhere]">Codes to {redirectUris.join(', ')}</p>
      )}
    </>
  );
}

function Deeds({ of: { id, register, name, dismissedAt } }: { of: Knock }) {
  const dismiss = { method: 'POST', path: `/admin/v1/knocks/${id}/dismiss`, body: null };
  return (
    <div className="flex flex-wrap justify-end gap-1.5">
      {register === null ? null : (
        <RequestDeed
          of={register}
          label="Let in"
          about={name}
          why={
            <>
              Whoever comes next as <bdi>{name}</bdi> is let in, and policy decides what it gets.
            </>
          }
        />
      )}
      {dismissedAt === null ? (
        <RequestDeed
          of={dismiss}
          label="Dismiss"
          about={name}
          why={
            <>
              <bdi>{name}</bdi> leaves the list for everybody, and goes on being refused and counted.
            </>
          }
        />
      ) : null}
    </div>
  );
}

/** Whoever came and is not known here: what it calls itself, what it wanted, and the request that would let it in. */
export function KnocksPage() {
  return (
    <>
      <PageHead
        title="Seen, not registered"
        lead="Clients that came and were turned away, by the name that they gave. A name proves nothing: look at the host and at where its codes would go."
      />
      <List<Knock>
        name="knocks"
        read={(query) => readList('getKnocks', query)}
        keyOf={({ id }) => id}
        filters={[
          { name: 'q', label: 'Name' },
          { name: 'kind', label: 'Kind', options: ['document', 'registration', 'client', 'many'] },
          { name: 'dismissed', label: 'Dismissed', options: [['true', 'dismissed']] },
          { name: 'registered', label: 'Registered', options: [['true', 'registered since']] },
        ]}
        empty="Nobody unknown has come."
        command="writ knock ls"
        columns={[
          { title: 'Who', cell: (knock) => <Who of={knock} /> },
          { title: 'Wanted', from: 'md', cell: ({ asked }) => <Words of={asked} most={3} /> },
          {
            title: 'From',
            from: 'lg',
            cell: ({ addresses }) => <span className="whitespace-nowrap">{addresses.slice(0, 2).join(', ')}</span>,
          },
          { title: 'Times', from: 'sm', end: true, cell: ({ count }) => count.toLocaleString('en') },
          { title: 'First', from: 'xl', cell: ({ firstSeenAt }) => <Time at={firstSeenAt} /> },
          { title: 'Last', cell: ({ seenAt }) => <Time at={seenAt} /> },
          { title: '', end: true, cell: (knock) => <Deeds of={knock} /> },
        ]}
      />
    </>
  );
}
