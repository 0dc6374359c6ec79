import type { Route } from '../base/http/route.ts';
import type { Config } from '../config.ts';
import { byAdminToken } from '../doors/admin/principal.ts';
import { introspectRoutes } from '../doors/oauth/introspect.ts';
import { jwksRoutes } from '../doors/oauth/jwks.ts';
import { logoutRoutes } from '../doors/oauth/logout.ts';
import { metadataRoutes } from '../doors/oauth/metadata.ts';
import { revokeRoutes } from '../doors/oauth/revoke.ts';
import { userinfoRoutes } from '../doors/oauth/userinfo.ts';
import type { Rooms } from './rooms.ts';

/** The endpoints of the authorization server beside authorize, token and register. */
export function oauthEndpoints({ config, rooms }: { config: Readonly<Config>; rooms: Rooms }, grantTypes: readonly string[]): Route[] {
  const { issuer, adminToken } = config;
  const { db } = rooms.database;
  const needs = { ...rooms, db, issuer, grantTypes };
  return [
    ...metadataRoutes(needs),
    ...jwksRoutes(needs),
    ...introspectRoutes({ ...needs, administrator: (bearer) => byAdminToken(adminToken, bearer)?.id }),
    ...revokeRoutes({ ...needs, childKey: rooms.box.derive('refresh-child/1') }),
    ...userinfoRoutes(needs),
    ...logoutRoutes(needs),
  ];
}
