import type { AuthorizationErrorCode } from '@writ/protocol';

/** What goes back to the client in the query of its redirect URI. */
export type AuthorizationResponse = { code: string } | { error: AuthorizationErrorCode; error_description?: string };

/**
 * The address that ends an authorization: the registered redirect URI to the letter, our parameters behind its own query, `state` as it
 * came, `iss` in answers good and bad (RFC 9207 §2), so that a client of several servers cannot be mixed up.
 */
export function responseLocation(
  to: { redirectUri: string; state?: string | undefined; iss?: string | undefined },
  response: AuthorizationResponse,
): string {
  const query = new URLSearchParams('error' in response ? { error: response.error } : { code: response.code });
  if ('error' in response && response.error_description !== undefined)
    query.append('error_description', plainDescription(response.error_description));
  if (to.state !== undefined) query.append('state', to.state);
  if (to.iss !== undefined) query.append('iss', to.iss);
  const joint = to.redirectUri.includes('?') ? (/[?&]$/.test(to.redirectUri) ? '' : '&') : '?';
  return `${to.redirectUri}${joint}${query.toString()}`;
}

/** RFC 6749 §4.1.2.1: %x20-21 / %x23-5B / %x5D-7E. */
function plainDescription(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^ -!#-[\]-~]/g, '?');
}
