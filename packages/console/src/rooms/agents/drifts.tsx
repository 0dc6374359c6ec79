import { readList } from '../../api/client.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { ClientLink } from '../../kit/client-name.tsx';
import { List } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { PageHead } from '../../kit/page.tsx';
import { Answers, What, type Drift } from './drift.tsx';

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
          {
            title: 'What',
            cell: (drift) => (
              <>
                <What of={drift} />
                {/* A phone has no room for a column of buttons beside the sentence. */}
                <div className="mt-2 sm:hidden">
                  <Answers of={drift} />
                </div>
              </>
            ),
          },
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
          { title: '', from: 'sm', end: true, cell: (drift) => <Answers of={drift} /> },
        ]}
      />
    </>
  );
}
