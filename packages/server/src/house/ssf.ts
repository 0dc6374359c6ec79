import type { Clock } from '../base/clock.ts';
import type { Route } from '../base/http/route.ts';
import { fail, ok } from '../base/result.ts';
import type { Config } from '../config.ts';
import type { CallerOf } from '../doors/ssf/caller.ts';
import { ssfRoutes } from '../doors/ssf/routes.ts';
import { findClient } from '../rooms/clients/store.ts';
import { ssfResource } from '../rooms/resources/built-in.ts';
import { provedToken } from '../rooms/tokens/bearer.http.ts';
import { createOwnApiJudge } from '../rooms/tokens/own-api.store.ts';
import type { Rooms } from './rooms.ts';

/** The door of shared signals, and who may come in: clients by a token for it, which nobody else's token opens. */
export function ssfDoor({ config, rooms, clock }: { config: Readonly<Config>; rooms: Rooms; clock: Clock }): Route[] {
  const { issuer, allowLoopback } = config;
  const { database, audit, box, keys, hearing, streams, mayRecord, holding, tokens } = rooms;
  const judge = createOwnApiJudge({ db: database.db, tokens, audience: ssfResource(issuer).uri });
  const callerOf: CallerOf = async (request, now) => {
    const token = await provedToken({ judge, holding }, request, now);
    if (!token.ok) return fail(token.error.reason);
    const { clientId, userId, tenantId: tenant, scopes } = token.value;
    // A stream outlives whoever made it: it is a client's own, not that of somebody who was signed in.
    if (userId !== undefined) return fail('token_of_a_person');
    const client = await findClient(database.db, clientId);
    // Who serves some tenants has no stream of all of them.
    if (client === undefined || (tenant === undefined && client.tenants.length > 0)) return fail('tenant_missing');
    return ok({ owner: { clientId, tenant }, scopes: new Set(scopes) });
  };
  return ssfRoutes({
    ...hearing,
    database,
    audit,
    box,
    keys,
    clock,
    issuer,
    allowLoopback,
    callerOf,
    mayRecord,
    refresh: (id) => streams.refresh(id),
  });
}
