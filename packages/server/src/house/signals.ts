import type { Clock } from '../base/clock.ts';
import { bearerIn } from '../base/http/message.ts';
import type { Route } from '../base/http/route.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Config } from '../config.ts';
import { byAdminToken } from '../doors/admin/principal.ts';
import { invalidClient } from '../doors/oauth/wire.ts';
import { signalDoorRoutes, type SignalDoorDeps } from '../doors/signals/routes.ts';
import type { SignalBell } from '../doors/signals/stream.ts';
import { serverBehind } from '../rooms/clients/server.http.ts';
import { LONGEST_TOKEN_MS } from '../rooms/keys/key.ts';
import type { Rooms } from './rooms.ts';

type SignalParts = { config: Readonly<Config>; clock: Clock; rooms: Rooms; metrics: Metrics };

/** The signal door, and who may listen at it: the admin token, and clients that an administrator made. */
export function signalDoor({ config, clock, rooms, metrics }: SignalParts, bell: SignalBell): Route[] {
  const { database, audit, authentication } = rooms;
  const receiver: SignalDoorDeps['receiver'] = async (request, now) => {
    const administrator = byAdminToken(config.adminToken, bearerIn(request));
    if (administrator !== undefined) return { ok: true, receiver: { id: administrator.id, tenants: [] } };
    const server = await serverBehind(authentication, request, now);
    if (!server.ok) return { ok: false, reply: invalidClient(request.requestId) };
    const { id, tenants } = server.value;
    return { ok: true, receiver: { id, tenants } };
  };
  const observePropagation = (seconds: number): void => metrics.signalPropagation.observe(seconds);
  return signalDoorRoutes({ database, audit, clock, bell, receiver, longestTokenTtl: LONGEST_TOKEN_MS / 1000, observePropagation });
}
