import { ask, read, readList } from '../../api/client.ts';
import { useRead, type Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Failure, Loading, Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { Activity } from '../../kit/activity.tsx';
import { DataTable, List } from '../../kit/list-page.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import { ObjectPage } from '../../kit/object-page.tsx';
import { Facts, Section } from '../../kit/page.tsx';
import type { ObjectSpec } from '../../kit/spec.ts';
import { REASON, stopDeeds } from '../generic/stop-deeds.tsx';
import { Access } from './access.tsx';
import { AgentAdvice } from './advice.tsx';
import { Owner, Principal, Reach, State, type AgentDetail } from './columns.tsx';
import { Budget, Held } from './held.tsx';
import { EvidenceOf } from './evidence.tsx';
import { adviceOn } from './directory.ts';
import { DriftsOf } from './drift.tsx';
import { OwnerButton } from './owner.tsx';
import { PropagationView } from './propagation-view.tsx';
import { accessPart } from '../graph/tab.tsx';

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
function Rules({ agent }: { agent: string }) {
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

function Overview({ agent }: { agent: AgentDetail }) {
  const { state, stateReason, drift, clientName, client } = agent;
  return (
    <>
      {stateReason === null || state === 'active' || adviceOn(stateReason) === undefined ? null : (
        <div className="mb-5">
          <Notice tone="care">{adviceOn(stateReason)}</Notice>
        </div>
      )}
      {drift.length === 0 ? null : (
        <div className="mb-5">
          <DriftsOf client={client} sentences={drift} />
        </div>
      )}
      <Section title="Stopping it">
        <PropagationView agent={agent.id} />
      </Section>
      <Section title="What it is">
        <Facts
          of={[
            ['Client', <ObjectLink key="client" room="clients" id={client} name={clientName} copy />],
            ['Acts for', <Principal key="principal" of={agent} />],
            ['Owner', <Owner key="owner" of={agent} />],
            ['Tenant', <ObjectLink key="tenant" room="tenants" id={agent.tenant} />],
            ['State', <State key="state" of={agent} />],
            ['May do', <Reach key="reach" of={{ risk: agent.risk, scopes: agent.scopes }} />],
            ['Calls', `${agent.calls.toLocaleString('en')}, and ${agent.denials.toLocaleString('en')} refused`],
            ['Known since', <Time key="since" at={agent.createdAt} />],
            ['First used', <Time key="first" at={agent.firstUsedAt} />],
            ['Last used', <Time key="last" at={agent.lastUsedAt} />],
          ]}
        />
      </Section>
      <Section title="Where it comes from">
        <EvidenceOf agent={agent} />
      </Section>
    </>
  );
}

/** What was refused lately, most often first, each with the decision that says why. */
function Refusals({ of }: { of: AgentDetail['refusals'] }) {
  if (of.length === 0) return null;
  return (
    <Section title="Refused in the last seven days">
      <DataTable
        label="refusals"
        items={of}
        keyOf={({ reason }) => reason}
        columns={[
          { title: 'Reason', cell: ({ reason }) => reason },
          { title: 'Times', end: true, cell: ({ count }) => count.toLocaleString('en') },
          { title: 'Last', cell: ({ lastAt }) => <Time at={lastAt} /> },
          {
            title: 'Decision',
            cell: ({ decision }) => <ObjectLink room="decisions" id={decision} name={decision === null ? undefined : 'why'} />,
          },
        ]}
      />
    </Section>
  );
}

const agent: ObjectSpec<AgentDetail> = {
  room: 'agents',
  one: 'agent',
  idOf: ({ id }) => id,
  nameOf: ({ client, clientName }) => clientName ?? client,
  find: (id) => read('getAgentsById', { path: { id } }),
  marks: (it) => (
    <>
      acts for <Principal of={it} /> <Word of={it.state} /> <Word of={it.verified ? 'verified' : 'unverified'} /> owner <Owner of={it} />
    </>
  ),
  actions: (it) => <OwnerButton of={it} />,
  deeds: stopDeeds<AgentDetail>({
    what: 'Every way to a token refuses it from the next request on, and resource servers that listen refuse its live tokens within two seconds.',
    freeze: (id, body) => ask('postAgentsByIdFreeze', { path: { id }, body }),
    unfreeze: (id, reason) => ask('postAgentsByIdUnfreeze', { path: { id }, body: { reason: reason ?? REASON } }),
    revoke: (id, reason) => ask('postAgentsByIdRevoke', { path: { id }, body: { reason: reason ?? REASON } }),
  }),
  parts: [
    { id: 'overview', title: 'Overview', body: (it) => <Overview agent={it} /> },
    {
      id: 'access',
      title: 'Access',
      body: ({ id, access }) => (
        <>
          <Access of={access} />
          <Section title="By which rules">
            <Rules agent={id} />
          </Section>
        </>
      ),
    },
    accessPart('agent', ({ id }) => id, 'Access graph'),
    {
      id: 'activity',
      title: 'Activity',
      body: ({ id, refusals }) => (
        <>
          <Refusals of={refusals} />
          <Activity query={{ agent: id }} target={{ type: 'agent', id }} />
        </>
      ),
    },
    { id: 'connections', title: 'Connections', body: ({ connections }) => <Held of={connections} /> },
    { id: 'budget', title: 'Budget', body: ({ budget }) => <Budget of={budget} /> },
    { id: 'advice', title: 'Advice', body: ({ id }) => <AgentAdvice agent={id} /> },
    { id: 'grants', title: 'Grants', body: ({ id }) => <Grants agent={id} /> },
  ],
  cli: ({ id }) => `writ agent show ${id}\nwrit agent freeze ${id}`,
};

export function AgentPage() {
  return <ObjectPage of={agent} />;
}
