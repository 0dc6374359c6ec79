/** Error words of RFC 6749 §5.2 and its extensions that this endpoint may say. */
export type TokenErrorCode =
  | 'invalid_request' | 'invalid_client' | 'invalid_grant' | 'unauthorized_client' | 'unsupported_grant_type' | 'invalid_scope' | 'invalid_target' | 'access_denied';

/** Why nothing is issued. `reason` is the rich word for audit and metrics, `description` the poor one for the caller. */
export type Refusal = { error: TokenErrorCode; reason: string; description: string; decision?: string; evidence?: unknown };

export function refusal(error: TokenErrorCode, reason: string, description: string): Refusal {
  return { error, reason, description };
}
