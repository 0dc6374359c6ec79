import { Link } from '@tanstack/react-router';
import { useRead } from '../../api/use-read.ts';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { Card, PageHead, Section } from '../../kit/page.tsx';
import { AGENT_COLUMNS } from '../agents/columns.tsx';
import { EventTable } from '../../kit/event-table.tsx';
import { Attention } from './attention.tsx';
import { FirstRun } from './first-run.tsx';
import { perMinute } from './rate.ts';
import { Volume } from './volume.tsx';

function Figure({
  title,
  value,
  to,
  search,
  tone = '',
}: {
  title: string;
  value: string;
  to: string;
  search?: Record<string, string>;
  tone?: string;
}) {
  return (
    <Link
      to={to}
      search={search ?? {}}
      className="block min-w-0 rounded-lg border border-line bg-sheet px-4 py-3 no-underline hover:border-field"
    >
      <span className="block text-[0.9rem] text-soft">{title}</span>
      <span className={`block text-2xl font-semibold tabular-nums ${tone === '' ? 'text-ink' : tone}`}>{value}</span>
    </Link>
  );
}

/** Milliseconds as somebody says them. */
function duration(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 950 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s`;
}

/** In place of a figure: not read yet, or not to be had. */
function unread({ error }: { error: Error | null }): string {
  return error === null ? '…' : '–';
}

/** What happens now: each number leads to what it counts. */
function Now() {
  const issued = useRead('getEvents', { query: { type: 'token.issued', limit: 200 } }, { every: 30_000 });
  const refused = useRead('getEvents', { query: { outcome: 'refused', limit: 200 } }, { every: 30_000 });
  const agents = useRead('getAgentsFacets', {}, { every: 60_000 });
  const sinks = useRead('getSinks', { query: { limit: 200 } }, { every: 30_000 });
  const heard = useRead('getSignalsPropagation', {}, { every: 60_000 });
  const rate = (of: typeof issued): string => (of.data === undefined ? unread(of) : perMinute(of.data.items, Date.now()));
  const many = (n: number | undefined): string =>
    n === undefined ? unread(agents) : `${n.toLocaleString('en')}${agents.data?.more === true ? '+' : ''}`;
  const waiting = sinks.data?.items.reduce((sum, { pending }) => sum + pending, 0);
  const failing = sinks.data?.items.filter(({ health }) => health.status === 'failing').length ?? 0;
  const failure = [issued, refused, agents, sinks, heard].find(({ error }) => error !== null)?.error;
  return (
    <>
      {failure === undefined || failure === null ? null : (
        <div className="mb-3">
          <Failure error={failure} />
        </div>
      )}
      <div className="mb-7 grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
        <Figure title="Tokens a minute" value={rate(issued)} to="/audit" search={{ type: 'token.issued' }} />
        <Figure title="Refusals a minute" value={rate(refused)} to="/audit" search={{ outcome: 'refused' }} />
        <Figure title="Agents at high risk" value={many(agents.data?.risk.high)} to="/agents" search={{ risk: 'high' }} />
        <Figure title="Frozen agents" value={many(agents.data?.state.frozen)} to="/agents" search={{ state: 'frozen' }} />
        <Figure
          title="Stops heard within (p95)"
          value={heard.data === undefined ? unread(heard) : duration(heard.data.p95)}
          to="/signals"
        />
        <Figure
          title={failing === 0 ? 'Entries waiting for sinks' : `${failing} ${failing === 1 ? 'sink fails' : 'sinks fail'}, entries wait`}
          value={waiting === undefined ? unread(sinks) : waiting.toLocaleString('en')}
          to="/sinks"
          tone={failing === 0 ? '' : 'text-high'}
        />
      </div>
    </>
  );
}

function Newest() {
  const agents = useRead('getAgents', { query: { limit: 8, sort: '-created' } });
  if (agents.error !== null) return <Failure error={agents.error} />;
  if (agents.data === undefined) return <Loading />;
  if (agents.data.items.length === 0) return <Empty>None yet. The first agent appears here the moment somebody allows it something.</Empty>;
  return <DataTable label="agents" columns={AGENT_COLUMNS} items={agents.data.items} keyOf={({ id }) => id} />;
}

function Lately() {
  // Looking at the record is on the record as well; here it would hide everything else.
  const events = useRead('getEvents', { query: { limit: 12, without: 'admin.read' } }, { every: 30_000 });
  if (events.error !== null) return <Failure error={events.error} />;
  if (events.data === undefined) return <Loading />;
  const { items } = events.data;
  return items.length === 0 ? <Empty>Only reads lately: see the whole record under Audit.</Empty> : <EventTable items={items} />;
}

/** The first page: what happens now, what wants attention, and, in a new hub, what to do first. */
export function DashboardPage() {
  return (
    <>
      <PageHead title="Dashboard" />
      <FirstRun />
      <Now />
      <div className="grid items-start gap-x-6 xl:grid-cols-2">
        <Section title="Wants attention">
          <Card>
            <Attention />
          </Card>
        </Section>
        <Section title="Requests for tokens, last 24 hours">
          <Volume />
        </Section>
      </div>
      <Section title="Newest agents">
        <Newest />
      </Section>
      <Section title="What happened last">
        <Lately />
      </Section>
    </>
  );
}
