import type { Clock } from '../../base/clock.ts';
import type { Database, Tx } from '../../base/db.ts';
import { fail, ok } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft, EventType } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { Containment, Stopping } from '../signals/contain.store.ts';
import { findStop } from '../signals/stops.store.ts';
import { sendSignal, signalSent } from '../signals/store.ts';
import { boundTenant } from '../users/bound.ts';
import { holdMembership, letGoMembership } from '../users/hold.store.ts';
import type { Sessions } from '../users/session.store.ts';
import { dropHold, grantsIn, holdsOf, isFrozenBy, noteHold, saidAgain } from './heard.store.ts';
import type { Deed } from './received.ts';
import { holderOf, type Transmitter } from './transmitter.ts';

export type CarryOutDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  contain: Containment;
  sessions: Pick<Sessions, 'list' | 'endAllOf'>;
  /** Resolves when this node's caches have taken the change in. */
  settled(): Promise<void>;
};

/** `saidAt`: when the transmitter said so, in milliseconds; absent: an administrator says so. SETs may come in any order. */
type Doing = { transmitter: Pick<Transmitter, 'id' | 'tenant'>; user: string; deed: Deed; by: Author; saidAt?: number };

/** Does what a transmitter may ask for. False: there was nothing to do. */
export function carryOut(deps: CarryOutDeps, doing: Doing): Promise<boolean> {
  switch (doing.deed) {
    case 'end_sessions':
      return endSessions(deps, doing);
    case 'freeze':
      return doing.transmitter.tenant === undefined ? freezeUser(deps, doing) : holdIn(deps, doing, doing.transmitter.tenant);
    case 'let_go':
      return doing.transmitter.tenant === undefined ? unfreezeUser(deps, doing) : letGoIn(deps, doing, doing.transmitter.tenant);
  }
}

/** Of a tenant: sessions that its own sign-in vouches for. What the person opened otherwise is not the tenant's to close. */
async function endSessions({ sessions }: CarryOutDeps, { transmitter, user, by }: Doing): Promise<boolean> {
  if (transmitter.tenant === undefined) return (await sessions.endAllOf(user, { by })) > 0;
  const open = await sessions.list(user);
  const theirs = open.filter((session) => boundTenant(session.by) === transmitter.tenant).map(({ id }) => id);
  return theirs.length > 0 && (await sessions.endAllOf(user, { by, only: theirs })) > 0;
}

/** Somebody who is frozen already is not this transmitter's to let go: no hold is noted. */
async function freezeUser(
  { contain, database, clock }: CarryOutDeps,
  { transmitter, user, by, saidAt = clock.now() }: Doing,
): Promise<boolean> {
  const reason = holderOf(transmitter.id);
  const hold = { transmitterId: transmitter.id, userId: user, tenant: '', now: clock.now(), saidAt };
  const moved = await contain({ kind: 'user', id: user, to: 'frozen', reason, by });
  if (!moved.ok) return false;
  // Also after a crash between the two: that it is frozen by our word shows that the word was ours.
  if (moved.value.moved || (await isFrozenBy(database.db, user, reason))) await noteHold(database.db, hold);
  return moved.value.moved;
}

async function unfreezeUser({ contain, database }: CarryOutDeps, { transmitter, user, by, saidAt = Infinity }: Doing): Promise<boolean> {
  const reason = holderOf(transmitter.id);
  const held = await holdsOf(database.db, transmitter.id, { limit: 1_000 }, user);
  if (!held.some((one) => one.tenant === null && one.saidAt <= saidAt)) return false;
  const isOurs = await isFrozenBy(database.db, user, reason);
  // Asked once more with the user held: an administrator's freeze may have taken the place of ours meanwhile.
  const gate: Stopping['gate'] = async (tx) => ((await findStop(tx, 'user', user))?.reason === reason ? [] : undefined);
  const moved = isOurs ? await contain({ kind: 'user', id: user, to: 'active', reason, by, gate }) : undefined;
  // Also where an administrator has let them go meanwhile: there is nothing left to hold.
  await dropHold(database.db, { transmitterId: transmitter.id, userId: user, tenant: '' });
  return moved?.ok === true && moved.value.moved;
}

/** A member is stopped in this tenant alone: nothing is given on the strength of the membership, and tokens of grants in it die by signal. */
async function holdIn(deps: CarryOutDeps, { transmitter, user, by, saidAt = deps.clock.now() }: Doing, tenant: string): Promise<boolean> {
  const now = deps.clock.now();
  await saidAgain(deps.database.db, { transmitterId: transmitter.id, userId: user, tenant, saidAt });
  const outcome = await commitDeed<Done, 'still'>(deps.audit, async (tx) => {
    if (!(await holdMembership(tx, { userId: user, tenantId: tenant, by: holderOf(transmitter.id) }))) return fail('still');
    await noteHold(tx, { transmitterId: transmitter.id, userId: user, tenant, now, saidAt });
    const told = await tellGrants(tx, { user, tenant, state: 'frozen', reason: holderOf(transmitter.id), now }, by);
    return ok({
      entries: [membershipEntry('user.frozen', { user, tenant, transmitter: transmitter.id }, by), ...told],
      changed: changesOf(user, told),
    });
  });
  if (outcome.ok) await endSessions(deps, { transmitter, user, deed: 'freeze', by });
  await deps.settled();
  return outcome.ok;
}

async function letGoIn(deps: CarryOutDeps, { transmitter, user, by, saidAt }: Doing, tenant: string): Promise<boolean> {
  const now = deps.clock.now();
  const outcome = await commitDeed<Done, 'still'>(deps.audit, async (tx) => {
    const dropped = await dropHold(tx, { transmitterId: transmitter.id, userId: user, tenant, saidAt });
    if (!dropped || !(await letGoMembership(tx, { userId: user, tenantId: tenant, by: holderOf(transmitter.id) }))) return fail('still');
    const told = await tellGrants(tx, { user, tenant, state: 'restored', reason: holderOf(transmitter.id), now }, by);
    return ok({
      entries: [membershipEntry('user.unfrozen', { user, tenant, transmitter: transmitter.id }, by), ...told],
      changed: changesOf(user, told),
    });
  });
  await deps.settled();
  return outcome.ok;
}

async function tellGrants(
  tx: Tx,
  of: { user: string; tenant: string; state: 'frozen' | 'restored'; reason: string; now: number },
  by: Author,
): Promise<EventDraft[]> {
  const told: EventDraft[] = [];
  for (const grant of await grantsIn(tx, { userId: of.user, tenant: of.tenant })) {
    const { state, reason, tenant: tenantId, now } = of;
    const signal = await sendSignal(tx, { kind: 'grant', subject: grant, state, reason, tenantId, now });
    told.push(signalSent(signal, by.origin, by.actor));
  }
  return told;
}

function membershipEntry(type: EventType, of: { user: string; tenant: string; transmitter: string }, by: Author): EventDraft {
  return {
    type,
    tenant: of.tenant,
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'user', id: of.user },
    outcome: 'success',
    reason: holderOf(of.transmitter),
    origin: by.origin,
    data: { in: of.tenant },
  };
}

function changesOf(user: string, told: readonly unknown[]) {
  return [{ kind: 'user', key: user }, ...(told.length === 0 ? [] : [{ kind: 'signal', key: user }])];
}
