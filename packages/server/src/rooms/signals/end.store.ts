import type { Clock } from '../../base/clock.ts';
import type { Tx } from '../../base/db.ts';
import { RETIRED, retireAgents } from '../agents/store.ts';
import type { Author } from '../audit/author.ts';
import type { Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import { revokeGrantsOf } from '../consent/store.ts';
import { unassignRemoved } from '../flows/assignment.store.ts';
import { revokeFamilies } from '../tokens/family.store.ts';
import { forgetEnded, type Ended } from './stops.store.ts';
import { sendSignal, signalSent } from './store.ts';
import { withdrawEnded } from './unfreeze.store.ts';

/**
 * What else ends when a client is removed, in the same transaction: its grants, its agents, its refresh families, and by signal the tokens that are out.
 * A removed row has no state left that could refuse them.
 */
export function endOfClient(clock: Clock): (tx: Tx, id: string, by: Author) => Promise<Done> {
  return async (tx, id, by) => {
    const now = clock.now();
    await endStops(tx, { grants: idsOf(await revokeGrantsOf(tx, { clientId: id }, 'client removed')) }, now);
    await retireAgents(tx, id, { reason: 'client removed', now });
    await endStops(tx, { agentsOf: id }, now);
    await revokeFamilies(tx, { clientId: id }, 'client removed', now);
    const signal = await sendSignal(tx, { kind: 'client', subject: id, state: 'revoked', reason: 'client removed', now });
    return {
      entries: [signalSent(signal, by.origin, by.actor)],
      changed: [{ kind: 'signal', key: id }, { kind: RETIRED, key: id }, ...(await unassignRemoved(tx, { kind: 'client', id }))],
    };
  };
}

/** What else ends when a resource is removed: every grant for it, with refresh families and live tokens. */
export function endOfResource(clock: Clock): (tx: Tx, id: string, by: Author) => Promise<Done> {
  return async (tx, id, by) => {
    const now = clock.now();
    const entries: EventDraft[] = [];
    const ended = await revokeGrantsOf(tx, { resourceId: id }, 'resource removed');
    await endStops(tx, { grants: idsOf(ended) }, now);
    for (const { id: grantId, tenantId } of ended) {
      await revokeFamilies(tx, { grantId }, 'resource removed', now);
      const signal = await sendSignal(tx, { kind: 'grant', subject: grantId, state: 'revoked', reason: 'resource removed', tenantId, now });
      entries.push(signalSent(signal, by.origin, by.actor));
    }
    const unassigned = await unassignRemoved(tx, { kind: 'resource', id });
    return { entries, changed: [...(ended.length === 0 ? [] : [{ kind: 'signal', key: id }]), ...unassigned] };
  };
}

/** Whatever was frozen of it is no longer listed, and nobody is asked about it any more; what takes two people waits for the next in its place. */
export async function endStops(tx: Tx, ended: Ended, now: number): Promise<void> {
  await withdrawEnded(tx, ended, now);
  await forgetEnded(tx, ended);
}

export function idsOf(ended: readonly { id: string }[]): string[] {
  return ended.map(({ id }) => id);
}
