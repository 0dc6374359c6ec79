import { ask, read, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Badge } from '../../ui/badge.tsx';
import { Command } from '../../ui/code.tsx';
import { Time } from '../../ui/time.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import { lagOf } from '../sinks/lag.ts';
import { Delivery, Hearing } from './delivery.tsx';
import { Healthy } from './health.tsx';
import { Holds } from './holds.tsx';
import { DeadLetters } from './dead-letters.tsx';

type Stream = Value<'getStreamsById'>;
type Transmitter = Value<'getTransmittersById'>;

const held = ({ status }: Stream): string | undefined => (status === 'enabled' ? undefined : status);

const hears = ({ tenant }: Stream) => (tenant === null ? 'the whole hub' : <ObjectLink room="tenants" id={tenant} />);

export const streams: Spec<Stream> = {
  room: 'streams',
  title: 'Streams',
  one: 'stream',
  lead: 'Who else hears when something is stopped: receivers of shared signals (SSF, CAEP), which made these streams themselves.',
  list: (query) => readList('getStreams', query),
  columns: [
    {
      title: 'Stream',
      cell: ({ id, description }) => <ObjectLink room="streams" id={id} {...(description === null ? {} : { name: description })} />,
    },
    { title: 'Receiver', cell: ({ client }) => <ObjectLink room="clients" id={client} /> },
    {
      title: 'Hears of',
      from: 'sm',
      cell: hears,
    },
    { title: 'Health', cell: (stream) => <Healthy health={stream.health} instead={held(stream)} /> },
    {
      title: 'Waiting',
      end: true,
      cell: (stream) => (
        <>
          {stream.pending.toLocaleString('en')}
          {stream.pending === 0 ? null : (
            <span className="block text-[0.86rem] text-soft">behind {lagOf(stream, Date.now()) ?? '0 s'}</span>
          )}
        </>
      ),
    },
    { title: 'Delivered', from: 'md', end: true, cell: ({ delivered }) => delivered.toLocaleString('en') },
    { title: 'Last', from: 'md', cell: ({ deliveredAt }) => <Time at={deliveredAt} /> },
  ],
  empty: 'Nobody listens yet. A client with the scope ssf.manage makes a stream for itself.',
  command: 'writ stream ls',
  idOf: ({ id }) => id,
  nameOf: ({ id, description }) => description ?? id,
  find: (id) => read('getStreamsById', { path: { id } }),
  marks: (stream) => (
    <>
      <Badge>{stream.delivery}</Badge> <Healthy health={stream.health} instead={held(stream)} /> {stream.statusReason}
    </>
  ),
  remove: (id) => ask('deleteStreamsById', { path: { id } }),
  removing: 'Its receiver hears nothing any more, and what waits for it is given up.',
  deeds: [
    {
      verb: 'Pause',
      fits: ({ status }) => status === 'enabled',
      reason: true,
      breaks: 'Nothing is delivered until you resume it, and its receiver is told so. Nothing is lost.',
      run: (id, reason) => ask('postStreamsByIdPause', { path: { id }, body: reason === undefined ? {} : { reason } }),
    },
    { verb: 'Resume', fits: ({ status }) => status !== 'enabled', run: (id) => ask('postStreamsByIdResume', { path: { id }, body: {} }) },
    { verb: 'Verify', fits: ({ status }) => status === 'enabled', run: (id) => ask('postStreamsByIdVerify', { path: { id } }) },
  ],
  parts: [
    { id: 'address', title: 'Address', body: (stream) => <Address of={stream} /> },
    { id: 'delivery', title: 'Delivery', body: (stream) => <Delivery of={stream} /> },
    { id: 'refused', title: 'Refused', body: ({ id }) => <DeadLetters stream={id} /> },
  ],
  elsewhere: [
    'endpointUrl',
    'pollUrl',
    'askedAt',
    'health',
    'events',
    'delivered',
    'deliveredAt',
    'deadLetters',
    'pending',
    'oldestPendingAt',
    'hasAuthorization',
  ],
  says: { tenant: hears },
  activity: ({ id }) => ({ target: { type: 'stream', id } }),
  cli: ({ id }) => `writ stream show ${id}\nwrit stream verify ${id}`,
};

export const transmitters: Spec<Transmitter> = {
  room: 'transmitters',
  title: 'Transmitters',
  one: 'transmitter',
  lead: 'Whom the hub listens to: identity providers that say when an account is disabled or a session is over.',
  list: (query) => readList('getTransmitters', query),
  columns: [
    { title: 'Transmitter', cell: ({ id, name }) => <ObjectLink room="transmitters" id={id} {...(name === undefined ? {} : { name })} /> },
    { title: 'Address', from: 'sm', cell: ({ issuer }) => <code className="text-[0.9rem] [overflow-wrap:anywhere]">{issuer}</code> },
    { title: 'Speaks of', cell: ({ tenant }) => (tenant === undefined ? 'everybody' : <ObjectLink room="tenants" id={tenant} />) },
    { title: 'Health', cell: ({ health, state }) => <Healthy health={health} instead={state === 'off' ? 'off' : undefined} /> },
    { title: 'Heard', from: 'md', end: true, cell: ({ heard }) => heard.toLocaleString('en') },
    { title: 'Last', from: 'md', cell: ({ heardAt }) => <Time at={heardAt} /> },
  ],
  empty: 'The hub listens to nobody. With a transmitter it hears within seconds that a provider has disabled somebody.',
  command: 'writ apply hub.yaml',
  idOf: ({ id }) => id,
  nameOf: ({ id, name }) => name ?? id,
  find: (id) => read('getTransmittersById', { path: { id } }),
  marks: ({ delivery, state, health }) => (
    <>
      <Badge>{delivery}</Badge> <Healthy health={health} instead={state === 'off' ? 'off' : undefined} />
    </>
  ),
  collection: 'transmitters',
  put: (id, body) => ask('putTransmittersById', { path: { id }, body: { issuer: '', ...body } }),
  remove: (id) => ask('deleteTransmittersById', { path: { id } }),
  removing: 'Nothing of it is heeded any more. Whom it stopped stays stopped, until you let them go.',
  parts: [
    { id: 'hearing', title: 'Hearing', body: (transmitter) => <Hearing of={transmitter} /> },
    { id: 'address', title: 'Address', body: ({ receiveUrl, delivery }) => <Where url={receiveUrl} delivery={delivery} /> },
    { id: 'stopped', title: 'Stopped', body: ({ id }) => <Holds transmitter={id} /> },
  ],
  elsewhere: ['receiveUrl', 'health', 'heard', 'heardAt', 'hasSecret'],
  activity: ({ id }) => ({ target: { type: 'transmitter', id } }),
  cli: () => 'writ export',
};

/** Where its receiver hears: at an address of its own, or where it asks here. */
function Address({ of: { endpointUrl, pollUrl, askedAt } }: { of: Stream }) {
  if (pollUrl === null)
    return (
      <div className="grid gap-3">
        <p>The hub sends to its receiver at:</p>
        <Command text={endpointUrl ?? ''} />
      </div>
    );
  return (
    <div className="grid gap-3">
      <p>
        Its receiver asks here for what waits (RFC 8936), with a token of its own for the scope <code>ssf.read</code>:
      </p>
      <Command text={pollUrl} />
      <p>
        {askedAt === null ? (
          'Nobody has asked yet.'
        ) : (
          <>
            It last asked <Time at={askedAt} />.
          </>
        )}
      </p>
    </div>
  );
}

/** What is entered at the provider. */
function Where({ url, delivery }: { url: string; delivery: string }) {
  if (delivery === 'poll') return <p>The hub asks it; there is nothing to enter at the provider.</p>;
  return (
    <div className="grid gap-3">
      <p>Enter this at the provider as the endpoint that security events are pushed to, and as their audience:</p>
      <Command text={url} />
    </div>
  );
}
