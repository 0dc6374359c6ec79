import { ask, read, readList } from '../../api/client.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import { Delivery, type Sink } from './delivery.tsx';
import { filterWords, maskWords } from './filter.ts';
import { sinkVerbs } from './deeds.ts';
import { lagOf } from './lag.ts';

export const sinks: Spec<Sink> = {
  room: 'sinks',
  title: 'Sinks',
  one: 'sink',
  lead: 'Where the record is streamed to: at least once, in order, with nothing left out while a sink is away.',
  list: (query) => readList('getSinks', query),
  columns: [
    { title: 'Sink', cell: ({ id, name }) => <ObjectLink room="sinks" id={id} name={name} /> },
    {
      title: 'Type',
      cell: ({ type, format }) => (
        <>
          <Badge>{type}</Badge> <span className="text-soft">{format}</span>
        </>
      ),
    },
    {
      title: 'Health',
      cell: ({ health, state }) => (
        <>
          <Word of={state === 'paused' ? 'paused' : health.status} />
          {health.sentence === null ? null : <p className="text-[0.86rem] text-high">{health.sentence}</p>}
        </>
      ),
    },
    {
      title: 'Waiting',
      end: true,
      cell: (sink) => (
        <>
          {sink.pending.toLocaleString('en')}
          {sink.pending === 0 ? null : <span className="block text-[0.86rem] text-soft">behind {lagOf(sink, Date.now()) ?? '0 s'}</span>}
        </>
      ),
    },
    { title: 'Dead', from: 'sm', end: true, cell: ({ deadLetters }) => deadLetters.toLocaleString('en') },
    { title: 'Delivered', from: 'md', end: true, cell: ({ delivered }) => delivered.toLocaleString('en') },
    { title: 'Last', from: 'md', cell: ({ deliveredAt }) => <Time at={deliveredAt} /> },
  ],
  empty: 'The record stays here. A sink brings it to your SIEM.',
  command: 'writ apply hub.yaml',
  idOf: ({ id }) => id,
  nameOf: ({ id, name }) => name ?? id,
  find: (id) => read('getSinksById', { path: { id } }),
  marks: ({ type, state, health }) => (
    <>
      <Badge>{type}</Badge> <Word of={state === 'paused' ? 'paused' : health.status} /> {health.sentence}
    </>
  ),
  collection: 'sinks',
  put: (id, body) => ask('putSinksById', { path: { id }, body: { type: 'webhook', ...body } }),
  remove: (id) => ask('deleteSinksById', { path: { id } }),
  removing: 'Nothing is delivered there any more, and what waits for it is given up.',
  deeds: [
    { verb: 'Pause', fits: (sink) => sinkVerbs(sink).includes('Pause'), run: (id) => ask('postSinksByIdPause', { path: { id } }) },
    { verb: 'Try now', fits: (sink) => sinkVerbs(sink).includes('Try now'), run: (id) => ask('postSinksByIdResume', { path: { id } }) },
    { verb: 'Resume', fits: (sink) => sinkVerbs(sink).includes('Resume'), run: (id) => ask('postSinksByIdResume', { path: { id } }) },
  ],
  parts: [{ id: 'delivery', title: 'Delivery', body: (sink) => <Delivery of={sink} /> }],
  elsewhere: ['health', 'delivered', 'deliveredAt', 'deadLetters', 'pending', 'oldestPendingAt', 'hasSecret'],
  says: {
    filter: ({ filter }) => filterWords(filter),
    mask: ({ mask }) => maskWords(mask),
  },
  activity: ({ id }) => ({ target: { type: 'sink', id } }),
  cli: ({ id }) => `writ sink ls\nwrit sink test ${id}`,
};
