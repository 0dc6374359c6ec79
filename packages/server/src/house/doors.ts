import { sql } from 'kysely';
import type { Clock } from '../base/clock.ts';
import { row } from '../base/db.ts';
import type { Route } from '../base/http/route.ts';
import type { Log } from '../base/log.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Config } from '../config.ts';
import { accountRoutes } from '../doors/account/routes.ts';
import type { Configurator } from '../doors/admin/configurator.ts';
import { createAdminDoor } from '../doors/admin/door.ts';
import { adminOwnRoutes } from '../doors/admin/routes.ts';
import { consoleLink } from '../doors/console/link.ts';
import { devMailRoutes } from '../doors/console/mail.ts';
import { consoleRoutes } from '../doors/console/routes.ts';
import { openSite } from '../doors/console/site.ts';
import { healthRoutes } from '../doors/health/routes.ts';
import { linkRoutes } from '../doors/journey/links.ts';
import { journeyRoutes } from '../doors/journey/routes.ts';
import { authorizeRoutes } from '../doors/oauth/authorize/routes.ts';
import { registerRoutes } from '../doors/oauth/register.ts';
import { createSignalBell } from '../doors/signals/stream.ts';
import { hubAuthor } from '../rooms/audit/author.ts';
import { adminDeps, adminTable, configuratorOf, hubSettingsOf } from './admin.ts';
import { brokerDoor } from './broker.ts';
import { decideDoor } from './decide.ts';
import { decoupledDoors } from './decoupled.ts';
import { tokenDoor } from './grants.ts';
import { handOutOf } from './hand-out.ts';
import { oauthEndpoints } from './oauth.ts';
import { proxyDoor } from './proxy.ts';
import type { Rooms } from './rooms.ts';
import { createScrape } from './scrape.ts';
import { signalDoor } from './signals.ts';
import { ssfDoor } from './ssf.ts';

export type DoorParts = { config: Readonly<Config>; clock: Clock; log: Log; rooms: Rooms; metrics: Metrics; accepting(): boolean };

export type Doors = { routes: Route[]; configurator: Configurator; endStreams(): void; consoleLink(user: string): Promise<string> };

export function doorsOf(parts: DoorParts): Doors {
  const { config, rooms, metrics } = parts;
  const { db } = rooms.database;
  const { issuer } = config;
  const bell = createSignalBell(rooms.feed);
  const common = { ...rooms, db, issuer, clock: parts.clock };
  const configurator = configuratorOf(parts);
  const admin = adminDeps(parts);
  const handOut = handOutOf(parts);
  const tokens = tokenDoor(parts, handOut);
  const routes: Route[] = [
    ...healthRoutes({
      ping: () => row(db, sql`SELECT 1`),
      accepting: parts.accepting,
      metrics: createScrape({ db, clock: parts.clock, log: parts.log, metrics, streams: () => bell.count() }),
    }),
    ...authorizeRoutes(common),
    ...journeyRoutes(common),
    ...linkRoutes(common),
    ...accountRoutes(common),
    ...registerRoutes({
      issuer,
      registrations: rooms.registrations,
      knocks: rooms.knocks,
      onRegistration: (result) => metrics.registrations.inc({ type: 'dcr', result }),
    }),
    ...tokens.routes,
    ...proxyDoor(parts, handOut),
    ...brokerDoor(rooms, issuer),
    ...decoupledDoors(rooms, issuer),
    ...oauthEndpoints(parts, tokens.grantTypes),
    ...consoleRoutes({
      ...common,
      token: tokens.endpoint,
      judge: admin.judge,
      desk: rooms.desk,
      site: openSite(undefined, config.mode === 'dev'),
    }),
    ...(config.mode === 'dev' ? devMailRoutes(rooms) : []),
    ...signalDoor(parts, bell),
    ...ssfDoor(parts),
    ...decideDoor(parts, admin),
    ...createAdminDoor(admin)([
      ...adminTable(parts),
      ...adminOwnRoutes({ db, issuer, configurator, hubSettings: hubSettingsOf(rooms), table: () => routes }),
    ]),
  ];
  return {
    routes,
    configurator,
    endStreams: () => bell.endAll(),
    consoleLink: (user) => consoleLink(common, user, 'all', hubAuthor('console-link')),
  };
}
