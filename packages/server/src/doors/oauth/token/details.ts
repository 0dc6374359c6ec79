import { fail, ok, type Result } from '../../../base/result.ts';
import { isWithin, type Detail } from '../../../rooms/resources/detail.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import { parseDetails, undeclared } from '../details.ts';
import type { Proof } from './grant.ts';
import type { TokenRequest } from './request.ts';
import { refusal, type Refusal } from './refusal.ts';

/**
 * The details of a token (RFC 9396 §6): all that were granted, or those of them that the request names. A token request can only narrow, for
 * nobody is asked here. What the resource no longer declares is not granted any more; when none is left there is no token, for one without
 * details may allow more than one with them.
 */
export function narrowedDetails(
  { form }: Pick<TokenRequest, 'form'>,
  granted: readonly Detail[] | undefined,
  resource: Resource,
): Result<readonly Detail[] | undefined, Refusal> {
  const asked = parseDetails(form.get('authorization_details'));
  if (!asked.ok) return fail(refusal('invalid_authorization_details', 'details_malformed', asked.error));
  const declared = granted?.filter(({ type }) => resource.detailTypes?.some((known) => known.type === type) === true);
  if (granted !== undefined && declared?.length === 0)
    return fail(refusal('invalid_authorization_details', 'details_unknown', 'The resource no longer knows what was allowed in detail.'));
  if (asked.value === undefined) return ok(declared);
  if (isWithin(asked.value, declared ?? [])) return ok(asked.value);
  return fail(refusal('invalid_authorization_details', 'details_not_granted', 'authorization_details is more than was granted.'));
}

/**
 * The details that a client names where no user was asked for any: nobody has granted them, so a person has to (an approval), and without one
 * they are refused. Only such as the resource declares are worth asking about.
 */
export function proposedDetails(
  { form }: Pick<TokenRequest, 'form'>,
  { resource, mayPropose }: Pick<Proof, 'resource' | 'mayPropose'>,
): Result<readonly Detail[] | undefined, Refusal> {
  const text = mayPropose === true ? form.get('authorization_details') : undefined;
  if (text === undefined) return ok(undefined);
  const asked = parseDetails(text);
  if (!asked.ok) return fail(refusal('invalid_authorization_details', 'details_malformed', asked.error));
  const own = new Set([resource.uri, ...resource.aliases]);
  const fault = undeclared(asked.value ?? [], resource, { match: (uri) => (own.has(uri) ? { resource } : undefined) });
  return fault === undefined ? asked : fail(refusal('invalid_authorization_details', 'details_undeclared', fault));
}

export const NOT_APPROVED: Refusal = refusal(
  'invalid_authorization_details',
  'details_not_granted',
  'Nobody has granted these authorization_details, and no rule has anybody asked for them.',
);
