import { useState } from 'react';
import { ask, read, readList } from '../../api/client.ts';
import { useRead } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Failure, Loading } from '../../ui/notice.tsx';
import { AnyFacts } from '../../kit/any-facts.tsx';
import { useClientName } from '../../kit/client-name.tsx';
import { DataTable, List, type Column } from '../../kit/list-page.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import { ObjectPage } from '../../kit/object-page.tsx';
import { PageHead, Section } from '../../kit/page.tsx';
import type { Spec } from '../../kit/spec.ts';
import type { Value } from '../../api/use-read.ts';
import { REASON, stopDeeds } from '../generic/stop-deeds.tsx';
import { Bulk } from './bulk.tsx';
import { AGENT_COLUMNS, Principal, type Agent } from './columns.tsx';
import { PropagationView } from './propagation-view.tsx';

type Grant = Value<'getGrantsById'>;

function Grants({ agent }: { agent: string }) {
  return (
    <List<Grant>
      name={`grants of ${agent}`}
      read={({ cursor }) => readList('getGrants', { agent, ...(cursor === undefined ? {} : { cursor }) })}
      keyOf={({ id }) => id}
      empty="No person has allowed it anything: it acts by policy alone."
      columns={[
        { title: 'Grant', cell: ({ id }) => <ObjectLink room="grants" id={id} /> },
        { title: 'Resource', cell: ({ resource }) => <ObjectLink room="resources" id={resource} /> },
        { title: 'Scopes', from: 'sm', cell: ({ scopes }) => <Words of={scopes} /> },
        { title: 'State', cell: ({ state }) => <Word of={state} /> },
      ]}
    />
  );
}

/** Which rules cover the agent: for certain, or depending on what is only known when it asks. */
function Access({ agent }: { agent: string }) {
  const covering = useRead('getPoliciesCovering', { query: { agent, limit: 200 } });
  if (covering.error !== null) return <Failure error={covering.error} />;
  if (covering.data === undefined) return <Loading />;
  return (
    <DataTable
      label="rules that cover it"
      items={covering.data.items}
      keyOf={({ rule }) => rule}
      columns={[
        { title: 'Effect', cell: ({ effect }) => <Word of={effect} /> },
        { title: 'Rule', cell: ({ rule }) => <ObjectLink room="policies" id={rule} /> },
        { title: 'Scopes', from: 'sm', cell: ({ scopes }) => <Words of={scopes} /> },
        { title: 'State', from: 'sm', cell: ({ state }) => <Word of={state} /> },
        { title: 'Covers', cell: ({ covers, depends }) => (covers === 'yes' ? 'yes' : `depends on ${depends.join(', ')}`) },
      ]}
    />
  );
}

function Overview({ agent }: { agent: Agent }) {
  return (
    <>
      <Section title="Stopping it">
        <PropagationView agent={agent.id} />
      </Section>
      <Section title="What it is">
        <AnyFacts of={agent} without={['id', 'principal']} />
      </Section>
    </>
  );
}

export const agents: Spec<Agent> = {
  room: 'agents',
  title: 'Agents',
  one: 'agent',
  lead: 'Every client that acts for somebody, or for itself: one row for each client and principal, from its first grant on.',
  list: (query) => readList('getAgents', query),
  columns: AGENT_COLUMNS,
  filters: [
    { name: 'client', label: 'Client' },
    { name: 'user', label: 'User' },
    { name: 'tenant', label: 'Tenant' },
    { name: 'state', label: 'State', options: ['active', 'frozen', 'revoked'] },
  ],
  empty: 'None yet. The first agent appears here the moment somebody allows it something.',
  command: 'claude mcp add --transport http NAME https://your-server.example/mcp',
  idOf: ({ id }) => id,
  useName: ({ client }) => useClientName(client) ?? client,
  find: (id) => read('getAgentsById', { path: { id } }),
  marks: (agent) => (
    <>
      acts for <Principal of={agent} /> <Word of={agent.state} />
    </>
  ),
  deeds: stopDeeds<Agent>({
    what: 'Every way to a token refuses it from the next request on, and resource servers that listen refuse its live tokens within two seconds.',
    freeze: (id, reason) => ask('postAgentsByIdFreeze', { path: { id }, body: { reason: reason ?? REASON } }),
    unfreeze: (id, reason) => ask('postAgentsByIdUnfreeze', { path: { id }, body: { reason: reason ?? REASON } }),
    revoke: (id, reason) => ask('postAgentsByIdRevoke', { path: { id }, body: { reason: reason ?? REASON } }),
  }),
  parts: [
    { id: 'overview', title: 'Overview', body: (agent) => <Overview agent={agent} /> },
    { id: 'access', title: 'Access', body: ({ id }) => <Access agent={id} /> },
    { id: 'grants', title: 'Grants', body: ({ id }) => <Grants agent={id} /> },
  ],
  activity: ({ id }) => ({
    query: { agent: id },
    target: { type: 'agent', id },
    types: ['agent.frozen', 'agent.unfrozen', 'agent.revoked'],
  }),
  cli: ({ id }) => `writ agent show ${id}\nwrit agent freeze ${id}`,
};

/** The directory, with a tick before each agent. */
export function AgentsPage() {
  const [chosen, setChosen] = useState<readonly Agent[]>([]);
  const tick = (agent: Agent, on: boolean): void =>
    setChosen((before) => [...before.filter(({ id }) => id !== agent.id), ...(on ? [agent] : [])]);
  const ticks: Column<Agent> = {
    title: '',
    cell: (agent) => (
      <input
        type="checkbox"
        aria-label={`Tick ${agent.client} ${agent.id}`}
        className="m-1 size-4 accent-accent"
        checked={chosen.some(({ id }) => id === agent.id)}
        onChange={(event) => tick(agent, event.target.checked)}
      />
    ),
  };
  return (
    <>
      <PageHead title={agents.title} lead={agents.lead} />
      <Bulk chosen={chosen} onDone={() => setChosen([])} />
      <List
        name="agents"
        read={agents.list}
        columns={[ticks, ...agents.columns]}
        keyOf={agents.idOf}
        filters={agents.filters ?? []}
        empty={agents.empty}
        command={agents.command}
        every={30_000}
      />
    </>
  );
}

export function AgentPage() {
  return <ObjectPage of={agents} />;
}
