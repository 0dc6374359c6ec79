import type { Clock } from '../../base/clock.ts';
import type { Tx } from '../../base/db.ts';
import type { Author } from '../audit/author.ts';
import type { Done } from '../audit/deed.store.ts';
import type { EventDraft, EventType } from '../audit/event.ts';
import { CHANGED } from '../clients/drift.ts';
import { letGoOn } from '../clients/drift.store.ts';
import { setClientState } from '../clients/store.ts';
import { findStop, forgetStop, noteStop } from './stops.store.ts';
import { sendSignal, signalSent } from './store.ts';
import { withdrawUnfreezes } from './unfreeze.store.ts';

export type DriftStop = {
  stop(tx: Tx, id: string, by: Author): Promise<Done>;
  restart(tx: Tx, id: string, by: Author): Promise<Done>;
};

/**
 * Stops a client that drifted and lets it go on when that was accepted, each with the signal to resource servers in the same commit. `takesTwo`: letting go
 * of a client takes a second person, or did when it was stopped; then accepting a change lets nobody go, and it is unfrozen like any other.
 */
export function createDriftStop(clock: Clock, takesTwo: () => boolean): DriftStop {
  const tell = async (tx: Tx, id: string, state: 'frozen' | 'restored', reason: string, by: Author): Promise<Done> => {
    const signal = await sendSignal(tx, { kind: 'client', subject: id, state, reason, now: clock.now() });
    const entry = entryOf(id, state === 'frozen' ? 'client.frozen' : 'client.unfrozen', reason, by);
    return {
      entries: [entry, signalSent(signal, by.origin, by.actor)],
      changed: [
        { kind: 'client', key: id },
        { kind: 'signal', key: id },
      ],
    };
  };
  return {
    async stop(tx, id, by) {
      const moved = await setClientState(tx, id, 'frozen', CHANGED);
      // It is the hub that stops it: whoever changed the document did not want that.
      const stop = { kind: 'client', id, state: 'frozen', reason: CHANGED, by: {}, since: clock.now(), secondPerson: takesTwo() } as const;
      if (moved) await noteStop(tx, stop);
      return moved ? tell(tx, id, 'frozen', CHANGED, by) : { entries: [], changed: [] };
    },
    async restart(tx, id, by) {
      const needsTwo = takesTwo() || (await findStop(tx, 'client', id))?.secondPerson === true;
      if (needsTwo || !(await letGoOn(tx, id))) return { entries: [], changed: [] };
      await forgetStop(tx, 'client', id);
      await withdrawUnfreezes(tx, { kind: 'client', id, now: clock.now() });
      return tell(tx, id, 'restored', 'the change was accepted', by);
    },
  };
}

function entryOf(id: string, type: EventType, reason: string, { initiator, actor, origin }: Author): EventDraft {
  return { type, initiator, actor, target: { type: 'client', id }, outcome: 'success', reason, origin };
}
