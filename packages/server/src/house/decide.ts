import type { Route } from '../base/http/route.ts';
import { fail, ok } from '../base/result.ts';
import type { Config } from '../config.ts';
import { mayUse, principalOf, type PrincipalDeps } from '../doors/admin/principal.ts';
import { decideRoutes, INSUFFICIENT_SCOPE, type AskerOf } from '../doors/decide/routes.ts';
import { findAgent, findAgentOf } from '../rooms/agents/store.ts';
import { findClient } from '../rooms/clients/store.ts';
import type { Rooms } from './rooms.ts';

/** The decide door, and who may ask at it: servers that an administrator registered, and whoever may see policies. */
export function decideDoor({ config, rooms }: { config: Readonly<Config>; rooms: Rooms }, admin: PrincipalDeps): Route[] {
  const { audit, authentication, catalogue, desk, tokens } = rooms;
  const { db } = rooms.database;
  const asker: AskerOf = async (request, now) => {
    const authorization = request.header('authorization');
    if (authorization === undefined) return fail({ reason: 'no_credentials', presented: false });
    if (!/^Basic /i.test(authorization)) {
      const who = await principalOf(admin, request, now);
      if (!who.ok) return fail({ reason: who.error.presented ? who.error.reason : 'no_credentials', presented: who.error.presented });
      return mayUse(who.value, 'admin:policies:read')
        ? ok({ kind: 'administrator', id: who.value.client ?? who.value.id })
        : fail({ reason: INSUFFICIENT_SCOPE, presented: true });
    }
    const proved = await authentication.authenticate({ form: NO_FORM, authorization, now, ip: request.ip });
    if (!proved.ok) return fail({ reason: proved.error.reason, presented: true });
    const { client } = proved.value;
    // Whoever registered itself is nobody's server, whatever it says of itself.
    const isKnown = client.registrationType === 'manual' || client.registrationType === 'workload';
    if (client.state !== 'active') return fail({ reason: `client_${client.state}`, presented: true });
    return isKnown ? ok({ kind: 'server', client }) : fail({ reason: 'registered_itself', presented: true });
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

const NO_FORM = { get: () => undefined };
