import type { Route } from '../base/http/route.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Config } from '../config.ts';
import { proveKey } from '../doors/oauth/dpop.ts';
import { createApprovals } from '../doors/oauth/token/approvals.ts';
import { authorizationCode } from '../doors/oauth/token/authorization-code.ts';
import { clientCredentials } from '../doors/oauth/token/client-credentials.ts';
import { createCredentialIssuer } from '../doors/oauth/token/credential.ts';
import { createIdJagIssuer } from '../doors/oauth/token/id-jag-issue.ts';
import { jwtBearer } from '../doors/oauth/token/jwt-bearer.ts';
import { createTokenEndpoint } from '../doors/oauth/token/pipeline.ts';
import { refreshToken } from '../doors/oauth/token/refresh-token.ts';
import { tokenRoutes } from '../doors/oauth/token/routes.ts';
import { createSettle } from '../doors/oauth/token/settle.ts';
import { tokenExchange } from '../doors/oauth/token/token-exchange.ts';
import type { HandOut } from '../rooms/connections/hand-out.store.ts';
import { createIssuing } from '../rooms/connections/issue.store.ts';
import { consentsToAnything } from '../rooms/consent/store.ts';
import { userBehind } from '../rooms/issuers/person.store.ts';
import { seeBudget, takeBudget } from '../rooms/policies/budget.store.ts';
import { createFamilyReader } from '../rooms/tokens/family.store.ts';
import { decoupledGrants } from './decoupled.ts';
import type { Rooms } from './rooms.ts';

/** The token endpoint with every grant. `grantTypes`: what it takes, and so what the metadata says. */
export function tokenDoor(
  { config, rooms, metrics }: { config: Readonly<Config>; rooms: Rooms; metrics: Metrics },
  handOut: HandOut,
): { routes: Route[]; endpoint: ReturnType<typeof createTokenEndpoint>; grantTypes: readonly string[] } {
  const { audit, catalogue, desk } = rooms;
  const { settle, refuse } = createSettle({
    issuer: config.issuer,
    desk,
    roles: () => rooms.roles.current(),
    signer: (alg) => rooms.keys.signer(alg),
    hubStopped: () => rooms.hubStop.current() !== undefined,
    require: {
      db: rooms.database.db,
      takeBudget,
      seeBudget,
      approvals: createApprovals(rooms.want),
      unmet: (needs) => metrics.policyUnmet.inc({ needs }),
    },
  });
  const tenant = (id: string) => rooms.tenants.get(id);
  const grants = [
    authorizationCode({ audit, catalogue }),
    refreshToken({
      audit,
      catalogue,
      family: createFamilyReader(rooms.database),
      user: (id) => rooms.users.get(id),
      tenant,
      childKey: rooms.box.derive('refresh-child/1'),
      reuse: (outcome) => metrics.refreshReuse.inc({ outcome }),
    }),
    ...decoupledGrants(rooms),
    clientCredentials({ audit, catalogue, tenant, agent: (of, { now, origin }) => rooms.agents(of, { now, origin }) }),
    jwtBearer({
      ...rooms,
      tenant,
      agent: rooms.agents,
      person: ({ issuer, subject, claims }, now, by) => userBehind({ db: rooms.database.db, audit }, { issuer, subject, claims, now, by }),
    }),
    tokenExchange({
      audit,
      catalogue,
      tokens: rooms.tokens,
      user: (id) => rooms.users.get(id),
      tenant,
      agent: rooms.agents,
      maxDepth: () => rooms.delegation.current().maxDepth,
      isConnection: (id) => rooms.connections.byId(id) !== undefined,
      issuers: {
        connection: createCredentialIssuer({
          audit,
          tokens: rooms.tokens,
          handOut,
          issue: createIssuing(audit),
          agent: rooms.agents,
          maxDepth: () => rooms.delegation.current().maxDepth,
        }),
        id_jag: createIdJagIssuer({
          ...rooms,
          tenant,
          user: (id) => rooms.users.get(id),
          agent: rooms.agents,
          consents: (of) => consentsToAnything(rooms.database.db, of),
        }),
      },
      observe: (kind, result) => metrics.exchanges.inc({ kind, result }),
    }),
  ];
  const endpoint = createTokenEndpoint({
    audit,
    authenticate: rooms.authentication.forGrant,
    mayRecord: rooms.mayRecord,
    proveKey: (inbound, of) => proveKey({ ...rooms, issuer: config.issuer }, inbound, of),
    grants,
    settle,
    refuse,
    observe({ grantType, result, reason, seconds }) {
      metrics.tokenRequests.inc({ grant_type: grantType, result, reason });
      metrics.tokenSeconds.observe(seconds);
    },
  });
  return { routes: tokenRoutes(endpoint), endpoint, grantTypes: grants.map(({ type }) => type) };
}
