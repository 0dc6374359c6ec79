import { Link } from '@tanstack/react-router';
import { isRefusal } from '../../api/refused.ts';
import { useRead, type Value } from '../../api/use-read.ts';
import { Badge } from '../../ui/badge.tsx';
import { Failure } from '../../ui/notice.tsx';
import { since, Time } from '../../ui/time.tsx';
import { Card } from '../../kit/page.tsx';
import { behindWords } from './behind.ts';

type State = Value<'getSettingsAnchor'>;

function SettingLink({ children }: { children: string }) {
  return (
    <Link to="/settings" hash="anchor" className="text-accent underline decoration-line underline-offset-2">
      {children}
    </Link>
  );
}

function None() {
  return (
    <p>
      <Badge>none</Badge> Signed checkpoints of the record stay in this hub. An anchor keeps a copy where nobody who holds the hub and its
      database can change it: then even a record that was written anew is found out. <SettingLink>Set one</SettingLink>
    </p>
  );
}

function There({ anchor, health }: { anchor: NonNullable<State['anchor']>; health: State['health'] }) {
  const isFailing = health?.status === 'failing';
  return (
    <>
      <p className="[overflow-wrap:anywhere]">
        <Badge tone={isFailing ? 'high' : 'low'}>{isFailing ? 'failing' : 'healthy'}</Badge> Signed checkpoints go to{' '}
        <code className="text-[0.9rem]">{anchor.url}</code> {anchor.kind === 's3' ? '(a bucket)' : '(by HTTP)'}. Last anchored{' '}
        <Time at={health?.anchoredAt} />; {behindWords(health, Date.now())}. <SettingLink>Setting</SettingLink>
      </p>
      {isFailing ? (
        <p role="status" className="mt-1 text-high [overflow-wrap:anywhere]">
          {health.sentence ?? 'It fails.'} {health.failures.toLocaleString('en')} {health.failures === 1 ? 'try' : 'tries'} failed
          {health.since === null ? '' : ` since ${since(health.since, Date.now())}`}
          {health.retryAt === null ? '' : `; the next is ${since(health.retryAt, Date.now())}`}. What waits is kept.
        </p>
      ) : null}
    </>
  );
}

/** Whether the record is anchored outside, where, and how far behind that is. */
export function AnchorCard() {
  const found = useRead('getSettingsAnchor');
  // Whoever may not read it reads the record all the same.
  if (isRefusal(found.error) && found.error.problem.status === 403) return null;
  return (
    <section aria-labelledby="anchor" className="mb-4">
      <Card className="min-h-[4.5rem] text-[0.93rem]">
        <h2 id="anchor" className="mb-1 font-semibold">
          Kept outside
        </h2>
        {found.error !== null ? (
          <Failure error={found.error} retry={() => void found.refetch()} />
        ) : found.data === undefined ? null : found.data.anchor === null ? (
          <None />
        ) : (
          <There anchor={found.data.anchor} health={found.data.health} />
        )}
      </Card>
    </section>
  );
}
