import { setTimeout as pause } from 'node:timers/promises';
import type { AdminApi } from '../hub/api.ts';
import { textAt } from '../json.ts';
import { codeOf } from '../refused.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Query = Readonly<Record<string, string | undefined>>;

const EVERY_MS = 1_000;
/** After a gap (the machine slept) at most this many are fetched at once; the rest follow in the next rounds. */
const AT_ONCE = 1_000;

/** The newest `count` entries, oldest first. */
export async function newest(api: AdminApi, query: Query, count: number): Promise<unknown[]> {
  return (await api.list('events', query, count)).items.toReversed();
}

/**
 * Shows entries as they are written until `signal` aborts. A hub that restarts meanwhile is waited for: entries are not lost, since every
 * round asks for what came after the last one seen.
 */
export async function follow(
  api: AdminApi,
  to: Terminal,
  query: Query,
  from: readonly unknown[],
  show: (event: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Set(from.map((event) => textAt(event, 'id')));
  let since = textAt(from.at(-1), 'time') ?? new Date().toISOString();
  let isAway = false;
  while (!signal.aborted) {
    await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
    const found = await newest(api, { ...query, since }, AT_ONCE).catch((error: unknown) => {
      if (codeOf(error) === undefined && !(error instanceof Error && error.name === 'Refused')) throw error;
      if (!isAway) to.note(`${error instanceof Error ? error.message : String(error)} Waiting …`);
      isAway = true;
      return undefined;
    });
    if (found === undefined) continue;
    isAway = false;
    // `since` includes its own moment: two entries may share it.
    for (const event of found.filter((one) => !seen.has(textAt(one, 'id')))) {
      seen.add(textAt(event, 'id'));
      show(event);
    }
    since = textAt(found.at(-1), 'time') ?? since;
  }
}
