import type { Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import type { Column } from '../../kit/list-page.tsx';
import { ClientLink } from '../../kit/client-name.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';

export type Agent = Value<'getAgentsById'>;

export function Principal({ of: { principal } }: { of: Agent }) {
  return principal.kind === 'client' ? (
    <span className="text-soft">itself</span>
  ) : (
    <ObjectLink room={`${principal.kind}s`} id={principal.id} />
  );
}

export const AGENT_COLUMNS: readonly Column<Agent>[] = [
  { title: 'Agent', cell: ({ id, client }) => <ClientLink id={client} room="agents" of={id} /> },
  { title: 'Acts for', cell: (agent) => <Principal of={agent} /> },
  { title: 'Tenant', from: 'md', cell: ({ tenant }) => <ObjectLink room="tenants" id={tenant} /> },
  { title: 'State', cell: ({ state }) => <Word of={state} /> },
  { title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
  { title: 'Since', from: 'lg', cell: ({ createdAt }) => <Time at={createdAt} /> },
];
