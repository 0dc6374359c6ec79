import type { Clock } from '../../base/clock.ts';
import type { Database, Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { hubAuthor, type Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { State } from '../tenants/tenant.ts';
import { findSubject, isGone, tenantOf, type ContainFault, type Containment, type Stopping } from './contain.store.ts';
import type { ContainmentSettings } from './setting.store.ts';
import type { ContainKind } from './stop.ts';
import { handedOver } from './handed.store.ts';
import { lacksOwner } from './ownerless.store.ts';
import { dropEnd, dueStops, findStop, forgetDue, holdDue } from './stops.store.ts';
import { askUnfreeze, decideUnfreeze, expireUnfreezes, findUnfreeze, unfreezeEntry } from './unfreeze.store.ts';
import { mayConfirm, type Hand, type NotTheOne, type Unfreeze } from './unfreeze.ts';

export type Released = { state: State; moved: boolean; waiting?: Unfreeze };

/** `over`: decided, expired or moot by now. `owner_left`: the request goes on waiting until somebody answers for the agent. */
export type NotConfirmed = 'unknown' | 'over' | 'owner_left' | NotTheOne;

export type Deciding = { id: string; reason: string; by: Author; hand: Hand };

/** Letting go of what is frozen: at once, by two people, or when its time is over. */
export type Releases = {
  /** Lets it go, or asks for the second person that it takes. Who asks again is told of the same request. */
  release(of: { kind: ContainKind; id: string; reason: string; by: Author; hand: Hand }): Promise<Result<Released, ContainFault>>;
  confirm(of: Deciding): Promise<Result<Unfreeze, NotConfirmed>>;
  /** Why this hand may not confirm it, as it stands now. */
  bars(request: Unfreeze, hand: Hand): Promise<NotTheOne | undefined>;
  /** Anybody who may confirm may refuse; who asked may take it back this way. */
  refuse(of: Omit<Deciding, 'hand'>): Promise<Result<Unfreeze, 'unknown' | 'over'>>;
  /** Ends freezes whose time is over, and requests that nobody decided. How many freezes ended. */
  endDue(): Promise<number>;
};

export type ReleaseDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  contain: Containment;
  settings: Pick<ContainmentSettings, 'current' | 'ready'>;
};

export function createReleases(deps: ReleaseDeps): Releases {
  const { contain } = deps;
  return {
    async release({ kind, id, reason, by, hand }) {
      const takesTwo = await needsSecond(deps, kind, id);
      if (hand.breakGlass) return contain({ kind, id, to: 'active', reason, by, ...(takesTwo ? { data: { breakGlass: true } } : {}) });
      if (!takesTwo) {
        // Asked once more with the thing held: somebody may have frozen it for two meanwhile, on a node whose setting is not known here yet.
        const gate: Stopping['gate'] = async (tx) => ((await isForTwo(tx, kind, id)) ? undefined : []);
        const done = await contain({ kind, id, to: 'active', reason, by, gate });
        if (!done.ok || done.value.moved || !(await isForTwo(deps.database.db, kind, id))) return done;
      }
      const subject = await findSubject(deps.database.db, kind, id);
      if (subject === undefined || isGone(subject)) {
        // Gone, and held still for whatever comes in its place.
        if ((await findStop(deps.database.db, kind, id))?.outlives !== true) return fail(subject === undefined ? 'unknown' : 'revoked');
        const waiting = await ask(deps, { kind, id, reason, by, hand, tenantId: subject && tenantOf(kind, id, subject) });
        return ok({ state: 'frozen', moved: false, waiting });
      }
      if (subject.state === 'active') return ok({ state: 'active', moved: false });
      if ('pause' in subject && subject.pause === 'alone') return fail('paused');
      if (kind === 'agent' && (await lacksOwner(deps.database.db, id))) return fail('owner_left');
      const waiting = await ask(deps, { kind, id, reason, by, hand, tenantId: tenantOf(kind, id, subject) });
      return ok({ state: 'frozen', moved: false, waiting });
    },
    confirm: (of) => confirm(deps, of),
    bars: (request, hand) => bars(deps, request, hand),
    refuse: (of) => refuse(deps, of),
    endDue: () => endDue(deps),
  };
}

/** As it was when it was frozen, or as it is now: loosening the setting does not loosen what is frozen already. */
async function needsSecond({ database, settings }: ReleaseDeps, kind: ContainKind, id: string): Promise<boolean> {
  await settings.ready();
  return settings.current().secondPerson.includes(kind) || isForTwo(database.db, kind, id);
}

async function isForTwo(db: Db, kind: ContainKind, id: string): Promise<boolean> {
  return (await findStop(db, kind, id))?.secondPerson === true;
}

type Asked = { kind: ContainKind; id: string; reason: string; by: Author; hand: Hand; tenantId: string | undefined };

async function ask({ audit, clock, settings }: ReleaseDeps, of: Asked): Promise<Unfreeze> {
  const now = clock.now();
  let request: Unfreeze | undefined;
  await commitDeed<Done, never>(audit, async (tx) => {
    const about = { kind: of.kind, subject: of.id };
    const ended = await expireUnfreezes(tx, now, about);
    const { kind, reason, by, hand, tenantId } = of;
    const expiresAt = now + settings.current().askedFor * 1_000;
    const asked = await askUnfreeze(tx, {
      kind,
      subject: of.id,
      reason,
      askedBy: by.actor,
      parties: hand.parties,
      tenantId,
      now,
      expiresAt,
    });
    request = asked.request;
    const entries: EventDraft[] = ended.map(expired);
    if (asked.made) entries.push(unfreezeEntry('unfreeze.requested', asked.request, { by, reason, data: { expiresAt } }));
    return ok({ entries, changed: [] });
  });
  if (request === undefined) throw new Error('a request was not made');
  return request;
}

function expired(request: Unfreeze): EventDraft {
  return unfreezeEntry('unfreeze.expired', request, { by: hubAuthor('unfreeze-expired') });
}

async function confirm(deps: ReleaseDeps, { id, reason, by, hand }: Deciding): Promise<Result<Unfreeze, NotConfirmed>> {
  const { database, audit, clock, contain } = deps;
  const request = await findUnfreeze(database.db, id);
  if (request === undefined) return fail('unknown');
  if (request.state !== 'waiting') return fail('over');
  const fault = await bars(deps, request, hand);
  if (fault !== undefined) {
    await audit.record(unfreezeEntry('unfreeze.confirmed', request, { by, reason: fault, outcome: 'refused' }));
    return fail(fault);
  }
  let decided: Unfreeze | undefined;
  const data = { unfreeze: id, askedBy: request.askedBy.user ?? request.askedBy.client ?? 'hub' };
  const moved = await contain({
    kind: request.kind,
    id: request.subject,
    to: 'active',
    reason: request.reason,
    by,
    data: hand.breakGlass ? { ...data, breakGlass: true } : data,
    async gate(tx) {
      decided = await decideUnfreeze(tx, { id, to: 'confirmed', by, reason, now: clock.now() });
      return decided === undefined ? undefined : [unfreezeEntry('unfreeze.confirmed', decided, { by, reason })];
    },
  });
  if (!moved.ok && moved.error === 'owner_left') return fail('owner_left');
  return moved.ok && moved.value.moved && decided !== undefined ? ok(decided) : fail('over');
}

async function bars(deps: ReleaseDeps, request: Unfreeze, hand: Hand): Promise<NotTheOne | undefined> {
  const stop = await findStop(deps.database.db, request.kind, request.subject);
  const frozenAt = stop?.since ?? request.askedAt;
  return mayConfirm(request, hand, frozenAt) ?? (await isHandedOver(deps, hand, frozenAt));
}

async function isHandedOver({ database }: ReleaseDeps, { account, breakGlass }: Hand, frozenAt: number): Promise<NotTheOne | undefined> {
  if (breakGlass || account === undefined) return undefined;
  return (await handedOver(database.db, account, frozenAt)) ? 'handed_over' : undefined;
}

async function refuse({ database, audit, clock }: ReleaseDeps, of: Omit<Deciding, 'hand'>): Promise<Result<Unfreeze, 'unknown' | 'over'>> {
  if ((await findUnfreeze(database.db, of.id)) === undefined) return fail('unknown');
  const { id, reason, by } = of;
  const done = await commitDeed<Done & { request: Unfreeze }, 'over'>(audit, async (tx) => {
    const request = await decideUnfreeze(tx, { id, to: 'refused', by, reason, now: clock.now() });
    if (request === undefined) return fail('over');
    return ok({ request, entries: [unfreezeEntry('unfreeze.refused', request, { by, reason })], changed: [] });
  });
  return done.ok ? ok(done.value.request) : done;
}

async function endDue({ database, audit, clock, contain }: ReleaseDeps): Promise<number> {
  const now = clock.now();
  await commitDeed<Done, never>(audit, async (tx) => ok({ entries: (await expireUnfreezes(tx, now)).map(expired), changed: [] }));
  let ended = 0;
  for (const { kind, id } of await dueStops(database.db, now)) {
    const gate: Parameters<Containment>[0]['gate'] = async (tx) => ((await holdDue(tx, kind, id, now)) ? [] : undefined);
    const done = await contain({ kind, id, to: 'active', reason: 'its time is over', by: hubAuthor('freeze-ended'), gate });
    if (done.ok && done.value.moved) ended += 1;
    // Nobody answers for the agent: it stays frozen, by the same row, until somebody does and lets it go.
    else if (!done.ok && done.error === 'owner_left') await dropEnd(database.db, kind, id, now);
    // What is gone, or goes on already by another way, is not asked about for ever.
    else if (!done.ok || done.value.state !== 'frozen') await forgetDue(database.db, kind, id, now);
  }
  return ended;
}
