import type { AuthorizationErrorCode } from '@writ/protocol';
import type { Client } from '../../../rooms/clients/client.ts';
import type { Parameters } from './parameters.ts';

/**
 * Why a request is not followed. `page`: told to the person, because nobody knows yet that the redirect URI is the client's (RFC 6749
 * §4.1.2.1); `client`: told to the client by redirect. `description` is for developers, `reason` for auditors.
 */
export type Refusal = { to: 'page' | 'client'; error: AuthorizationErrorCode; description: string; reason: string };

export const toPage = (error: AuthorizationErrorCode, reason: string, description: string): Refusal => ({
  to: 'page',
  error,
  reason,
  description,
});
export const toClient = (error: AuthorizationErrorCode, reason: string, description: string): Refusal => ({
  to: 'client',
  error,
  reason,
  description,
});

/** A request whose client and redirect URI are known to belong together: from here on the client can be told. */
export type Addressed = {
  parameters: Parameters;
  client: Client;
  redirectUri: string;
  /** Absent when it was sent twice: which of the two is the client's, nobody knows. */
  state: string | undefined;
  /** Digest of the pushed request that the parameters came from. */
  pushed: string | undefined;
  /** The client signed it; `once`: it leads to one code at most. */
  signed?: boolean;
  once?: { jti: string; expiresAt: number } | undefined;
  /** It names a request that cannot be opened, but the redirect URI beside it is the client's, so the client can be told. */
  fault?: Refusal;
};
