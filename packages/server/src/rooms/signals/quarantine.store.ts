import type { Clock } from '../../base/clock.ts';
import type { Database, Tx } from '../../base/db.ts';
import { ok } from '../../base/result.ts';
import {
  forgetOwnerMove,
  freezeOwned,
  holdOwner,
  holdOwnerMove,
  OWNER_LEFT,
  restoreOwned,
  type OwnedAgent,
  type OwnerMove,
} from '../agents/owner.store.ts';
import type { AgentSetting } from '../agents/setting.ts';
import { hubAuthor, type Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { forgetStop, noteStop } from './stops.store.ts';
import { sendSignal, signalSent } from './store.ts';
import { withdrawUnfreezes } from './unfreeze.store.ts';

/** Agents in one commit: each has a signal, and whoever signals meanwhile waits. */
const PORTION = 50;

const NOTHING: Done & { full: boolean } = { entries: [], changed: [], full: false };

/** `secondPerson`: letting an agent go takes two people now, and will for these. `others`: what acts for this very user stays, and is held with their membership. */
type Leaving = { userId: string; tenantId?: string | undefined; others?: boolean; now: number; secondPerson: boolean };

/** Stops what this user answers for, as many as one commit takes; `full`: there may be more. */
export async function quarantine(tx: Tx, of: Leaving, by: Author): Promise<Done & { full: boolean }> {
  const { now, secondPerson, tenantId, others = false } = of;
  const stopped = await freezeOwned(tx, { owner: of.userId, tenantId, others, limit: PORTION });
  const entries: EventDraft[] = [];
  for (const agent of stopped) {
    const stop = { kind: 'agent', id: agent.id, state: 'frozen', reason: OWNER_LEFT, by: by.actor, since: now, secondPerson } as const;
    await noteStop(tx, stop);
    entries.push(entryOf(agent, 'agent.frozen', by), await tell(tx, agent, 'frozen', now, by));
  }
  return { entries, changed: changesOf(stopped, stopped), full: stopped.length === PORTION };
}

/** Lets go on what was stopped because this user was. Of what its person has paused there is nothing to tell: that holds it still. */
export async function endQuarantine(
  tx: Tx,
  of: { userId: string; tenantId?: string | undefined; now: number },
  by: Author,
): Promise<Done & { full: boolean }> {
  const restored = await restoreOwned(tx, { owner: of.userId, tenantId: of.tenantId, limit: PORTION });
  const entries: EventDraft[] = [];
  for (const agent of restored) {
    await forgetStop(tx, 'agent', agent.id);
    await withdrawUnfreezes(tx, { kind: 'agent', id: agent.id, now: of.now });
    entries.push(entryOf(agent, 'agent.unfrozen', by));
    if (!agent.paused) entries.push(await tell(tx, agent, 'restored', of.now, by));
  }
  const told = restored.filter(({ paused }) => !paused);
  return { entries, changed: changesOf(restored, told), full: restored.length === PORTION };
}

/** A user's agent acts in each of the user's tenants: servers of all of them must hear. */
async function tell(
  tx: Tx,
  { id, principal, tenantId }: OwnedAgent,
  state: 'frozen' | 'restored',
  now: number,
  by: Author,
): Promise<EventDraft> {
  const where = principal.kind === 'user' ? undefined : tenantId;
  const signal = await sendSignal(tx, { kind: 'agent', subject: id, state, reason: OWNER_LEFT, tenantId: where, now });
  return signalSent(signal, by.origin, by.actor);
}

function changesOf(moved: readonly OwnedAgent[], told: readonly OwnedAgent[]): Done['changed'] {
  return [...moved.map(({ id }) => ({ kind: 'agent', key: id })), ...told.map(({ id }) => ({ kind: 'signal', key: id }))];
}

function entryOf({ id, tenantId, owner }: OwnedAgent, type: 'agent.frozen' | 'agent.unfrozen', by: Author): EventDraft {
  return {
    tenant: tenantId,
    type,
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'agent', id },
    outcome: 'success',
    reason: OWNER_LEFT,
    origin: by.origin,
    data: { owner },
  };
}

export type Quarantine = {
  /** Deals with everybody who moved, until nothing is left. Whoever asks meanwhile is answered by one more look. */
  run(): Promise<void>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
};

export type QuarantineDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  agentSettings: { current(): AgentSetting };
  /** Whether letting an agent go takes two people. */
  takesTwo(): boolean;
};

const BY_HUB = hubAuthor('owner-moves');

/**
 * What no deed of its own does: a person who leaves a tenant or is held in it, one who answers for more agents than a commit takes, a hub that died in between. A trigger notes
 * every move with the transaction that made it, and a note goes when all that follows from it is done.
 */
export function createQuarantine(deps: QuarantineDeps): Quarantine {
  let running: Promise<void> | undefined;
  let again = false;
  const loop = async (): Promise<void> => {
    try {
      do {
        again = false;
        while (await settleOne(deps)) continue;
      } while (again);
    } finally {
      // Here and not a turn later: who asks in between would be told of a look that was over before they asked.
      running = undefined;
    }
  };
  return {
    run() {
      again = running !== undefined;
      running ??= loop();
      return running;
    },
    async settled() {
      await running?.catch(() => {});
    },
  };
}

/** One note, or a portion of what follows from it. False: there is none. */
async function settleOne(deps: QuarantineDeps): Promise<boolean> {
  const done = await commitDeed<Done & { note: number | undefined }, never>(deps.audit, async (tx) => {
    const move = await holdOwnerMove(tx);
    if (move === undefined) return ok({ ...NOTHING, note: undefined });
    const dealt = await follow(deps, tx, move);
    if (!dealt.full) await forgetOwnerMove(tx, move.id);
    return ok({ ...dealt, note: move.id });
  });
  if (!done.ok || done.value.note === undefined) return false;
  // Without an entry all of it was taken back, the end of the note too.
  if (done.value.entries.length === 0) await forgetOwnerMove(deps.database.db, done.value.note);
  return true;
}

async function follow({ agentSettings, takesTwo, clock }: QuarantineDeps, tx: Tx, move: OwnerMove): Promise<Done & { full: boolean }> {
  const { userId, tenantId, back } = move;
  const now = clock.now();
  const owner = await holdOwner(tx, move);
  // Who left a tenant and is in it again gets nothing back by that alone; who was held in it does.
  if (owner === 'there') return tenantId === undefined || back ? endQuarantine(tx, { userId, tenantId, now }, BY_HUB) : NOTHING;
  return agentSettings.current().quarantine
    ? quarantine(tx, { userId, tenantId, others: owner === 'on_hold', now, secondPerson: takesTwo() }, BY_HUB)
    : NOTHING;
}
