import type { Tx } from '../../base/db.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';
import type { LiveToken } from '../tokens/family.ts';
import { revokeJti } from '../tokens/revoked.store.ts';
import { sendSignal, signalSent } from './store.ts';

/** Takes back access tokens one by one: introspection refuses them from the commit on, resource servers hear of each. Gives the entries of the signals. */
export async function takeTokens(
  tx: Tx,
  tokens: readonly LiveToken[],
  of: { reason: string; tenantId: string | undefined; now: number; by: Author },
): Promise<EventDraft[]> {
  const { reason, tenantId, now, by } = of;
  const entries: EventDraft[] = [];
  for (const { jti, expiresAt } of tokens) {
    await revokeJti(tx, { jti, expiresAt, reason });
    const signal = await sendSignal(tx, { kind: 'token', subject: jti, state: 'revoked', reason, tenantId, now });
    entries.push(signalSent(signal, by.origin, by.actor));
  }
  return entries;
}
