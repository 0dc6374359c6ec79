import type { Clock } from '../base/clock.ts';
import type { Route } from '../base/http/route.ts';
import type { Config } from '../config.ts';
import { createVerified } from '../doors/proxy/caller.ts';
import { proxyRoutes } from '../doors/proxy/routes.ts';
import { servesTenant } from '../rooms/connections/connection.ts';
import { findCredential } from '../rooms/connections/credential.store.ts';
import { lookAhead, type HandOut } from '../rooms/connections/hand-out.store.ts';
import type { Rooms } from './rooms.ts';

export function proxyDoor({ config, clock, rooms }: { config: Readonly<Config>; clock: Clock; rooms: Rooms }, handOut: HandOut): Route[] {
  const { audit, outbound, tokens, holding, proofs, connections, mayRecord } = rooms;
  const { db } = rooms.database;
  return proxyRoutes({
    issuer: config.issuer,
    audit,
    clock,
    outbound,
    tokens,
    verified: createVerified(tokens),
    holding,
    proofs,
    mayRecord,
    handOut,
    client: async (id) => {
      const found = await rooms.clients.find(id);
      return found.ok ? found.value : undefined;
    },
    user: (id) => rooms.users.get(id),
    tenant: (id) => rooms.tenants.get(id),
    has: (id, tenant) => {
      const found = connections.byId(id);
      return found !== undefined && servesTenant(found, tenant);
    },
    ahead: (id, of) => {
      const found = connections.byId(id);
      return found !== undefined && servesTenant(found, of.tenant) ? lookAhead(rooms.vault, found, of) : undefined;
    },
    connection: (id) => connections.byId(id),
    credential: (id) => findCredential(db, id),
  });
}
