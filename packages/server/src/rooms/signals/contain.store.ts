import type { Clock } from '../../base/clock.ts';
import type { Database, Db, Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { AgentSettings } from '../agents/setting.store.ts';
import { findAgent, setAgentState } from '../agents/store.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventData, EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { findClient, setClientState } from '../clients/store.ts';
import { findConnection, setConnectionState } from '../connections/store.ts';
import { findGrant, setGrantState } from '../consent/store.ts';
import type { State } from '../tenants/tenant.ts';
import { findTenant, setTenantState } from '../tenants/store.ts';
import { revokeFamilies, type FamilySelector } from '../tokens/family.store.ts';
import { findUser, setUserState } from '../users/store.ts';
import type { HubStop } from './hub-stop.store.ts';
import type { ContainmentSettings } from './setting.store.ts';
import { STOP_EVENTS, type ContainKind } from './stop.ts';
import { findHub, findStop, forgetStop, holdOutliving, noteStop, setHubState } from './stops.store.ts';
import { sendSignal, signalSent } from './store.ts';
import { lacksOwner } from './ownerless.store.ts';
import { endQuarantine, quarantine } from './quarantine.store.ts';
import { outlasts, takeOver } from './take-over.store.ts';
import { moveUnder } from './under.store.ts';
import { withdrawUnfreezes } from './unfreeze.store.ts';

export type Stopping = {
  kind: ContainKind;
  id: string;
  to: State;
  reason: string;
  by: Author;
  /** Of a freeze: when it ends by itself. Milliseconds. */
  until?: number | undefined;
  /** What its entry says beside. */
  data?: EventData | undefined;
  /** Of a revocation by whoever it belongs to, at their own page: what an administrator froze is not let go by it. */
  own?: boolean | undefined;
  /** Asked in the same transaction, once the thing is moved and held: undefined takes everything back, entries are written with it. */
  gate?(tx: Tx): Promise<readonly EventDraft[] | undefined>;
};

export type Containment = (of: Stopping) => Promise<Result<{ state: State; moved: boolean }, ContainFault>>;

/** `owner_left`: nobody answers for the agent, and somebody has to before it goes on. */
export type ContainFault = 'unknown' | 'revoked' | 'paused' | 'owner_left';

export type Subject = { state: State; tenantId?: string };

type Kind = {
  find(db: Db, id: string): Promise<Subject | undefined>;
  set(tx: Tx, id: string, to: State, reason: string): Promise<boolean>;
  /** By which member a refresh family belongs to it. */
  family?: Exclude<keyof FamilySelector, 'id'>;
  /** No token of ours names a connection: what of it is out there was issued by its service, which is told when the account is let go. */
  silent?: boolean;
};

const KINDS: Record<ContainKind, Kind> = {
  agent: { find: findAgent, set: setAgentState, family: 'agentId' },
  client: { find: findClient, set: setClientState, family: 'clientId' },
  user: { find: findUser, set: setUserState, family: 'userId' },
  tenant: { find: findTenant, set: setTenantState, family: 'tenantId' },
  grant: { find: findGrant, set: setGrantState, family: 'grantId' },
  connection: { find: findConnection, set: setConnectionState, silent: true },
  hub: { find: findHub, set: setHubState },
};

export function findSubject(db: Db, kind: ContainKind, id: string): Promise<Subject | undefined> {
  return KINDS[kind].find(db, id);
}

/** In whose chain the entry of a stop stands. */
export function tenantOf(kind: ContainKind, id: string, subject: Subject): string | undefined {
  return kind === 'tenant' ? id : subject.tenantId;
}

export type ContainmentDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  hubStop: HubStop;
  settings: Pick<ContainmentSettings, 'current'>;
  agentSettings: Pick<AgentSettings, 'current'>;
  /** Something was revoked: accounts that nobody has any more leave the vault, and their services are told. Not waited for. */
  afterRevocation(): void;
};

/**
 * Freezes, restores or revokes, in one commit: the state, the refresh families that hang on it (revoked only; a frozen thing's families
 * are refused by its state and work again afterwards), the signal to resource servers, why it was done, the entries. Repeats move nothing, write nothing and
 * say so; a freeze over one that would end by itself takes its place.
 */
export function createContainment(deps: ContainmentDeps): Containment {
  const contain: Containment = async (of) => {
    const { kind, id, to } = of;
    const subject = await findSubject(deps.database.db, kind, id);
    if (to === 'active' && isGone(subject)) return lift(deps, of, subject);
    if (subject === undefined) return fail('unknown');
    const paused = 'pause' in subject && subject.pause === 'alone';
    const takesTwo = deps.settings.current().secondPerson.includes(kind);
    if (subject.state === to && !paused && !outlasts({ ...of, takesTwo }, await findStop(deps.database.db, kind, id)))
      return ok({ state: to, moved: false });
    if (subject.state === 'revoked') return fail('revoked');
    // What a person stopped for themselves only they let go on. A freeze goes over it, and is what they cannot lift.
    if (paused && to === 'active') return fail('paused');
    const moved = await commitDeed<Done & { state: State }, NotMoved>(deps.audit, (tx) => move(deps, tx, of, subject));
    if (!moved.ok) {
      if (moved.error === 'owner_left') return fail('owner_left');
      const state = (await findSubject(deps.database.db, kind, id))?.state ?? to;
      // It was frozen, and ended while this was to freeze it for longer.
      if (to === 'frozen' && state === 'active' && of.gate === undefined) return contain(of);
      return ok({ state, moved: false });
    }
    if (kind === 'hub') await deps.hubStop.ready();
    if (to === 'revoked') deps.afterRevocation();
    return ok({ state: moved.value.state, moved: true });
  };
  return contain;
}

/** Nothing of its kind is there any more that could be let go. */
export function isGone(subject: Subject | undefined): boolean {
  return subject === undefined || subject.state === 'revoked';
}

/** What is gone stays gone; but what was held for whatever comes in its place, because it took two people, is held no longer. */
async function lift(deps: ContainmentDeps, of: Stopping, subject: Subject | undefined): Promise<Awaited<ReturnType<Containment>>> {
  const { kind, id } = of;
  const lifted = await commitDeed<Done, 'still'>(deps.audit, async (tx) => {
    // Made anew meanwhile, it is what is let go, and not this.
    if (!(await holdOutliving(tx, kind, id)) || !isGone(await findSubject(tx, kind, id))) return fail('still');
    const gated = of.gate === undefined ? [] : await of.gate(tx);
    if (gated === undefined) return fail('still');
    await forgetStop(tx, kind, id);
    await withdrawUnfreezes(tx, { kind, id, now: deps.clock.now() });
    return ok({ entries: [entryOf({ ...of, data: { ...of.data, gone: true } }, subject), ...gated], changed: [] });
  });
  if (lifted.ok) return ok({ state: 'revoked', moved: true });
  return fail(subject === undefined ? 'unknown' : 'revoked');
}

type NotMoved = 'still' | 'owner_left';

/** The thing itself is taken first, so that all that is done to one thing is done one after the other. */
async function move(deps: ContainmentDeps, tx: Tx, of: Stopping, subject: Subject): Promise<Result<Done & { state: State }, NotMoved>> {
  const { kind, id, to, reason, by, until } = of;
  const now = deps.clock.now();
  if (kind === 'agent' && to === 'active' && (await lacksOwner(tx, id))) return fail('owner_left');
  if (!(await KINDS[kind].set(tx, id, to, reason))) return takenOver(deps, tx, of, subject);
  const gated = of.gate === undefined ? [] : await of.gate(tx);
  if (gated === undefined) return fail('still');
  if (to === 'active') await forgetStop(tx, kind, id);
  else {
    const held = to === 'frozen' ? { secondPerson: deps.settings.current().secondPerson.includes(kind) } : await stillHeld(tx, of);
    await noteStop(tx, { kind, id, state: to, reason, by: by.actor, since: now, ...(until === undefined ? {} : { until }), ...held });
  }
  if (to !== 'frozen') await withdrawUnfreezes(tx, { kind, id, now });
  const entry = entryOf(of, subject);
  const stands = kind === 'agent' && to === 'active' ? ((await findAgent(tx, id))?.state ?? to) : to;
  // Lifted, and its person's own pause holds it still: there is nothing to tell.
  if (stands !== to) return ok({ state: stands, entries: [entry, ...gated], changed: [{ kind, key: id }] });
  const under = kind === 'grant' ? await moveUnder(tx, { id, to, reason, now }, by) : [];
  const owned = kind === 'user' ? await moveOwned(deps, tx, of, now) : NOTHING;
  // As late as can be: a token that was in flight while this waited for its turn is older than the signal, too.
  const told = await tell(tx, of, subject, deps.clock.now());
  return ok({
    state: to,
    entries: [entry, ...gated, ...told, ...under, ...owned.entries],
    changed: [{ kind, key: id }, ...(told.length === 0 ? [] : [{ kind: 'signal', key: id }]), ...owned.changed],
  });
}

/** Of a revocation: whoever may revoke and make anew has not thereby let go what takes two people, nor a person what an administrator froze of theirs. */
async function stillHeld(tx: Tx, { kind, id, own }: Stopping): Promise<{ secondPerson: boolean; outlives: boolean }> {
  const was = await findStop(tx, kind, id);
  return { secondPerson: was?.secondPerson === true, outlives: was?.outlives === true || (own === true && was !== undefined) };
}

/** It was frozen already, by what would have let it go by itself: its tokens are dead, so there is an entry and no signal. */
async function takenOver(
  { clock, settings }: ContainmentDeps,
  tx: Tx,
  of: Stopping,
  subject: Subject,
): Promise<Result<Done & { state: State }, 'still'>> {
  const takesTwo = settings.current().secondPerson.includes(of.kind);
  const taken = await takeOver(tx, { ...of, takesTwo });
  if (taken === undefined) return fail('still');
  const { kind, id, reason, by, until } = of;
  // Two people where either freeze took two, and nobody whose account came after the first.
  const secondPerson = taken.was?.secondPerson === true || takesTwo;
  const since = taken.was?.since ?? clock.now();
  await noteStop(tx, { kind, id, state: 'frozen', reason, by: by.actor, since, ...(until === undefined ? {} : { until }), secondPerson });
  return ok({ state: 'frozen', entries: [entryOf(of, subject)], changed: [{ kind, key: id }] });
}

function entryOf({ kind, id, to, reason, by, until, data }: Stopping, subject: Subject | undefined): EventDraft {
  return {
    tenant: subject === undefined ? undefined : tenantOf(kind, id, subject),
    type: STOP_EVENTS[kind][to],
    initiator: by.initiator,
    actor: by.actor,
    target: { type: kind, id },
    outcome: 'success',
    reason,
    origin: by.origin,
    data: { ...(until === undefined ? {} : { until }), ...data },
  };
}

const NOTHING: Done = { entries: [], changed: [] };

/** The agents that a person answers for stop with them, and go on when they are back; what one commit does not take, rooms/signals/quarantine.store.ts does next. */
async function moveOwned(deps: ContainmentDeps, tx: Tx, { id, to, by }: Stopping, now: number): Promise<Done> {
  if (to === 'active') return endQuarantine(tx, { userId: id, now }, by);
  return deps.agentSettings.current().quarantine
    ? quarantine(tx, { userId: id, now, secondPerson: deps.settings.current().secondPerson.includes('agent') }, by)
    : NOTHING;
}

async function tell(tx: Tx, { kind, id, to, reason, by }: Stopping, subject: Subject, now: number): Promise<EventDraft[]> {
  const { family, silent } = KINDS[kind];
  if (to === 'revoked' && family !== undefined) await revokeFamilies(tx, { [family]: id }, `${kind} revoked`, now);
  if (silent === true || kind === 'connection') return [];
  // A user's agent keeps the tenant it was made in and acts in each of the user's: servers of all of them must hear.
  const acts = 'principal' in subject && isOfUser(subject.principal);
  const tenantId = acts ? undefined : tenantOf(kind, id, subject);
  const state = to === 'active' ? 'restored' : to;
  return [signalSent(await sendSignal(tx, { kind, subject: id, state, reason, tenantId, now }), by.origin, by.actor)];
}

function isOfUser(principal: unknown): boolean {
  return typeof principal === 'object' && principal !== null && 'kind' in principal && principal.kind === 'user';
}
