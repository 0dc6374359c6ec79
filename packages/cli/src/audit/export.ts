import type { End } from './check.ts';
import { listAt, numberAt, textAt } from '../json.ts';
import type { AdminApi } from '../hub/api.ts';

type Query = Readonly<Record<string, string | undefined>>;

const PAGE = 200;

/**
 * Every entry that matches, oldest first, as lines of an export; the last line says how far each chain reached, so that a file that was
 * cut says so itself (`checkExport`).
 */
export async function* exportLines(api: AdminApi, query: Query): AsyncGenerator<unknown> {
  const chains: Record<string, { from: number; seq: number; hash: string }> = {};
  let events = 0;
  // Every page that is read is an entry itself: without an end set beforehand the export would run after its own tail.
  const until = new Date().toISOString();
  let cursor: string | undefined;
  do {
    const page = await api.get('events', { ...query, until, order: 'oldest', limit: PAGE, cursor });
    for (const event of listAt(page, 'items')) {
      reach(chains, event);
      events += 1;
      yield event;
    }
    cursor = textAt(page, 'next');
  } while (cursor !== undefined);
  yield { end: { events, chains } } satisfies End;
}

function reach(chains: Record<string, { from: number; seq: number; hash: string }>, event: unknown): void {
  const [chain, seq, hash] = [textAt(event, 'tenant') ?? '', numberAt(event, 'seq') ?? 0, textAt(event, 'hash') ?? ''];
  const known = chains[chain];
  if (known === undefined) chains[chain] = { from: seq, seq, hash };
  else if (seq > known.seq) chains[chain] = { ...known, seq, hash };
  else known.from = Math.min(known.from, seq);
}
