import type { Tone } from '../../ui/tone.ts';
import { toneOf, wordOf } from '../agents/advice-kinds.ts';

/** One thing that somebody should look at, and where. */
export type Matter = { id: string; tone: Tone; word: string; sentence: string; to: string; search?: Record<string, string> };

type Some = { items: readonly unknown[]; next: string | null } | undefined;

/** What the dashboard read; what could not be read, or not yet, is undefined. */
export type Known = {
  hub?: { stop: { reason: string } | null } | undefined;
  unfreezes?: Some;
  sinks?: { items: readonly { id: string; deadLetters: number; health: { status: string; sentence: string | null } }[] } | undefined;
  credentials?: Some;
  approvals?: Some;
  shadow?: { items: readonly { rule: string; wouldChange: number }[] } | undefined;
  advice?: { items: readonly { id: string; kind: string; sentence: string; agent: string | null }[]; next: string | null } | undefined;
  knocks?: Some;
};

/** Pieces of advice that are said here; the rest is a page away. */
const MOST = 6;

function count(of: Some, one: string, many: string): string | undefined {
  const n = of?.items.length ?? 0;
  if (n === 0) return undefined;
  return `${n}${of?.next === null ? '' : '+'} ${n === 1 && of?.next === null ? one : many}`;
}

function sinksOf({ sinks }: Known): readonly Matter[] {
  return (sinks?.items ?? []).flatMap(({ id, deadLetters, health }): readonly Matter[] => {
    const to = `/sinks/${encodeURIComponent(id)}`;
    const failing = health.status === 'failing' ? `${id} fails: ${health.sentence ?? 'no reason known'}` : undefined;
    const dead = deadLetters > 0 ? `${id} refused ${deadLetters} ${deadLetters === 1 ? 'entry' : 'entries'} for good` : undefined;
    return [failing, dead].flatMap((sentence) =>
      sentence === undefined ? [] : [{ id: sentence, tone: 'high' as const, word: 'sink', sentence, to, search: { tab: 'delivery' } }],
    );
  });
}

function adviceOf({ advice }: Known): readonly Matter[] {
  const all = advice?.items ?? [];
  const said = all.slice(0, MOST).map(({ id, kind, sentence, agent }): Matter => {
    const place: Pick<Matter, 'to' | 'search'> =
      agent === null ? { to: '/advice', search: { kind } } : { to: `/agents/${encodeURIComponent(agent)}`, search: { tab: 'advice' } };
    return { id, tone: toneOf(kind), word: wordOf(kind), sentence, ...place };
  });
  const isMore = all.length > MOST || (advice?.next ?? null) !== null;
  return isMore ? [...said, { id: 'advice', tone: 'calm', word: 'advice', sentence: 'and more of this kind', to: '/advice' }] : said;
}

/** What somebody should look at, the most pressing first. */
export function mattersOf(known: Known): readonly Matter[] {
  const stop = known.hub?.stop ?? null;
  const lines: readonly (Matter | undefined)[] = [
    stop === null
      ? undefined
      : { id: 'hub', tone: 'high', word: 'stopped', sentence: `Every agent is stopped: ${stop.reason}`, to: '/stopped' },
    line(
      'unfreezes',
      'violet',
      'two people',
      count(known.unfreezes, 'request waits for a second person', 'requests wait for a second person'),
      '/stopped',
    ),
    ...sinksOf(known),
    line(
      'credentials',
      'high',
      'vault',
      count(known.credentials, 'credential has to be connected anew', 'credentials have to be connected anew'),
      '/credentials',
      {
        state: 'failed',
      },
    ),
    line(
      'approvals',
      'violet',
      'approval',
      count(known.approvals, 'decision waits for somebody', 'decisions wait for somebody'),
      '/approvals',
      {
        state: 'pending',
      },
    ),
    ...adviceOf(known),
    ...(known.shadow?.items ?? []).flatMap(({ rule, wouldChange }): readonly Matter[] =>
      wouldChange === 0
        ? []
        : [
            {
              id: `shadow ${rule}`,
              tone: 'violet',
              word: 'shadow',
              sentence: `${rule} would have changed ${wouldChange} ${wouldChange === 1 ? 'decision' : 'decisions'}`,
              to: `/policies/${encodeURIComponent(rule)}`,
            },
          ],
    ),
    line(
      'knocks',
      'elevated',
      'unknown',
      count(known.knocks, 'client came that is not registered', 'clients came that are not registered'),
      '/knocks',
    ),
  ];
  return lines.flatMap((one) => one ?? []);
}

function line(
  id: string,
  tone: Tone,
  word: string,
  sentence: string | undefined,
  to: string,
  search?: Record<string, string>,
): Matter | undefined {
  return sentence === undefined ? undefined : { id, tone, word, sentence, to, ...(search === undefined ? {} : { search }) };
}
