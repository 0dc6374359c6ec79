import { GRANT_TYPES } from '@writ/protocol';
import { polledGrant, type PolledDeps } from './polled.ts';
import type { Grant } from './grant.ts';

/** CIBA §10.1, poll and ping mode: in both the client comes and fetches. */
export function ciba(deps: PolledDeps): Grant {
  return polledGrant(deps, { type: GRANT_TYPES.ciba, kind: 'ciba', parameter: 'auth_req_id', confidentialOnly: true });
}
