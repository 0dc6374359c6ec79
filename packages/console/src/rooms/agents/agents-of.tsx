import { readList } from '../../api/client.ts';
import { List } from '../../kit/list-page.tsx';
import { AGENT_COLUMNS, type Agent } from './columns.tsx';

/** Agents of one client, user or tenant. */
export function AgentsOf({ query, empty }: { query: Readonly<Record<string, string>>; empty: string }) {
  return (
    <List<Agent>
      name={`agents of ${Object.values(query).join(' ')}`}
      read={({ cursor }) => readList('getAgents', { ...query, ...(cursor === undefined ? {} : { cursor }) })}
      keyOf={({ id }) => id}
      columns={AGENT_COLUMNS}
      empty={empty}
    />
  );
}
