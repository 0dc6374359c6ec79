import { GRANT_TYPES } from '@writ/protocol';
import { polledGrant, type PolledDeps } from './polled.ts';
import type { Grant } from './grant.ts';

/** RFC 8628 §3.4: the device asks again and again until its user has answered. Public clients too: the code is the proof. */
export function deviceCode(deps: PolledDeps): Grant {
  return polledGrant(deps, { type: GRANT_TYPES.device_code, kind: 'device_code', parameter: 'device_code', confidentialOnly: false });
}
