import { fail, ok, type Result } from '../../../base/result.ts';
import type { Detail } from '../../../rooms/resources/detail.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import { parseDetails } from '../details.ts';
import { narrowedDetails } from './details.ts';
import type { ClientRequest, Proof } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { ExchangeSubject } from './token-exchange-subject.ts';

type Details = Pick<Proof, 'authorizationDetails' | 'mayPropose'>;

/**
 * What was allowed in detail (RFC 9396) stays with the resource that it is about, or becomes less: a token for it without them would allow more than
 * the one that was exchanged. For another resource the client may propose details, which somebody has to approve.
 */
export function exchangedDetails(request: ClientRequest, target: Resource, subject: ExchangeSubject): Result<Details, Refusal> {
  const held = heldFor(target, subject);
  if (held === undefined) return ok({ mayPropose: true });
  const narrowed = narrowedDetails(request, held, target);
  if (!narrowed.ok) return narrowed;
  // The resource knows none of them any more, so nobody could say what the new token allows.
  if (narrowed.value === undefined)
    return fail(refusal('invalid_authorization_details', 'details_unknown', 'The resource no longer knows what was allowed in detail.'));
  return ok({ authorizationDetails: narrowed.value });
}

/** Those of the token, for its own resource; those of the user's grant, when the token comes back to that resource by another way. */
function heldFor(target: Resource, { token, resource, grant }: ExchangeSubject): readonly Detail[] | undefined {
  const claim = token.claims['authorization_details'];
  if (resource?.id === target.id && claim !== undefined) {
    const read = parseDetails(JSON.stringify(claim));
    return read.ok ? read.value : [];
  }
  return resource?.id !== target.id && grant?.resourceId === target.id ? grant.details : undefined;
}
