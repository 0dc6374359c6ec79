import type { Clock } from '../../base/clock.ts';
import type { Database, Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { findAgent, setAgentState } from '../agents/store.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft, EventType } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { findClient, setClientState } from '../clients/store.ts';
import { findGrant, setGrantState } from '../consent/store.ts';
import type { State } from '../tenants/tenant.ts';
import { findTenant, setTenantState } from '../tenants/store.ts';
import { revokeFamilies } from '../tokens/family.store.ts';
import { findUser, setUserState } from '../users/store.ts';
import { sendSignal, signalSent } from './store.ts';
import { moveUnder } from './under.store.ts';

export type ContainKind = 'agent' | 'client' | 'user' | 'tenant' | 'grant';

export type Containment = (of: {
  kind: ContainKind;
  id: string;
  to: State;
  reason: string;
  by: Author;
}) => Promise<Result<{ state: State; moved: boolean }, 'unknown' | 'revoked'>>;

/** How each kind is found and moved, and by which member a refresh family belongs to it. */
const KINDS = {
  agent: { find: findAgent, set: setAgentState, family: 'agentId' },
  client: { find: findClient, set: setClientState, family: 'clientId' },
  user: { find: findUser, set: setUserState, family: 'userId' },
  tenant: { find: findTenant, set: setTenantState, family: 'tenantId' },
  grant: { find: findGrant, set: setGrantState, family: 'grantId' },
} as const;

const EVENTS: Record<ContainKind, Record<State, EventType>> = {
  agent: { active: 'agent.unfrozen', frozen: 'agent.frozen', revoked: 'agent.revoked' },
  client: { active: 'client.unfrozen', frozen: 'client.frozen', revoked: 'client.revoked' },
  user: { active: 'user.unfrozen', frozen: 'user.frozen', revoked: 'user.revoked' },
  tenant: { active: 'tenant.unfrozen', frozen: 'tenant.frozen', revoked: 'tenant.revoked' },
  grant: { active: 'grant.unfrozen', frozen: 'grant.frozen', revoked: 'consent.revoked' },
};

/**
 * Freezes, restores or revokes, in one commit: the state, the refresh families that hang on it (revoked only; a frozen thing's families
 * are refused by its state and work again afterwards), the signal to resource servers, the entries. Repeats move nothing and say so.
 */
export function createContainment(deps: { database: Database; audit: Audit; clock: Clock }): Containment {
  return async ({ kind, id, to, reason, by }) => {
    const subject = await KINDS[kind].find(deps.database.db, id);
    if (subject === undefined) return fail('unknown');
    if (subject.state === to) return ok({ state: to, moved: false });
    if (subject.state === 'revoked') return fail('revoked');
    const tenantId = kind === 'tenant' ? id : tenantOf(subject);
    // A user's agent keeps the tenant it was made in and acts in each of the user's: servers of all of them must hear.
    const toldIn = 'principal' in subject && subject.principal.kind === 'user' ? undefined : tenantId;
    const moved = await deps.audit.commit(async (tx) => {
      const didMove = await KINDS[kind].set(tx, id, to, reason);
      const entry: EventDraft = {
        tenant: tenantId,
        type: EVENTS[kind][to],
        initiator: by.initiator,
        actor: by.actor,
        target: { type: kind, id },
        outcome: didMove ? 'success' : 'refused',
        reason,
        origin: by.origin,
      };
      if (!didMove) return { value: false, entries: [entry] };
      const under = kind === 'grant' ? await moveUnder(tx, { id, to, reason, now: deps.clock.now() }, by) : [];
      const told = await tell(tx, { kind, id, to, reason, tenantId: toldIn, now: deps.clock.now() }, by);
      return {
        value: true,
        entries: [entry, told, ...under],
        changed: [
          { kind, key: id },
          { kind: 'signal', key: id },
        ],
      };
    });
    return ok({ state: to, moved });
  };
}

function tenantOf(subject: object): string | undefined {
  return 'tenantId' in subject && typeof subject.tenantId === 'string' ? subject.tenantId : undefined;
}

async function tell(
  tx: Tx,
  of: { kind: ContainKind; id: string; to: State; reason: string; tenantId: string | undefined; now: number },
  by: Author,
): Promise<EventDraft> {
  if (of.to === 'revoked') await revokeFamilies(tx, { [KINDS[of.kind].family]: of.id }, `${of.kind} revoked`, of.now);
  const state = of.to === 'active' ? 'restored' : of.to;
  const signal = await sendSignal(tx, { kind: of.kind, subject: of.id, state, reason: of.reason, tenantId: of.tenantId, now: of.now });
  return signalSent(signal, by.origin, by.actor);
}
