import { formula } from '../formula.ts';
import { meaning, NEXT, type NodeOf } from '../meaning.ts';
import { evaluateAll, formulaFailed, leave } from '../move.ts';
import { record } from '../shape.ts';

/** Claims that say what the hub itself vouches for (RFC 7519 §4.1, RFC 9068 §2.2, RFC 8693 §4, RFC 9396, OIDC Core §2; ours). */
export const RESERVED_CLAIMS: readonly string[] = (
  'iss sub aud exp nbf iat jti client_id azp scope act may_act cnf authorization_details ' +
  'auth_time acr amr nonce at_hash c_hash s_hash sid events typ email email_verified ' +
  'tenant tenants dct roles permissions groups entitlements agent grant_id txn lineage ident approval_id'
).split(' ');

const fields = { claims: record(formula('any'), { refuse: RESERVED_CLAIMS, most: 30 }) };
export type SetClaimsNode = NodeOf<'setClaims', typeof fields>;

export const setClaims = meaning('setClaims', fields, {
  says: 'Puts values into the token, and before policy as jwtClaims.',
  asks: 'nobody',
  branches: () => [NEXT, { name: 'failed', required: false, says: 'ends with server_error' }],
  enter: (at) => {
    const given = evaluateAll(at, at.node.claims);
    if (!given.ok) return formulaFailed(at, given.reason);
    return leave({ ...at.state, claims: { ...at.state.claims, ...given.value } });
  },
});
