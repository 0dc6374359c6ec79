import { useRead, type Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Notice } from '../../ui/notice.tsx';
import { since, Time } from '../../ui/time.tsx';
import { Facts } from '../../kit/page.tsx';
import { lagOf } from '../sinks/lag.ts';
import { waitsSince } from './health.tsx';
import { wordOf } from './words.ts';

type Stream = Value<'getStreamsById'>;
type Transmitter = Value<'getTransmittersById'>;
type Failing = { status: string; sentence: string | null; since: number | null; failures: number; retryAt?: number | null };

/** What is wrong over there, since when, and when it is tried again. Nothing, where all is well. */
function Trouble({ of }: { of: Failing }) {
  if (of.status === 'healthy') return null;
  if (of.status === 'behind')
    return (
      <Notice tone="bad" role="status">
        {waitsSince(of)}
      </Notice>
    );
  return (
    <Notice tone="bad" role="status">
      {of.sentence ?? 'It fails.'} {of.failures.toLocaleString('en')} {of.failures === 1 ? 'try' : 'tries'} failed
      {of.since === null ? '' : ` since ${since(of.since, Date.now())}`}
      {of.retryAt === undefined || of.retryAt === null ? '' : `; the next is ${since(of.retryAt, Date.now())}`}.
    </Notice>
  );
}

/** How a stream does: read again while one looks. */
export function Delivery({ of }: { of: Stream }) {
  const fresh = useRead('getStreamsById', { path: { id: of.id } }, { every: 10_000 }).data ?? of;
  return (
    <div className="grid gap-3">
      <Trouble of={fresh.health} />
      {fresh.health.status === 'healthy' ? null : (
        <p className="text-soft">What waits is kept, and comes in its order when its receiver is back.</p>
      )}
      <Facts
        of={[
          ['State', <Word key="state" of={fresh.status === 'enabled' ? fresh.health.status : fresh.status} />],
          ['Delivered', fresh.delivered.toLocaleString('en')],
          ['Last delivery', <Time key="last" at={fresh.deliveredAt} />],
          ...(fresh.pollUrl === null ? [] : [['Last asked', <Time key="asked" at={fresh.askedAt} />] as const]),
          ['Waiting', fresh.pending.toLocaleString('en')],
          ['Behind by', lagOf(fresh, Date.now()) ?? 'nothing'],
          ['Refused', fresh.deadLetters.toLocaleString('en')],
          ['Asked for', fresh.events.map(wordOf).join(', ')],
          ['Authorization header', fresh.hasAuthorization ? 'kept' : 'none'],
        ]}
      />
    </div>
  );
}

/** How it goes with a transmitter. */
export function Hearing({ of }: { of: Transmitter }) {
  return (
    <div className="grid gap-3">
      <Trouble of={of.health} />
      <Facts
        of={[
          ['Events heeded', of.heard.toLocaleString('en')],
          ['Last', <Time key="last" at={of.heardAt} />],
          ['Secret', of.hasSecret ? 'kept' : 'none'],
        ]}
      />
    </div>
  );
}
