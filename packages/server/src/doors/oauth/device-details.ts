import { parseJson } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { AuthorizationDetail } from '../../rooms/tokens/facts.ts';

/** More than a person can read before saying yes. */
const MAX_LENGTH = 8_192;
const MAX_DETAILS = 20;

/** `authorization_details` (RFC 9396 §2): a list of objects that each say their type. The error is for developers. */
export function readDetails(text: string | undefined): Result<readonly AuthorizationDetail[] | undefined, string> {
  if (text === undefined) return ok(undefined);
  if (text.length > MAX_LENGTH) return fail('authorization_details is too long.');
  const read = parseJson(text, 8);
  if (!read.ok) return fail('authorization_details is no JSON.');
  const { value } = read;
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_DETAILS)
    return fail(`authorization_details is a list of 1 to ${MAX_DETAILS} objects.`);
  const details = value.filter(isDetail);
  return details.length === value.length ? ok(details) : fail('Each of authorization_details is an object with a type.');
}

function isDetail(value: unknown): value is AuthorizationDetail {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && value.type !== '';
}
