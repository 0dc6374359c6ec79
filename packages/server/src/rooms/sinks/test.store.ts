import { newId } from '../../base/ids.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Db } from '../../base/db.ts';
import { testItem, type DeliverDeps } from './deliver.store.ts';
import { findSink, openSinkSecret } from './store.ts';

/** Sends one test event past everything that waits. Undefined: no such sink. The sentence may be shown. */
export type SinkTester = (id: string, request: string) => Promise<{ ok: boolean; event: string; sentence: string } | undefined>;

export function createSinkTester(
  deps: { db: Db; box: SecretBox } & Pick<DeliverDeps, 'clock' | 'senders' | 'maskHash' | 'version'>,
): SinkTester {
  return async (id, request) => {
    const sink = await findSink(deps.db, id);
    if (sink === undefined) return undefined;
    const event = newId('evt', deps.clock.now());
    const { fault } = await deps.senders[sink.type](sink, await openSinkSecret(deps.db, deps.box, id), [
      testItem(deps, sink, { id: event, request }),
    ]);
    return { ok: fault === undefined, event, sentence: fault?.sentence ?? 'It took the test event.' };
  };
}
