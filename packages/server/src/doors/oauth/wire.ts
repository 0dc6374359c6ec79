import type { OAuthErrorCode } from '@writ/protocol';
import { json, type Reply } from '../../base/http/message.ts';

/** An OAuth error on its way out. `description` is for developers; the rich reason stays in the audit entry. */
export type OAuthError = {
  status: number;
  error: OAuthErrorCode;
  description: string;
  requestId: string;
  headers?: Reply['headers'];
  /** Where a policy spoke. */
  decisionId?: string | undefined;
  extra?: Readonly<Record<string, unknown>>;
};

/** RFC 6749 §5.2 JSON, not cached, with the request's id. */
export function oauthError({ status, error, description, requestId, headers, decisionId, extra }: OAuthError): Reply {
  const body = {
    error,
    error_description: asciiDescription(description),
    ...extra,
    ...(decisionId === undefined ? {} : { decision_id: decisionId }),
    request_id: requestId,
  };
  return json(status, body, headers);
}

/** RFC 6749 §5.2 allows %x20-21 / %x23-5B / %x5D-7E: no quote, no backslash, nothing a log or a page could trip over. */
export function asciiDescription(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
}

/** Bad client authentication: 401 with a challenge (RFC 6749 §5.2), so that a client that used Basic learns which realm refused it. */
export function invalidClient(requestId: string, description = 'Client authentication failed.'): Reply {
  return oauthError({
    status: 401,
    error: 'invalid_client',
    description,
    requestId,
    headers: { 'www-authenticate': 'Basic realm="writ", charset="UTF-8"' },
  });
}
