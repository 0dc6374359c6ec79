import { useParams } from '@tanstack/react-router';
import { readList } from '../../api/client.ts';
import { useRead, type Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { CodeBlock, CopyId } from '../../ui/code.tsx';
import { Failure, Loading, Notice } from '../../ui/notice.tsx';
import { Moment } from '../../ui/time.tsx';
import { ClientLink } from '../../kit/client-name.tsx';
import { List } from '../../kit/list-page.tsx';
import { Missing } from '../../kit/missing.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import { Facts, PageHead, Section } from '../../kit/page.tsx';
import { Sentences } from '../policies/verdict.tsx';

type Decision = Value<'getDecisionsById'>;

/** Every judgement about a token or a credential, newest first. */
export function DecisionsPage() {
  return (
    <>
      <PageHead title="Decisions" lead="Each time a token or a credential was asked for: what policy said, by which rules, and why." />
      <List<Decision>
        name="decisions"
        read={(query) => readList('getDecisions', query)}
        keyOf={({ id }) => id}
        filters={[
          { name: 'client', label: 'Client' },
          { name: 'user', label: 'User' },
          { name: 'agent', label: 'Agent' },
          { name: 'outcome', label: 'Request', options: ['success', 'refused', 'failed'] },
        ]}
        empty="No decision yet: nobody has asked for a token."
        command="writ policy simulate --help"
        columns={[
          { title: 'UTC', cell: ({ time }) => <Moment at={time} /> },
          {
            title: 'Decision',
            cell: ({ id, outcome }) => (
              <>
                <Word of={outcome ?? 'unknown'} /> <ObjectLink room="decisions" id={id} name="why" />
              </>
            ),
          },
          { title: 'Client', cell: ({ client }) => (client === null ? '–' : <ClientLink id={client} />) },
          { title: 'User', from: 'sm', cell: ({ user }) => <ObjectLink room="users" id={user} /> },
          { title: 'Granted', from: 'md', cell: ({ granted }) => <Words of={granted} /> },
          { title: 'Refused', from: 'md', cell: ({ refused }) => <Words of={refused.map(({ scope }) => scope)} /> },
          { title: 'Rules', from: 'lg', cell: ({ rules }) => <Words of={rules} /> },
        ]}
      />
    </>
  );
}

function Why({ id }: { id: string }) {
  const why = useRead('getDecisionsByIdExplain', { path: { id } });
  if (why.error !== null) return <Failure error={why.error} />;
  if (why.data === undefined) return <Loading />;
  const { explanation, current } = why.data;
  return (
    <div className="grid gap-3">
      {current ? null : <Notice>Explained by the policies of now: those of then are no longer known.</Notice>}
      <Sentences explanation={explanation} />
      {explanation.missing.length === 0 ? null : <Notice tone="care">Not known of the request: {explanation.missing.join(', ')}</Notice>}
    </div>
  );
}

/** One decision: what was asked, what was said, why, and where it went. */
export function DecisionPage() {
  const { id = '' } = useParams({ strict: false });
  const found = useRead('getDecisionsById', { path: { id } });
  if (found.error !== null) return <Missing what="decision" error={found.error} />;
  if (found.data === undefined) return <Loading lines={10} />;
  const of = found.data;
  return (
    <>
      <PageHead eyebrow={<CopyId id={of.id} />} title="Decision" lead={<Word of={of.outcome ?? 'unknown'} />} />
      <Section title="Why">
        <Why id={id} />
      </Section>
      <Section title="What it was about">
        <Facts
          of={[
            ['When (UTC)', <Moment key="when" at={of.time} />],
            ['Entry', <ObjectLink key="event" room="audit" id={of.event} name={of.type} />],
            ['Client', <ObjectLink key="client" room="clients" id={of.client} />],
            ['User', <ObjectLink key="user" room="users" id={of.user} />],
            ['Agent', <ObjectLink key="agent" room="agents" id={of.agent} />],
            ['Tenant', <ObjectLink key="tenant" room="tenants" id={of.tenant} />],
            ['Granted', <Words key="granted" of={of.granted} most={50} />],
            [
              'Rules',
              <span key="rules">
                {of.rules.length === 0 ? 'none' : of.rules.map((rule) => <ObjectLink key={rule} room="policies" id={rule} />)}
              </span>,
            ],
          ]}
        />
      </Section>
      {of.shadow.length === 0 ? null : (
        <Section title="What rules in shadow would have said">
          <ul className="list-disc pl-5">
            {of.shadow.map(({ rule, effect, scopes }) => (
              <li key={rule}>
                <ObjectLink room="policies" id={rule} /> <Word of={effect} /> {scopes.join(', ')}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="The request, as it was judged">
        <CodeBlock label="Request" text={JSON.stringify(of.request, undefined, 2)} />
      </Section>
    </>
  );
}
