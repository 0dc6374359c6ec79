import type { Tx } from '../../base/db.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';
import { revokeGrantsOf } from '../consent/store.ts';
import { moveGrantsUnder } from '../consent/tenant.store.ts';
import type { State } from '../tenants/tenant.ts';
import { revokeFamilies } from '../tokens/family.store.ts';
import { endStops, idsOf } from './end.store.ts';
import { sendSignal, signalSent } from './store.ts';

/**
 * What an administrator allowed for a whole tenant is moved, and with it the grant of everybody who went through on the strength of it: each has
 * tokens of its own out there, so each has a signal of its own.
 */
export async function moveUnder(tx: Tx, of: { id: string; to: State; reason: string; now: number }, by: Author): Promise<EventDraft[]> {
  const { id, to, reason, now } = of;
  const moved = to === 'revoked' ? await revokeGrantsOf(tx, { under: id }, reason) : await moveGrantsUnder(tx, id, to);
  if (to === 'revoked') await endStops(tx, { grants: idsOf(moved) }, now);
  const entries: EventDraft[] = [];
  for (const { id: grantId, tenantId } of moved) {
    if (to === 'revoked') await revokeFamilies(tx, { grantId }, 'grant revoked', now);
    const state = to === 'active' ? 'restored' : to;
    entries.push(signalSent(await sendSignal(tx, { kind: 'grant', subject: grantId, state, reason, tenantId, now }), by.origin, by.actor));
  }
  return entries;
}
