import type { Tx } from '../../base/db.ts';
import type { EventDraft, EventOrigin } from '../../rooms/audit/event.ts';
import { sendSignal, signalSent } from '../../rooms/signals/store.ts';
import { revokeFamilies } from '../../rooms/tokens/family.store.ts';
import type { LiveToken } from '../../rooms/tokens/family.ts';
import { revokeJti } from '../../rooms/tokens/revoked.store.ts';

export type TakeBack = {
  familyId?: string | undefined;
  /** Access tokens besides those of the family. */
  tokens?: readonly LiveToken[];
  reason: string;
  tenantId: string | undefined;
  clientId: string;
  origin: EventOrigin;
  now: number;
};

/**
 * Ends a refresh family and takes back every access token that may still be alive: introspection refuses them from the commit on, resource
 * servers hear of each by a signal. Returns the entries of the signals; whoever calls writes the one that says why.
 */
export async function takeBack(tx: Tx, of: TakeBack): Promise<{ entries: EventDraft[]; changed: { kind: string; key: string }[] }> {
  const { reason, tenantId, now } = of;
  const ended = of.familyId === undefined ? [] : await revokeFamilies(tx, { id: of.familyId }, reason, now);
  const live = new Map([...(of.tokens ?? []), ...ended.flatMap((family) => family.live)].map((token) => [token.jti, token.expiresAt]));
  const entries: EventDraft[] = [];
  for (const [jti, expiresAt] of live) {
    if (expiresAt <= now) continue;
    await revokeJti(tx, { jti, expiresAt, reason });
    const signal = await sendSignal(tx, { kind: 'token', subject: jti, state: 'revoked', reason, tenantId, now });
    entries.push(signalSent(signal, of.origin, { client: of.clientId }));
  }
  return { entries, changed: entries.length === 0 ? [] : [{ kind: 'signal', key: of.familyId ?? of.clientId }] };
}
