import type { Route } from '../../base/http/route.ts';
import { json } from '../../base/http/message.ts';
import { route } from '../../base/http/route.ts';
import { metadata, PATHS } from './metadata.ts';
import { pollRoute, type PollDoorDeps } from './poll.ts';
import { receiveRoute, type ReceiveDoorDeps } from './receive.ts';
import { statusRoutes } from './status.ts';
import { configurationRoutes, type ManageDeps } from './configuration.ts';
import { subjectRoutes } from './subjects.ts';

export type SsfDoorDeps = ManageDeps & PollDoorDeps & ReceiveDoorDeps;

/** Shared signals: the transmitter's document and management API (SSF 1.0), the poll endpoint (RFC 8936), and where others push to us (RFC 8935). */
export function ssfRoutes(deps: SsfDoorDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: PATHS.metadata,
      access: 'public',
      audit: { none: 'a public document' },
      summary: 'Metadata of the transmitter (SSF 1.0)',
      cors: 'any',
      handle: () => json(200, metadata(deps.issuer), { 'cache-control': 'public, max-age=300' }),
    }),
    ...configurationRoutes(deps),
    ...statusRoutes(deps),
    ...subjectRoutes(deps),
    pollRoute(deps),
    receiveRoute(deps),
  ];
}
