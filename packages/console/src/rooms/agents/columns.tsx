import type { Value } from '../../api/use-read.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import type { Tone } from '../../ui/tone.ts';
import { Time } from '../../ui/time.tsx';
import type { Column } from '../../kit/list-page.tsx';
import { ClientLink } from '../../kit/client-name.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { reasonOf, refusedShare } from './directory.ts';

/** An agent as lists show it, and as its page does. */
export type Agent = Value<'getAgents'>['items'][number];
export type AgentDetail = Value<'getAgentsById'>;

export function Principal({ of: { principal, principalName } }: { of: Agent | AgentDetail }) {
  return principal.kind === 'client' ? (
    <span className="text-soft">itself</span>
  ) : (
    <ObjectLink room={`${principal.kind}s`} id={principal.id} name={principalName} />
  );
}

export function Owner({ of: { owner } }: { of: Agent | AgentDetail }) {
  return owner === null ? <Badge tone="elevated">nobody</Badge> : <ObjectLink room="users" id={owner.id} name={owner.name} />;
}

/** What the client calls itself, who vouches for that, and where it comes from. */
function Name({ of: { id, client, clientName, clientHost, verified } }: { of: Agent }) {
  return (
    <div className="min-w-[9ch]">
      {clientName === null ? <ClientLink id={client} room="agents" of={id} /> : <ObjectLink room="agents" id={id} name={clientName} />}{' '}
      <Word of={verified ? 'verified' : 'unverified'} />
      {clientHost === null ? null : <span className="block text-[0.86rem] text-soft [overflow-wrap:anywhere]">{clientHost}</span>}
    </div>
  );
}

export function State({ of: { state, stateReason, dormant, drift } }: { of: Agent | AgentDetail }) {
  return (
    <>
      <Word of={state} /> {dormant ? <Word of="dormant" /> : null} {drift.length > 0 ? <Badge tone="elevated">drifting</Badge> : null}
      {stateReason === null || state === 'active' ? null : (
        <span className="block text-[0.86rem] text-soft [overflow-wrap:anywhere]">{reasonOf(stateReason)}</span>
      )}
    </>
  );
}

const RISK_TONE: Readonly<Record<string, Tone>> = { low: 'calm', elevated: 'elevated', high: 'high' };

/** How much it may do, in the colour of the highest risk among it. */
export function Reach({ of: { risk, scopes } }: { of: { risk: string | null; scopes: number } }) {
  if (risk === null) return <span className="whitespace-nowrap text-soft">nothing</span>;
  return (
    <Badge tone={RISK_TONE[risk] ?? 'calm'}>
      {scopes.toLocaleString('en')} {scopes === 1 ? 'scope' : 'scopes'}, {risk}
    </Badge>
  );
}

export const AGENT_COLUMNS: readonly Column<Agent>[] = [
  { title: 'Agent', cell: (agent) => <Name of={agent} /> },
  { title: 'Acts for', cell: (agent) => <Principal of={agent} /> },
  { title: 'Owner', from: 'xl', cell: (agent) => <Owner of={agent} /> },
  { title: 'State', cell: (agent) => <State of={agent} /> },
  { title: 'May do', from: 'sm', cell: (agent) => <Reach of={agent} /> },
  { title: 'Tenant', from: 'xl', cell: ({ tenant }) => <ObjectLink room="tenants" id={tenant} /> },
  {
    title: 'Calls',
    from: 'md',
    end: true,
    cell: ({ calls, denials }) => (
      <span className="tabular-nums">
        {calls.toLocaleString('en')}
        {denials === 0 ? null : <span className="block text-[0.86rem] text-high">{refusedShare(calls, denials)}</span>}
      </span>
    ),
  },
  { title: 'Last used', from: 'sm', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
];
