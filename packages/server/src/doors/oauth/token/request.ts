import { originOf, type Inbound } from '../../../base/http/message.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { EventOrigin } from '../../../rooms/audit/event.ts';
import { parseScope } from '../../../rooms/resources/narrow.ts';
import { parseForm, type Form } from '../form.ts';
import { refusal, type Refusal } from './refusal.ts';

/** A token request after its form was read once. After this line nobody looks at raw input. */
export type TokenRequest = {
  grantType: string;
  form: Form;
  authorization: string | undefined;
  /** Undefined: no `scope` parameter. */
  scope: readonly string[] | undefined;
  /** `resource` (RFC 8707) or, as some clients call it, `audience`; once each. */
  targets: readonly string[];
  origin: EventOrigin;
  ip: string;
  now: number;
};

export function readTokenRequest(request: Inbound, now: number): Result<TokenRequest, Refusal> {
  if (request.query !== '') return fail(refusal('invalid_request', 'query_parameters', 'Parameters belong in the body, never in the URL.'));
  const parsed = parseForm(request);
  if (!parsed.ok) return fail(refusal('invalid_request', 'unreadable_form', parsed.error.sentence));
  const form = parsed.value;
  const grantType = form.get('grant_type');
  if (grantType === undefined) return fail(refusal('invalid_request', 'no_grant_type', 'The parameter grant_type is missing.'));
  const wanted = form.get('scope');
  const scope = wanted === undefined ? undefined : parseScope(wanted);
  if (wanted !== undefined && scope === undefined)
    return fail(refusal('invalid_scope', 'malformed_scope', 'The scope parameter is malformed or too long.'));
  const resources = form.all('resource');
  const targets = [...new Set(resources.length > 0 ? resources : form.all('audience'))];
  return ok({
    grantType,
    form,
    authorization: request.header('authorization'),
    scope,
    targets,
    origin: originOf(request),
    ip: request.ip,
    now,
  });
}

/**
 * The scopes that a request names, for a grant that gives no refresh token: many clients add `offline_access` to whatever they ask for, and alone it asks for
 * nothing. `besides`: what else is no scope of a resource here.
 */
export function namedScopes(scope: readonly string[] | undefined, besides: readonly string[] = []): readonly string[] | undefined {
  const rest = scope?.filter((name) => name !== 'offline_access' && !besides.includes(name));
  return rest?.length === 0 ? undefined : rest;
}
