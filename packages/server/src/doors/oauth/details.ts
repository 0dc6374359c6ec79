import { parseJson } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { detailFault, type Detail } from '../../rooms/resources/detail.ts';
import type { Resource } from '../../rooms/resources/resource.ts';

/** More than a person can read before saying yes. */
const MAX_LENGTH = 8_192;
const MAX_DETAILS = 20;

/** `authorization_details` (RFC 9396 §2): a list of objects that each say their type. The error is for developers. */
export function parseDetails(text: string | undefined): Result<readonly Detail[] | undefined, string> {
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

function isDetail(value: unknown): value is Detail {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && value.type !== '';
}

type Catalogue = { match(requested: string): { resource: Resource } | undefined };

/** RFC 9396 §5: each detail is of a type that the resource declares, looks like one, and is about no other resource. */
export function undeclared(details: readonly Detail[], resource: Resource, catalogue: Catalogue): string | undefined {
  for (const detail of details) {
    const known = resource.detailTypes?.find(({ type }) => type === detail.type);
    if (known === undefined) return `The resource knows no details of type ${detail.type.slice(0, 100)}.`;
    const fault = detailFault(detail, known);
    if (fault !== undefined) return `${fault}.`;
    const { locations } = detail;
    const elsewhere =
      Array.isArray(locations) && locations.some((one) => typeof one !== 'string' || catalogue.match(one)?.resource.id !== resource.id);
    if (elsewhere) return 'The locations of a detail are the resource that the request is for.';
  }
  return undefined;
}
