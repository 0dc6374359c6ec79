import type { Clock } from '../../base/clock.ts';
import type { Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { Grant } from '../consent/grant.ts';
import { narrowed, restored, type NarrowFault, type UndoFault } from '../consent/narrow.ts';
import { lockGrant, lockNarrowing, lockWiderUnder, markUndone, noteNarrowing, setScopes } from '../consent/narrow.store.ts';
import { findGrant } from '../consent/store.ts';
import { liveTokensOf } from '../tokens/live.store.ts';
import { takeTokens } from './taken.store.ts';

/** `only`: the person whose grant it must be; another's is none. `narrowing` absent: nothing was to be taken. */
type Of = { id: string; by: Author; only?: string | undefined };

/** What came of it: the grant as it is now. `narrowing`: what an undo names. */
export type Narrowed = { grant: Grant; narrowing?: string; removed: readonly string[] };

export type GrantNarrowing = {
  /** Takes scopes from a grant: no token is issued with them from the commit on, and those that are out die by signal. */
  narrow(of: Of & { remove: readonly string[]; reason: string }): Promise<Result<Narrowed, NarrowFault>>;
  /** Gives back what the last narrowing took (or the named one), within thirty days and while nobody was asked anew. */
  undo(of: Of & { narrowing?: string | undefined }): Promise<Result<Grant, UndoFault>>;
};

export function createNarrowing({ audit, clock }: { audit: Audit; clock: Clock }): GrantNarrowing {
  return {
    async narrow({ id, by, only, remove, reason }) {
      const now = clock.now();
      const done = await commitDeed<Done & Narrowed, NarrowFault>(audit, async (tx) => {
        const grant = await mine(tx, id, only);
        if (grant === undefined) return fail('unknown');
        const left = narrowed(grant, remove, now);
        if (!left.ok) return left;
        if (left.value === undefined) return ok({ grant, removed: [], entries: [], changed: [] });
        const { removed } = left.value;
        const narrowing = await noteNarrowing(tx, { grant, removed, by, own: only !== undefined, reason, now });
        const first = await take(tx, grant, left.value.left, { reason, now, by });
        const below = grant.userId === undefined ? await narrowUnder(tx, grant, left.value.left, { reason, now, by }) : [];
        const after = (await findGrant(tx, id)) ?? grant;
        const entry = entryOf(after, by, 'grant.narrowed', reason, { removed, left: left.value.left, narrowing: narrowing.id });
        return ok({
          grant: after,
          removed,
          narrowing: narrowing.id,
          entries: [entry, ...first, ...below],
          changed: [
            { kind: 'grant', key: id },
            { kind: 'signal', key: id },
          ],
        });
      });
      return done.ok ? ok(toldOf(done.value)) : done;
    },
    async undo({ id, by, only, narrowing: named }) {
      const now = clock.now();
      const done = await commitDeed<Done & { grant: Grant }, UndoFault>(audit, async (tx) => {
        const grant = await mine(tx, id, only);
        const narrowing = grant === undefined ? undefined : await lockNarrowing(tx, id, named);
        if (grant === undefined || narrowing === undefined) return fail('unknown');
        const above = grant.under === undefined ? undefined : await findGrant(tx, grant.under);
        const back = restored(grant, narrowing, {
          within: grant.under === undefined ? undefined : (above?.scopes ?? []),
          own: only !== undefined,
          now,
        });
        if (!back.ok) return back;
        await setScopes(tx, id, back.value, now);
        await markUndone(tx, narrowing.id, now);
        const after = (await findGrant(tx, id)) ?? grant;
        const given = back.value.filter((name) => !grant.scopes.includes(name));
        const entry = entryOf(after, by, 'grant.restored', undefined, { given, narrowing: narrowing.id });
        return ok({ grant: after, entries: [entry], changed: [{ kind: 'grant', key: id }] });
      });
      return done.ok ? ok(done.value.grant) : done;
    },
  };
}

function toldOf({ grant, removed, narrowing }: Narrowed): Narrowed {
  return { grant, removed, ...(narrowing === undefined ? {} : { narrowing }) };
}

async function mine(tx: Tx, id: string, only: string | undefined): Promise<Grant | undefined> {
  const grant = await lockGrant(tx, id);
  return only === undefined || grant?.userId === only ? grant : undefined;
}

type Why = { reason: string; now: number; by: Author };

/** All tokens of the grant die, also those without the scope: which of them holds it is known to nobody but whoever holds it. They are had anew by a refresh. */
async function take(tx: Tx, grant: Grant, left: readonly string[], { reason, now, by }: Why): Promise<EventDraft[]> {
  await setScopes(tx, grant.id, left, now);
  return takeTokens(tx, await liveTokensOf(tx, grant.id, now), { reason, tenantId: grant.tenantId, now, by });
}

/** Who went through on the strength of a tenant's grant keeps no more than that (rooms/consent, I6). */
async function narrowUnder(tx: Tx, grant: Grant, left: readonly string[], why: Why): Promise<EventDraft[]> {
  const entries: EventDraft[] = [];
  for (const one of await lockWiderUnder(tx, grant.id, left)) {
    const kept = one.scopes.filter((name) => left.includes(name));
    const removed = one.scopes.filter((name) => !left.includes(name));
    entries.push(...(await take(tx, one, kept, why)));
    entries.push(entryOf({ ...one, scopes: kept }, why.by, 'grant.narrowed', `with ${grant.id}`, { removed, left: kept }));
  }
  return entries;
}

function entryOf(grant: Grant, by: Author, type: EventDraft['type'], reason: string | undefined, data: EventDraft['data']): EventDraft {
  return {
    tenant: grant.tenantId,
    type,
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'grant', id: grant.id },
    outcome: 'success',
    ...(reason === undefined ? {} : { reason }),
    origin: by.origin,
    data: { client: grant.clientId, agent: grant.agentId, user: grant.userId ?? null, resource: grant.resourceId, ...data },
  };
}
