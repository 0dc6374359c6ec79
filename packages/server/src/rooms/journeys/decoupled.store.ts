import type { Tx } from '../../base/db.ts';
import { denyPending } from '../approvals/pending.store.ts';
import type { Done } from '../audit/deed.store.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { End } from './deps.store.ts';
import type { DecoupledRequest, JourneyRequest } from './journey.ts';

/** Nobody waits in this browser: the person reads that it is done and goes back to where they came from. */
export function leaveDecoupled({ grant }: DecoupledRequest, how: 'allowed' | 'refused' | 'left'): End {
  if (how === 'left') return { kind: 'left', location: grant === 'device_code' ? '/device' : '/account' };
  return { kind: 'left', location: grant === 'device_code' ? `/device?done=${how}` : `/account/answered?how=${how}` };
}

/** Who may say no for good: a person who signed in, and where the client asked for one person, that one. Anybody else merely goes away. */
export function mayTurnDown(request: DecoupledRequest, userId: string | undefined): boolean {
  return userId !== undefined && (request.userId === undefined || request.userId === userId);
}

/** The no to the request that waits elsewhere, if there is one and this person may say it. */
export async function turnDown(
  tx: Tx,
  request: JourneyRequest,
  { userId, reason, origin, now }: { userId: string | undefined; reason: string; origin: EventOrigin; now: number },
): Promise<Done> {
  if (request.kind !== 'decoupled' || !mayTurnDown(request, userId)) return { entries: [], changed: [] };
  return denyPending(tx, { id: request.pendingId, reason, by: { user: userId, origin }, now });
}
