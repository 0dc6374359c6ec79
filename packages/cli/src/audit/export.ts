import { listAt, numberAt, textAt } from '../json.ts';
import type { AdminApi } from '../hub/api.ts';

type Query = Readonly<Record<string, string | undefined>>;

const PAGE = 200;

/**
 * Every entry that matches, oldest first, as lines of an export; the last line says how far each chain reached, so that a file that was
 * cut says so itself (`checkExport`).
 */
export async function* exportLines(api: AdminApi, query: Query): AsyncGenerator<unknown> {
  const chains: Record<string, { seq: number; hash: string }> = {};
  let events = 0;
  let cursor: string | undefined;
  do {
    const page = await api.get('events', { ...query, order: 'oldest', limit: PAGE, cursor });
    for (const event of listAt(page, 'items')) {
      chains[textAt(event, 'tenant') ?? ''] = { seq: numberAt(event, 'seq') ?? 0, hash: textAt(event, 'hash') ?? '' };
      events += 1;
      yield event;
    }
    cursor = textAt(page, 'next');
  } while (cursor !== undefined);
  yield { end: { events, chains } };
}
