import type { AuthInfo, OAuthTokenVerifier } from '@modelcontextprotocol/server';
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import type { Refused, Resource } from '@writ/sdk';
import { toAuthInfo } from './auth-info.ts';

async function verifyOrThrow(resource: Resource, token: string, fault: (message: string, refused: Refused) => Error): Promise<AuthInfo> {
  const verified = await resource.verify(token);
  if (!verified.ok) throw fault(resource.refuse(verified).body.error_description, verified);
  return toAuthInfo(resource, token, verified.caller);
}

/**
 * For `requireBearerAuth` of `@modelcontextprotocol/server` 2.x, where a server guards itself. It sees only the token, so it knows no tools:
 * `protectMcp` does more.
 */
export function createTokenVerifier(resource: Resource): OAuthTokenVerifier {
  const codeOf = (refused: Refused): OAuthErrorCode =>
    refused.error === 'invalid_token' ? OAuthErrorCode.InvalidToken : OAuthErrorCode.ServerError;
  return { verifyAccessToken: (token) => verifyOrThrow(resource, token, (message, refused) => new OAuthError(codeOf(refused), message)) };
}

type ErrorClass = new (message: string) => Error;

/** The error classes of `@modelcontextprotocol/sdk` 1.x (`server/auth/errors.js`). They are passed in, because its middleware asks `instanceof`. */
export type V1Errors = { readonly InvalidTokenError: ErrorClass; readonly ServerError: ErrorClass };

/** What `requireBearerAuth` of `@modelcontextprotocol/sdk` 1.x takes as `verifier`. */
export type V1TokenVerifier = { verifyAccessToken(token: string): Promise<AuthInfo> };

/** For servers that still use version 1 of the MCP SDK. */
export function createV1TokenVerifier(resource: Resource, errors: V1Errors): V1TokenVerifier {
  return {
    verifyAccessToken: (token) =>
      verifyOrThrow(resource, token, (message, refused) =>
        refused.error === 'invalid_token' ? new errors.InvalidTokenError(message) : new errors.ServerError(message),
      ),
  };
}
