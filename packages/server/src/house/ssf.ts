import type { Clock } from '../base/clock.ts';
import type { Route } from '../base/http/route.ts';
import { fail, ok } from '../base/result.ts';
import type { Config } from '../config.ts';
import { createAdminTokens } from '../doors/admin/token.ts';
import type { CallerOf } from '../doors/ssf/caller.ts';
import { ssfRoutes } from '../doors/ssf/routes.ts';
import { findClient } from '../rooms/clients/store.ts';
import { ssfResource } from '../rooms/resources/built-in.ts';
import { presentedIn } from '../rooms/tokens/presented.http.ts';
import type { Rooms } from './rooms.ts';

/** The door of shared signals, and who may come in: clients by a token for it, which nobody else's token opens. */
export function ssfDoor({ config, rooms, clock }: { config: Readonly<Config>; rooms: Rooms; clock: Clock }): Route[] {
  const { issuer, allowLoopback } = config;
  const { database, audit, box, keys, hearing, streams, mayRecord, holding } = rooms;
  const judge = createAdminTokens({ db: database.db, issuer, keys, audience: ssfResource(issuer).uri });
  const callerOf: CallerOf = async (request, now) => {
    if (request.header('authorization') === undefined) return fail({ reason: 'no_credentials', presented: false });
    const presented = presentedIn(request);
    if (presented === undefined) return fail({ reason: 'malformed_authorization', presented: true });
    const facts = await judge(presented.token, now);
    if (!facts.ok) return fail({ reason: facts.error, presented: true });
    const { client: clientId, user, scopes, claims } = facts.value;
    // A stream outlives whoever made it: it is a client's own, not that of somebody who was signed in.
    if (user !== undefined) return fail({ reason: 'token_of_a_person', presented: true });
    const held = await holding(request, presented, claims, now);
    if (!held.ok) return fail({ reason: held.error.reason, presented: true });
    const tenant = typeof claims['tenant'] === 'string' ? claims['tenant'] : undefined;
    const client = await findClient(database.db, clientId);
    // Who serves some tenants has no stream of all of them.
    if (client === undefined || (tenant === undefined && client.tenants.length > 0))
      return fail({ reason: 'tenant_missing', presented: true });
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
