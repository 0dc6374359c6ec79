import type { Value } from '../../api/use-read.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { Empty } from '../../ui/notice.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { Section } from '../../kit/page.tsx';

type Resource = Value<'getResourcesById'>;

/** What can be allowed at a resource, in the words that people see, and which tools need it. */
export function Scopes({ of: { scopes, tools } }: { of: Resource }) {
  return (
    <>
      <Section title="Scopes">
        {scopes.length === 0 ? (
          <Empty>No scopes: a token is good for the whole of it.</Empty>
        ) : (
          <DataTable
            label="scopes"
            items={scopes}
            keyOf={({ name }) => name}
            columns={[
              { title: 'Scope', cell: ({ name }) => <code>{name}</code> },
              {
                title: 'As people read it',
                cell: ({ title, description }) => (
                  <>
                    {title ?? <span className="text-soft">no title</span>}
                    {description === undefined ? null : <p className="text-[0.9rem] text-soft">{description}</p>}
                  </>
                ),
              },
              { title: 'Risk', cell: ({ risk }) => <Word of={risk} /> },
              {
                title: 'Asked',
                from: 'sm',
                cell: ({ required, stepUp }) => (
                  <>
                    {required ? 'required' : 'optional'} {stepUp ? <Badge tone="violet">second factor</Badge> : null}
                  </>
                ),
              },
            ]}
          />
        )}
      </Section>
      <Section title="Tools">
        {tools.length === 0 ? (
          <Empty>No tool is listed. With a list the hub knows which scopes a tool needs.</Empty>
        ) : (
          <DataTable
            label="tools"
            items={tools}
            keyOf={({ name }) => name}
            columns={[
              { title: 'Tool', cell: ({ name }) => <code>{name}</code> },
              { title: 'Needs', cell: (tool) => tool.scopes.join(', ') || '–' },
            ]}
          />
        )}
      </Section>
    </>
  );
}
