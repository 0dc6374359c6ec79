import type { Route } from '../base/http/route.ts';
import { deviceDoorRoutes } from '../doors/journey/device.ts';
import { backchannelRoutes } from '../doors/oauth/backchannel.ts';
import { deviceRoutes } from '../doors/oauth/device.ts';
import { ciba } from '../doors/oauth/token/ciba.ts';
import { deviceCode } from '../doors/oauth/token/device-code.ts';
import type { Grant } from '../doors/oauth/token/grant.ts';
import type { Rooms } from './rooms.ts';

/** Grants whose user answers elsewhere. */
export function decoupledGrants(rooms: Rooms): Grant[] {
  const deps = { ...rooms, db: rooms.database.db };
  return [deviceCode(deps), ciba(deps)];
}

export function decoupledDoors(rooms: Rooms, issuer: string): Route[] {
  const deps = { ...rooms, issuer };
  return [...deviceRoutes(deps), ...deviceDoorRoutes(deps), ...backchannelRoutes(deps)];
}
