import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { holds } from '../api/session.ts';
import { useRead, useSession } from '../api/use-read.ts';
import { PageHead, Section } from '../kit/page.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Failure, Loading, Notice } from '../ui/notice.tsx';
import { Time } from '../ui/time.tsx';
import { recordOf, type FlowAnswer } from './at-hub.ts';
import { documentIn, isPurpose, PURPOSE_WORDS, readableIn, type FlowRecord } from './model/record.ts';
import { NewFlow } from './new-flow.tsx';
import { Templates } from './templates.tsx';

/** Every flow: those of one's own, those that came with the hub, and templates to begin with. */
export function FlowsPage() {
  const { data, error, refetch } = useRead('getFlows', { query: { limit: 200 } });
  const session = useSession();
  const [from, setFrom] = useState<string>();
  const mayWrite = session.data !== undefined && holds(session.data, 'admin:flows:write');
  const flows = data?.items.flatMap(entryOf) ?? [];
  const unread = data?.items.filter((one) => entryOf(one).length === 0).map(({ id }) => id) ?? [];
  const own = flows.filter(({ record }) => !record.builtIn);
  return (
    <>
      <PageHead
        title="Flows"
        lead="What happens between a client’s request and its token: who signs in how, for which organisation, and what is asked."
        actions={
          <Button look="primary" disabled={!mayWrite} onClick={() => setFrom('')}>
            <Plus size={15} aria-hidden="true" /> New flow
          </Button>
        }
      />
      {error !== null ? <Failure error={error} retry={() => void refetch()} /> : null}
      {data === undefined && error === null ? <Loading /> : null}
      {data === undefined ? null : (
        <>
          {unread.length === 0 ? null : (
            <Notice tone="care">
              Not shown, because this console cannot read them: {unread.join(', ')}. Export them with <code>writ flow export</code>.
            </Notice>
          )}
          <Section title="Yours">
            {own.length === 0 ? (
              <p className="text-soft">None yet. Begin with nothing, with a template below, or change what came with the hub.</p>
            ) : (
              <Rows flows={own} />
            )}
          </Section>
          <Section title="Built in">
            <Rows flows={flows.filter(({ record }) => record.builtIn)} />
          </Section>
          <Section title="Templates">
            <Templates mayWrite={mayWrite} onTake={setFrom} />
          </Section>
        </>
      )}
      {from === undefined ? null : (
        <NewFlow from={from} flows={flows.map(({ record }) => record.graph)} onClose={() => setFrom(undefined)} />
      )}
    </>
  );
}

type Entry = { readonly record: FlowRecord; readonly updatedAt: number | null };

function entryOf(answer: FlowAnswer): Entry[] {
  return readableIn(documentIn(answer)) === undefined ? [] : [{ record: recordOf(answer), updatedAt: answer.updatedAt }];
}

function Rows({ flows }: { flows: readonly Entry[] }) {
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-sheet">
      {flows.map(({ record, updatedAt }) => (
        <Row key={record.graph.id} record={record} updatedAt={updatedAt} />
      ))}
    </ul>
  );
}

function Row({ record, updatedAt }: Entry) {
  const { graph, published } = record;
  const { id, name, description, purpose, nodes } = graph;
  const where = placesOf(record);
  const count = Object.keys(nodes).length;
  return (
    <li className="relative grid gap-x-6 gap-y-1 px-4 py-3 hover:bg-sunk md:grid-cols-[minmax(0,1fr)_minmax(0,20rem)_10rem]">
      <div className="min-w-0">
        <Link to="/flows/$id" params={{ id }} className="font-semibold break-words text-ink no-underline after:absolute after:inset-0">
          {name ?? id}
        </Link>
        <p className="text-sm break-words text-soft">{description ?? (isPurpose(purpose) ? PURPOSE_WORDS[purpose] : purpose)}</p>
      </div>
      <div className="min-w-0 text-sm text-soft">
        <StateOf record={record} />
        <p className="truncate">{published === null ? 'runs nowhere' : where}</p>
      </div>
      <div className="text-sm text-soft md:text-right">
        <p>{count === 1 ? '1 node' : `${String(count)} nodes`}</p>
        <p>{updatedAt === null ? 'came with the hub' : <Time at={updatedAt} />}</p>
      </div>
    </li>
  );
}

/** Where it runs, short. */
function placesOf({ builtIn, assigned }: FlowRecord): string {
  const { clients, resources, tenants, everywhere } = assigned;
  const counted = (count: number, word: string): readonly string[] =>
    count === 0 ? [] : [`${String(count)} ${count === 1 ? word : `${word}s`}`];
  const places = [
    ...(everywhere ? ['everywhere'] : []),
    ...counted(clients.length, 'client'),
    ...counted(resources.length, 'resource'),
    ...counted(tenants.length, 'tenant'),
    ...(builtIn ? ['wherever no other is assigned'] : []),
  ];
  return places.length === 0 ? 'not assigned' : places.join(', ');
}

function StateOf({ record: { published, ahead, builtIn } }: { record: FlowRecord }) {
  if (published === null) return <Badge>draft</Badge>;
  const version = published.version === 0 && builtIn ? 'as it came' : `version ${String(published.version)}`;
  return (
    <span className="flex gap-1">
      <Badge tone="low">{version}</Badge>
      {ahead ? <Badge tone="violet">draft is ahead</Badge> : null}
    </span>
  );
}
