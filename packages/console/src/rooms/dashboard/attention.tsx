import { Link } from '@tanstack/react-router';
import { useRead } from '../../api/use-read.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Loading } from '../../ui/notice.tsx';

type Matter = { id: string; tone: Tone; word: string; sentence: string; to: string; search?: Record<string, string> };

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** What somebody should look at, the most pressing first. */
function useMatters(): readonly Matter[] | undefined {
  const failed = useRead('getCredentials', { query: { state: 'failed', limit: 200 } });
  const unverified = useRead('getClients', { query: { status: 'unverified', limit: 200 } });
  const sinks = useRead('getSinks', { query: { limit: 200 } });
  const pending = useRead('getApprovals', { query: { state: 'pending', limit: 200 } });
  const shadow = useRead('getPoliciesShadow', {});
  if ([failed, unverified, sinks, pending, shadow].every(({ isPending }) => isPending)) return undefined;
  const failing = sinks.data?.items.filter(({ health }) => health.status === 'failing') ?? [];
  const dead = sinks.data?.items.filter(({ deadLetters }) => deadLetters > 0) ?? [];
  const differing = shadow.data?.items.filter(({ wouldChange }) => wouldChange > 0) ?? [];
  const matters: Matter[] = [];
  for (const { id, health } of failing)
    matters.push({
      id: `failing ${id}`,
      tone: 'high',
      word: 'sink',
      sentence: `${id} fails: ${health.sentence ?? 'no reason known'}`,
      to: `/sinks/${encodeURIComponent(id)}`,
    });
  for (const { id, deadLetters } of dead)
    matters.push({
      id: `dead ${id}`,
      tone: 'high',
      word: 'sink',
      sentence: `${id} refused ${plural(deadLetters, 'entry', 'entries')} for good`,
      to: `/sinks/${encodeURIComponent(id)}`,
    });
  const lost = failed.data?.items.length ?? 0;
  if (lost > 0)
    matters.push({
      id: 'failed',
      tone: 'high',
      word: 'vault',
      sentence: `${plural(lost, 'credential has', 'credentials have')} to be connected anew`,
      to: '/credentials',
      search: { state: 'failed' },
    });
  const waiting = pending.data?.items.length ?? 0;
  if (waiting > 0)
    matters.push({
      id: 'pending',
      tone: 'violet',
      word: 'approval',
      sentence: `${plural(waiting, 'decision waits', 'decisions wait')} for somebody`,
      to: '/approvals',
      search: { state: 'pending' },
    });
  for (const { rule, wouldChange } of differing)
    matters.push({
      id: `shadow ${rule}`,
      tone: 'violet',
      word: 'shadow',
      sentence: `${rule} would have changed ${plural(wouldChange, 'decision', 'decisions')}`,
      to: `/policies/${encodeURIComponent(rule)}`,
    });
  const unknown = unverified.data?.items.length ?? 0;
  if (unknown > 0)
    matters.push({
      id: 'unverified',
      tone: 'elevated',
      word: 'client',
      sentence: `${plural(unknown, 'client', 'clients')} nobody vouches for`,
      to: '/clients',
      search: { status: 'unverified' },
    });
  return matters;
}

export function Attention() {
  const matters = useMatters();
  if (matters === undefined) return <Loading lines={2} />;
  if (matters.length === 0) return <p className="text-soft">Nothing.</p>;
  return (
    <ul className="grid gap-2">
      {matters.map(({ id, tone, word, sentence, to, search }) => (
        <li key={id} className="flex flex-wrap items-baseline gap-2">
          <Badge tone={tone}>{word}</Badge>
          <Link
            to={to}
            search={search ?? {}}
            className="min-w-0 text-ink underline decoration-line underline-offset-2 [overflow-wrap:anywhere]"
          >
            {sentence}
          </Link>
        </li>
      ))}
    </ul>
  );
}
