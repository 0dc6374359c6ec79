import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { rows, type Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { hubAuthor, type Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { isOver, type Grant } from '../consent/grant.ts';
import { lockGrant, setEnd } from '../consent/narrow.store.ts';
import { endOverdue, grantExpired, OVER, type Overdue } from '../consent/expire.store.ts';
import { revokeFamilies } from '../tokens/family.store.ts';
import { liveTokensOf } from '../tokens/live.store.ts';
import { takeTokens } from './taken.store.ts';

/** `ended`: it is over or was revoked. `past`: the end would lie behind. `later`: the end of what a person allowed is brought nearer, never put off. */
export type EndFault = 'unknown' | 'ended' | 'past' | 'later' | 'under';

/** `only`: the person whose grant it must be. Null: without end. */
export type GrantEnd = (of: {
  id: string;
  expiresAt: number | null;
  reason: string;
  by: Author;
  only?: string | undefined;
}) => Promise<Result<{ grant: Grant; moved: boolean }, EndFault>>;

/**
 * Says until when a grant is good. Tokens that are out and would outlive the new end are taken back; a grant that follows from a tenant's has the end of that
 * one, and may have a nearer one.
 */
export function createGrantEnd({ audit, clock }: { audit: Audit; clock: Clock }): GrantEnd {
  return async ({ id, expiresAt, reason, by, only }) => {
    const now = clock.now();
    const done = await commitDeed<Done & { grant: Grant; moved: boolean }, EndFault>(audit, async (tx) => {
      const grant = await lockGrant(tx, id);
      if (grant === undefined || (only !== undefined && grant.userId !== only)) return fail('unknown');
      const fault = endFault(grant, { expiresAt, now });
      if (fault !== undefined) return fail(fault);
      if ((grant.expiresAt ?? null) === expiresAt) return ok({ grant, moved: false, entries: [], changed: [] });
      const entries = [boundedEntry(grant, expiresAt, reason, by), ...(await moveEnd(tx, grant, expiresAt, { reason, now, by }))];
      if (grant.userId === undefined) entries.push(...(await moveUnder(tx, grant, expiresAt, { reason, now, by })));
      const after: Grant = { ...grant, version: grant.version + 1, updatedAt: now };
      if (expiresAt === null) delete after.expiresAt;
      else after.expiresAt = expiresAt;
      return ok({
        grant: after,
        moved: true,
        entries,
        changed: [
          { kind: 'grant', key: id },
          { kind: 'signal', key: id },
        ],
      });
    });
    return done.ok ? ok({ grant: done.value.grant, moved: done.value.moved }) : done;
  };
}

function endFault(grant: Grant, { expiresAt, now }: { expiresAt: number | null; now: number }): EndFault | undefined {
  if (grant.state === 'revoked' || isOver(grant, now)) return 'ended';
  if (expiresAt !== null && expiresAt <= now) return 'past';
  const isLater = grant.expiresAt !== undefined && (expiresAt === null || expiresAt > grant.expiresAt);
  if (isLater && grant.under !== undefined) return 'under';
  // A person said for how long. Nobody else's word makes it longer: their next yes does.
  return isLater && grant.userId !== undefined ? 'later' : undefined;
}

type Why = { reason: string; now: number; by: Author };

async function moveEnd(tx: Tx, grant: Grant, expiresAt: number | null, { reason, now, by }: Why): Promise<EventDraft[]> {
  await setEnd(tx, grant.id, expiresAt, now);
  if (expiresAt === null) return [];
  const outliving = (await liveTokensOf(tx, grant.id, now)).filter((token) => token.expiresAt > expiresAt);
  return takeTokens(tx, outliving, { reason, tenantId: grant.tenantId, now, by });
}

/** Nobody who went through on the strength of a tenant's grant goes on longer than it. */
async function moveUnder(tx: Tx, grant: Grant, expiresAt: number | null, why: Why): Promise<EventDraft[]> {
  if (expiresAt === null) return [];
  const below = await rows(
    tx,
    sql<{ id: string }>`SELECT id FROM grants WHERE under = ${grant.id} AND state <> 'revoked'
      AND (expires_at IS NULL OR expires_at > ${new Date(expiresAt)}) ORDER BY id FOR UPDATE`,
  );
  const entries: EventDraft[] = [];
  for (const { id } of below) entries.push(...(await moveEnd(tx, { ...grant, id }, expiresAt, why)));
  return entries;
}

function boundedEntry(grant: Grant, expiresAt: number | null, reason: string, by: Author): EventDraft {
  return {
    tenant: grant.tenantId,
    type: 'grant.bounded',
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'grant', id: grant.id },
    outcome: 'success',
    reason,
    origin: by.origin,
    data: {
      client: grant.clientId,
      agent: grant.agentId,
      user: grant.userId ?? null,
      resource: grant.resourceId,
      from: grant.expiresAt ?? null,
      to: expiresAt,
    },
  };
}

const BATCH = 200;

/**
 * Ends what is over: the state, its refresh families and one entry for each grant, in one commit. Nothing waits for this to be refused (the time is part of
 * every gate); it is what makes the next yes a new grant, and what tells the record. Of several nodes that look, each grant is one's. Answers how many.
 */
export async function expireGrants({ audit, clock }: { audit: Audit; clock: Clock }): Promise<number> {
  for (let total = 0; ;) {
    const now = clock.now();
    const done = await commitDeed(audit, async (tx) => {
      const over = await endOverdue(tx, { now, limit: BATCH });
      for (const { id } of over) await revokeFamilies(tx, { grantId: id }, OVER, now);
      return ok({ over, entries: over.map((one) => grantExpired(one, hubAuthor('expire-grants'))), changed: changesOf(over) });
    });
    const count = done.ok ? done.value.over.length : 0;
    total += count;
    if (count < BATCH) return total;
  }
}

function changesOf(over: readonly Overdue[]): { kind: string; key: string }[] {
  return over.map(({ id }) => ({ kind: 'grant', key: id }));
}
