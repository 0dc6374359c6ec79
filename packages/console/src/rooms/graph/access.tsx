import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { read } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Empty, Failure, Loading, Notice } from '../../ui/notice.tsx';
import { usePages } from '../../kit/list-page.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { useWide } from '../../kit/use-wide.ts';
import { Drawing, type Marks } from './drawing.tsx';
import { joined, removable, REMOVABLE, type Difference, type From, type Graph, type GraphEdge, type Removable } from './model.ts';
import { BOX, sceneOf } from './place.ts';
import { WayList, WayView, type Nodes } from './ways.tsx';

/** More boxes than this, or in one column, are no drawing any more. */
const MOST_BOXES = 90;
const MOST_IN_COLUMN = 34;

type Taken = { kind: Removable; id: string };

function takenIn(text: string | undefined): Taken | undefined {
  const colon = text?.indexOf(':') ?? -1;
  const kind = REMOVABLE.find((one) => one === text?.slice(0, Math.max(0, colon)));
  return kind === undefined || text === undefined ? undefined : { kind, id: text.slice(colon + 1) };
}

function useWithout(of: From, taken: Taken | undefined) {
  return useQuery({
    queryKey: ['graph', 'without', of, taken ?? null],
    queryFn: () =>
      read('postGraphWithout', { body: { ...(taken === undefined ? {} : { [taken.kind]: taken.id }), within: of, limit: 100 } }),
    enabled: taken !== undefined,
  });
}

function Breaks({
  of,
  nodes,
  taken,
  onTake,
}: {
  of: From;
  nodes: Nodes;
  taken: Taken | undefined;
  onTake: (text: string | undefined) => void;
}) {
  const told = useWithout(of, taken);
  return (
    <div className="mb-4 grid gap-3">
      <div className="max-w-md">
        <SelectField
          label="What breaks without"
          value={taken === undefined ? '' : `${taken.kind}:${taken.id}`}
          onChange={({ target }) => onTake(target.value === '' ? undefined : target.value)}
          options={[['', 'nothing taken away'], ...removable(nodes).map(({ key, kind, name }) => [key, `${kind} ${name}`] as const)]}
        />
      </div>
      {taken === undefined ? null : told.error !== null ? (
        <Failure error={told.error} retry={() => void told.refetch()} />
      ) : told.data === undefined ? (
        <Loading lines={2} />
      ) : (
        <Notice tone={told.data.sentences.length === 0 ? 'good' : 'care'} role="status">
          {told.data.sentences.length === 0 ? <p>Nothing here would change.</p> : null}
          <ul className="grid gap-1">
            {told.data.sentences.slice(0, 12).map(({ sentence }) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          {told.data.sentences.length > 12 || told.data.more > 0 ? (
            <p>And {told.data.sentences.length - 12 + told.data.more} more.</p>
          ) : null}
          {told.data.truncated ? <p>There is more than was looked at.</p> : null}
        </Notice>
      )}
    </div>
  );
}

const MARKS: Readonly<Record<Difference['is'], 'gone' | 'new' | 'other'>> = {
  gone: 'gone',
  new: 'new',
  less: 'other',
  more: 'other',
  other: 'other',
};

/** Everything that has to do with one object: drawn where there is room, in words always. */
export function Access({ of }: { of: From }) {
  const [{ without, view }, choose] = useFilters();
  const pages = usePages<Graph>(['graph', of], async (cursor) => {
    const graph = await read('getGraph', { query: { [of.kind]: of.id, limit: 25, ...(cursor === undefined ? {} : { cursor }) } });
    return { items: [graph], next: graph.next };
  });
  if (pages.error !== null) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (pages.data === undefined) return <Loading lines={8} />;
  const parts = pages.data.pages.flatMap(({ items }) => items);
  const more = pages.hasNextPage ? () => void pages.fetchNextPage() : undefined;
  return (
    <Found
      key={`${of.kind}:${of.id}`}
      of={of}
      parts={parts}
      view={view}
      without={without}
      onChange={choose}
      more={more}
      isReading={pages.isFetchingNextPage}
    />
  );
}

type FoundProps = {
  of: From;
  parts: readonly Graph[];
  view: string | undefined;
  without: string | undefined;
  onChange: (change: Record<string, string | undefined>) => void;
  more: (() => void) | undefined;
  isReading: boolean;
};

function Found({ of, parts, view, without, onChange, more, isReading }: FoundProps) {
  const taken = takenIn(without);
  const told = useWithout(of, taken);
  const differences = told.data?.differences;
  const there = useMemo(() => joined(parts), [parts]);
  const changes = useMemo(
    () => new Map(taken === undefined ? [] : differences?.map((one) => [one.edge.id, one] as const)),
    [taken, differences],
  );
  const nodes = useMemo(
    () => new Map([...(told.data?.nodes.map((node) => [node.key, node] as const) ?? []), ...there.nodes]),
    [told.data, there],
  );
  const ways = useMemo(() => {
    const known = there.edges.filter(({ kind }) => kind === 'reaches');
    const fresh = [...changes.values()].flatMap((one) =>
      one.is === 'new' && !known.some(({ id }) => id === one.edge.id) ? [one.edge] : [],
    );
    return [...known, ...fresh];
  }, [there, changes]);
  const cut = parts.find((part) => part.truncated && part.next === null);
  return (
    <>
      {ways.length === 0 ? null : <Breaks of={of} nodes={there.nodes} taken={taken} onTake={(text) => onChange({ without: text })} />}
      {cut?.narrow === null || cut === undefined ? null : (
        <div className="mb-4">
          <Notice tone="care">{cut.narrow}</Notice>
        </div>
      )}
      {ways.length === 0 ? (
        <Empty command={`writ graph ${of.kind} ${of.id}`}>
          {more === undefined
            ? 'No way leads here or from here. Grants, policies and credentials make ways.'
            : 'Nobody so far. There are others to look at.'}
        </Empty>
      ) : (
        <Ways ways={ways} nodes={nodes} changes={changes} view={view} onView={(next) => onChange({ view: next })} />
      )}
      <p className="mt-2 flex items-center gap-3 text-[0.9rem] text-soft" role="status">
        {ways.length === 1 ? 'One way' : `${ways.length} ways`}
        {more === undefined ? null : (
          <Button disabled={isReading} onClick={more}>
            {isReading ? 'Reading …' : 'More'}
          </Button>
        )}
      </p>
    </>
  );
}

type WaysProps = {
  ways: readonly GraphEdge[];
  nodes: Nodes;
  changes: ReadonlyMap<string, Difference>;
  view: string | undefined;
  onView: (view: string | undefined) => void;
};

function Ways({ ways, nodes, changes, view, onView }: WaysProps) {
  const isWide = useWide();
  const scene = useMemo(() => sceneOf(ways, nodes), [ways, nodes]);
  const marks: Marks = useMemo(() => new Map([...changes].map(([id, { is }]) => [id, MARKS[is]] as const)), [changes]);
  const [chosen, setChosen] = useState<string>();
  const isTooMuch = scene.boxes.length > MOST_BOXES || scene.height > MOST_IN_COLUMN * (BOX.height + 18);
  const isDrawn = isWide && !isTooMuch && view !== 'list';
  const lit = isDrawn && chosen !== undefined ? scene.boxes.find(({ key }) => key === chosen) : undefined;
  return (
    <>
      {isWide ? (
        <div className="mb-3 flex flex-wrap items-center gap-2" role="group" aria-label="How it is shown">
          <Button aria-pressed={isDrawn} look={isDrawn ? 'primary' : 'plain'} disabled={isTooMuch} onClick={() => onView(undefined)}>
            Drawing
          </Button>
          <Button aria-pressed={!isDrawn} look={isDrawn ? 'plain' : 'primary'} onClick={() => onView('list')}>
            List
          </Button>
          {isTooMuch ? <span className="text-[0.9rem] text-soft">{scene.boxes.length} boxes are too many to draw.</span> : null}
        </div>
      ) : null}
      {isDrawn ? (
        <>
          <Drawing scene={scene} marks={marks} chosen={chosen} onChoose={setChosen} />
          <div aria-live="polite" className="sticky bottom-0 mt-3 max-h-[45vh] overflow-y-auto bg-paper pb-2">
            {lit === undefined ? (
              <p className="text-[0.9rem] text-soft">Choose a box to read why.</p>
            ) : (
              <ul className="rounded-lg border border-line bg-sheet">
                {ways
                  .filter(({ id }) => lit.ways.includes(id))
                  .map((way) => (
                    <WayView key={way.id} of={way} nodes={nodes} change={changes.get(way.id)} />
                  ))}
              </ul>
            )}
          </div>
        </>
      ) : (
        <WayList ways={ways} nodes={nodes} changes={changes} />
      )}
    </>
  );
}
