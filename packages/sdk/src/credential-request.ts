import type { Settings } from './config.ts';
import { ResourceConfigError } from './config.ts';
import type { CredentialOutcome, CredentialRefused, CredentialWish } from './credential.ts';
import { credentialForm, readCredential } from './credential.ts';
import { discoverTokenEndpoint } from './issuer.ts';
import { parseObject } from './json.ts';

/** Asks the hub for a credential of a connection, for whoever the presented token speaks for. */
export type CredentialSource = (subjectToken: string, connection: string, wish?: CredentialWish) => Promise<CredentialOutcome>;

const TIMEOUT = 20_000;
const MAX_CHARACTERS = 256 * 1024;

const AWAY: CredentialRefused = {
  kind: 'refused',
  error: 'temporarily_unavailable',
  description: 'The hub cannot be reached.',
  status: 503,
  requestId: undefined,
  decisionId: undefined,
  retryAfter: undefined,
};

/**
 * The resource server as a client of the hub, exchanging the token it was given (RFC 8693). Nothing is kept: policy is asked at each use, and the
 * hub is where tokens are renewed.
 */
export function createCredentialSource(settings: Settings): CredentialSource {
  const { fetch, clock, issuer, credentials } = settings;
  let endpoint: Promise<string | undefined> | undefined;
  const tokenEndpoint = async (): Promise<string | undefined> => {
    endpoint ??= discoverTokenEndpoint(fetch, issuer);
    const found = await endpoint;
    // A failure is not kept.
    if (found === undefined) endpoint = undefined;
    return found;
  };
  return async (subjectToken, connection, wish = {}) => {
    if (credentials === undefined || !('clientId' in credentials))
      throw new ResourceConfigError('credentials', 'are needed as clientId and clientSecret: the hub gives credentials to clients only');
    const url = await tokenEndpoint();
    if (url === undefined) return AWAY;
    const sentAt = clock();
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { accept: 'application/json', authorization: basicOf(credentials) },
        body: new URLSearchParams(credentialForm(connection, subjectToken, wish)),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const body = await response.text();
      const answer = body.length > MAX_CHARACTERS ? undefined : parseObject(body);
      return answer === undefined ? AWAY : readCredential({ status: response.status, answer, connection, sentAt });
    } catch {
      return AWAY;
    }
  };
}

/** RFC 6749 §2.3.1: both halves are form-encoded first. */
function basicOf({ clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string }): string {
  const encode = (part: string): string => new URLSearchParams([['', part]]).toString().slice(1);
  return `Basic ${btoa(`${encode(clientId)}:${encode(clientSecret)}`)}`;
}
