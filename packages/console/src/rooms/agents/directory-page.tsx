import { useState } from 'react';
import { readList } from '../../api/client.ts';
import { useRead } from '../../api/use-read.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { Chips } from '../../kit/chips.tsx';
import { WholeList } from '../../kit/download.tsx';
import { FacetRail } from '../../kit/facet-rail.tsx';
import { DataTable, usePages, type Column } from '../../kit/list-page.tsx';
import { More } from '../../kit/more.tsx';
import { PageHead } from '../../kit/page.tsx';
import { useFilters, type Filters } from '../../kit/use-filters.ts';
import { Views } from '../../kit/views.tsx';
import { Bulk } from './bulk.tsx';
import { AGENT_COLUMNS, type Agent } from './columns.tsx';
import { facetsOf, FILTERS, NAMES, NEWEST, SORTS, VIEWS } from './directory.ts';

function queryOf(chosen: Filters): Record<string, string> {
  return Object.fromEntries(NAMES.flatMap((name) => (chosen[name] === undefined || chosen[name] === '' ? [] : [[name, chosen[name]]])));
}

/** Words of names, and the order: what is typed is looked for when Enter is pressed or the field is left. */
function Search() {
  const [chosen, choose] = useFilters();
  const look = (text: string): void => choose({ q: text.trim() || undefined });
  return (
    <form
      role="search"
      aria-label="Filter agents"
      className="mb-3 flex flex-wrap items-end gap-2"
      onSubmit={(event) => event.preventDefault()}
    >
      <div className="min-w-0 flex-1 sm:max-w-96">
        <TextField
          key={chosen['q'] ?? ''}
          label="Name, host or person"
          type="search"
          defaultValue={chosen['q'] ?? ''}
          onBlur={(event) => look(event.target.value)}
          onKeyDown={(event) => (event.key === 'Enter' ? look(event.currentTarget.value) : undefined)}
        />
      </div>
      <SelectField
        label="Order"
        className="sm:w-auto"
        value={chosen['sort'] ?? NEWEST}
        options={SORTS}
        onChange={(event) => choose({ sort: event.target.value === NEWEST ? undefined : event.target.value })}
      />
    </form>
  );
}

function Facets({ query }: { query: Filters }) {
  const found = useRead('getAgentsFacets', JSON.parse(JSON.stringify({ query })));
  if (found.error !== null) return null;
  if (found.data === undefined) return <div className="mb-3 h-12 rounded-lg bg-sunk lg:h-72" role="status" aria-label="Counting" />;
  return <FacetRail of={facetsOf(found.data)} />;
}

/** A tick before each agent, in the columns of every list of agents. */
function ticksOf(chosen: readonly Agent[], onTick: (agents: readonly Agent[]) => void): Column<Agent> {
  return {
    title: '',
    cell: (agent) => (
      <input
        type="checkbox"
        aria-label={`Tick ${agent.clientName ?? agent.client} ${agent.id}`}
        className="m-1 size-4 accent-accent"
        checked={chosen.some(({ id }) => id === agent.id)}
        onChange={(event) => onTick([...chosen.filter(({ id }) => id !== agent.id), ...(event.target.checked ? [agent] : [])])}
      />
    ),
  };
}

function Agents({ query, sort }: { query: Filters; sort: string }) {
  const [chosen, setChosen] = useState<readonly Agent[]>([]);
  const read = (cursor: string | undefined, limit: string) =>
    readList('getAgents', { limit, sort, ...query, ...(cursor === undefined ? {} : { cursor }) });
  const pages = usePages<Agent>(['agents', 'list', query, sort], (cursor) => read(cursor, '50'), 30_000);
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {pages.error === null ? null : <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending ? <Loading lines={10} /> : null}
      {pages.isSuccess && items.length === 0 ? (
        Object.keys(query).length > 0 ? (
          <Empty>No agent is like this.</Empty>
        ) : (
          <Empty command="claude mcp add --transport http NAME https://your-server.example/mcp">
            None yet. The first agent appears here the moment somebody allows it something.
          </Empty>
        )
      ) : null}
      {items.length === 0 ? null : (
        <>
          <Bulk chosen={chosen} shown={items} onTick={setChosen} />
          <DataTable label="agents" columns={[ticksOf(chosen, setChosen), ...AGENT_COLUMNS]} items={items} keyOf={({ id }) => id} />
          <div className="mt-2 flex flex-wrap items-center gap-3 text-[0.9rem] text-soft">
            <span role="status">{items.length.toLocaleString('en')} shown</span>
            <More of={pages} />
            <WholeList name="agents" read={(cursor) => read(cursor, '200')} />
          </div>
        </>
      )}
    </>
  );
}

/** The directory: every agent, narrowed by what is wrong with it. */
export function AgentsPage() {
  const [chosen] = useFilters();
  const query = queryOf(chosen);
  const sort = chosen['sort'] ?? NEWEST;
  return (
    <>
      <PageHead
        title="Agents"
        lead="Every client that acts for somebody, or for itself: one row for each client and principal, from its first grant on."
      />
      <Views page="agents" views={VIEWS} names={NAMES} />
      <Search />
      <Chips of={FILTERS} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-6 lg:grid-cols-[13rem_minmax(0,1fr)]">
        <Facets query={query} />
        <div className="min-w-0 lg:col-start-2">
          <Agents key={JSON.stringify([query, sort])} query={query} sort={sort} />
        </div>
      </div>
    </>
  );
}
