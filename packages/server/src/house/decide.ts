import type { Inbound } from '../base/http/message.ts';
import type { Route } from '../base/http/route.ts';
import { fail, ok } from '../base/result.ts';
import type { Config } from '../config.ts';
import { mayUse, principalOf, type PrincipalDeps } from '../doors/admin/principal.ts';
import { decideRoutes, INSUFFICIENT_SCOPE, type AskerOf } from '../doors/decide/routes.ts';
import { findAgent, findAgentOf } from '../rooms/agents/store.ts';
import { serverBehind } from '../rooms/clients/server.http.ts';
import { findClient } from '../rooms/clients/store.ts';
import type { Rooms } from './rooms.ts';

/** The decide door, and who may ask at it: servers that an administrator registered, and whoever may see policies. */
export function decideDoor({ config, rooms }: { config: Readonly<Config>; rooms: Rooms }, admin: PrincipalDeps): Route[] {
  const { audit, authentication, catalogue, desk, tokens } = rooms;
  const { db } = rooms.database;
  const asker: AskerOf = async (request, now) => {
    if (!/^Basic /i.test(request.header('authorization') ?? '')) return administrator(admin, request, now);
    const server = await serverBehind(authentication, request, now);
    return server.ok ? ok({ kind: 'server', client: server.value }) : server;
  };
  return decideRoutes({
    issuer: config.issuer,
    audit,
    asker,
    mayRecord: rooms.mayRecord,
    catalogue,
    connection: (id) => rooms.connections.byId(id),
    desk,
    roles: () => rooms.roles.current(),
    // From the table, not by the directory: a question about a client that is an address must not make the hub fetch it.
    client: (id) => findClient(db, id),
    user: (id) => rooms.users.get(id),
    tenant: (id) => rooms.tenants.get(id),
    agent: (id) => findAgent(db, id),
    agentOf: (of) => findAgentOf(db, of),
    token: (jwt, now) => tokens.read(jwt, { now }),
  });
}

async function administrator(admin: PrincipalDeps, request: Inbound, now: number): ReturnType<AskerOf> {
  // Here a cookie is nobody's.
  if (request.header('authorization') === undefined) return fail(undefined);
  const who = await principalOf(admin, request, now);
  if (!who.ok) return fail(who.error.reason);
  const { client, id } = who.value;
  return mayUse(who.value, 'admin:policies:read') ? ok({ kind: 'administrator', id: client ?? id }) : fail(INSUFFICIENT_SCOPE);
}
