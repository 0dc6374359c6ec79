import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Time } from '../../ui/time.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { ClientLink } from '../../kit/client-name.tsx';
import { List } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { PageHead } from '../../kit/page.tsx';

type Drift = Value<'getDrifts'>['items'][number];

/** What went and what came, a line each, said by a sign as well as by a colour. */
function Change({ of: { before, after } }: { of: Drift }) {
  const gone = before.filter((one) => !after.includes(one));
  const come = after.filter((one) => !before.includes(one));
  return (
    <ul className="font-mono text-[0.86rem] leading-relaxed [overflow-wrap:anywhere]">
      {gone.map((one) => (
        <li key={`- ${one}`} className="text-high">
          − {one}
        </li>
      ))}
      {come.map((one) => (
        <li key={`+ ${one}`} className="text-low">
          + {one}
        </li>
      ))}
    </ul>
  );
}

function What({ of }: { of: Drift }) {
  return (
    <div className="grid gap-1">
      <p>{of.sentence}</p>
      <details>
        <summary className="min-h-[24px] cursor-pointer py-0.5 text-[0.9rem] text-soft">Before and after</summary>
        <Change of={of} />
      </details>
    </div>
  );
}

function Accept({ of }: { of: Drift }) {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  if (of.state !== 'open') return null;
  return (
    <>
      <Button aria-label={`Accept: ${of.sentence}`} onClick={() => setOpen(true)}>
        Accept
      </Button>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title="Is it fine as it is now?"
        what={
          <div className="grid gap-2">
            <p>{of.sentence}</p>
            <Change of={of} />
            {of.froze ? <p>The client was stopped for it, and goes on when you accept it.</p> : null}
          </div>
        }
        verb="It is fine"
        reason
        act={async (reason) => {
          const answer = await ask('postDriftsByIdAccept', { path: { id: of.id }, body: reason === undefined ? {} : { note: reason } });
          if (answer.ok) await queries.invalidateQueries();
          return answer;
        }}
      />
    </>
  );
}

/** Clients and resources that are other than when somebody last looked. */
export function DriftsPage() {
  return (
    <>
      <PageHead
        title="Drift"
        lead="What changed by itself since somebody last looked: documents of clients, where their codes go, their keys, tools of resources."
      />
      <List<Drift>
        name="drifts"
        read={(query) => readList('getDrifts', query)}
        keyOf={({ id }) => id}
        filters={[
          { name: 'what', label: 'What', options: ['name', 'redirect_hosts', 'keys', 'tools'] },
          {
            name: 'state',
            label: 'State',
            options: [
              ['accepted', 'accepted'],
              ['returned', 'went back'],
            ],
          },
          { name: 'client', label: 'Client' },
          { name: 'resource', label: 'Resource' },
        ]}
        empty="Everything is as it was when somebody last looked."
        columns={[
          {
            title: 'Of',
            cell: ({ client, resource }) => (client === null ? <ObjectLink room="resources" id={resource} /> : <ClientLink id={client} />),
          },
          { title: 'What', cell: (drift) => <What of={drift} /> },
          {
            title: 'State',
            from: 'sm',
            cell: ({ state, froze }) => (
              <>
                <Word of={state} /> {froze ? <Badge tone="elevated">stopped for it</Badge> : null}
              </>
            ),
          },
          { title: 'Since', from: 'md', cell: ({ firstAt }) => <Time at={firstAt} /> },
          { title: '', end: true, cell: (drift) => <Accept of={drift} /> },
        ]}
      />
    </>
  );
}
