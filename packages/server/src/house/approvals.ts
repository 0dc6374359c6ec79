import type { Database } from '../base/db.ts';
import type { Route } from '../base/http/route.ts';
import type { SecretBox } from '../base/secretbox.ts';
import { deviceDoorRoutes } from '../doors/journey/device.ts';
import { deviceRoutes } from '../doors/oauth/device.ts';
import { ciba } from '../doors/oauth/token/ciba.ts';
import { deviceCode } from '../doors/oauth/token/device-code.ts';
import type { Grant } from '../doors/oauth/token/grant.ts';
import { createDevices } from '../rooms/approvals/device.store.ts';
import { createAllowances } from '../rooms/approvals/limits.store.ts';
import type { Audit } from '../rooms/audit/store.ts';
import type { Rooms } from './rooms.ts';

type ApprovalParts = { database: Database; audit: Audit; box: SecretBox };

/** The room where people are asked for decisions outside an agent's session. */
export function approvalsOf({ database, audit, box }: ApprovalParts) {
  const key = box.derive('approvals/1');
  const allowances = createAllowances({ db: database.db, key });
  return { devices: createDevices({ database, audit, allowances, key }) };
}

/** Grants whose user answers elsewhere. */
export function decoupledGrants(rooms: Rooms): Grant[] {
  const deps = { ...rooms, db: rooms.database.db };
  return [deviceCode(deps), ciba(deps)];
}

export function decoupledDoors(rooms: Rooms, issuer: string): Route[] {
  const deps = { ...rooms, issuer };
  return [...deviceRoutes(deps), ...deviceDoorRoutes(deps)];
}
