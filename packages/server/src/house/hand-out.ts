import type { Clock } from '../base/clock.ts';
import type { Metrics } from '../base/metrics.ts';
import { fail, ok } from '../base/result.ts';
import { told } from '../doors/oauth/token/approvals.ts';
import { createHandOut, type HandOut, type HandOutDeps } from '../rooms/connections/hand-out.store.ts';
import { connectionUrn } from '../rooms/connections/connection.ts';
import type { WantApproval } from '../rooms/connections/hand-out-require.store.ts';
import type { Secret } from '../rooms/connections/credential.ts';
import { CredentialGone } from '../rooms/connections/vault.store.ts';
import { seeBudget, takeBudget } from '../rooms/policies/budget.store.ts';
import type { Rooms } from './rooms.ts';

/** The way to a credential, with all whom it asks. Both who exchanges and the proxy go it. */
export function handOutOf({ rooms, metrics, clock }: { rooms: Rooms; metrics: Metrics; clock: Clock }): HandOut {
  const { database, vault, connections, connectLinks, desk } = rooms;
  return createHandOut({
    db: database.db,
    connection: (id) => connections.byId(id),
    vault,
    fresh: freshOf(rooms, clock),
    ownAccount: rooms.ownAccount,
    connectUrl({ connection, ...ask }) {
      const made = connectLinks.make(connection, ask);
      return made.ok ? made.value.url : undefined;
    },
    desk,
    roles: () => rooms.roles.current(),
    takeBudget,
    seeBudget,
    approvals: approvalsOf(rooms),
    unmet: (needs) => metrics.policyUnmet.inc({ needs }),
  });
}

/** Seconds. Somebody has to mend what the reference points at; nobody can connect anew. */
const REFERENCE_RETRY = 30;

/** Renewed where it is due, and opened. A reference is renewed by whoever keeps what it points at. */
function freshOf({ vault, refresher, references }: Rooms, clock: Clock): HandOutDeps['fresh'] {
  return async (credential, { connection, force }) => {
    const renewed = await refresher.fresh(credential, { force });
    if (renewed.kind === 'reauth') return { kind: 'failed' };
    if (renewed.kind === 'unavailable') {
      const retryAfter = Math.max(1, Math.ceil((renewed.retryAt - clock.now()) / 1_000));
      return { kind: 'unavailable', reason: `not_renewed_${renewed.reason}`, retryAfter };
    }
    const secret = await opened(vault, renewed.credential);
    if (secret === undefined) return { kind: 'gone' };
    if (secret.kind !== 'reference') return { kind: 'fresh', credential: renewed.credential, secret };
    const read = await references({ url: secret.url, type: connection.type });
    return read.ok
      ? { kind: 'fresh', credential: renewed.credential, secret: read.value }
      : { kind: 'unavailable', reason: read.error, retryAfter: REFERENCE_RETRY };
  };
}

async function opened(vault: Rooms['vault'], credential: Parameters<Rooms['vault']['open']>[0]): Promise<Secret | undefined> {
  try {
    return await vault.open(credential);
  } catch (error) {
    if (error instanceof CredentialGone) return undefined;
    throw error;
  }
}

/** An approval is for exactly this hand-out: who, for whom, of which connection, with which scopes. */
function approvalsOf({ want }: Rooms): WantApproval {
  return async (ask, scopes, wanted) => {
    const { client, agent, user, tenant, actors, approvalId, txn, origin, now } = ask;
    const needs = wanted.map(({ rule, need: { from, count } }) => ({ rule, from, count })).toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
    const answer = told(
      await want({
        request: {
          clientId: client.id,
          agentId: agent.id,
          ...(user === undefined ? {} : { userId: user.id }),
          ...(tenant === undefined ? {} : { tenantId: tenant.id }),
          resourceId: connectionUrn(ask.connection),
          grant: 'token_exchange',
          scopes: scopes.toSorted(),
          actors: actors.map(({ sub }) => sub),
        },
        needs,
        scopes: [...new Set(wanted.flatMap((one) => one.scopes))].toSorted(),
        expiresIn: Math.min(...wanted.map(({ need }) => need.expiresIn)),
        named: approvalId,
        txn,
        origin,
        now,
      }),
      needs,
    );
    if ('approved' in answer) return ok(undefined);
    return fail('pending' in answer ? answer.pending : answer.refusal);
  };
}
