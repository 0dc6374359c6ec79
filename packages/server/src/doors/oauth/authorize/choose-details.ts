import { fail, ok } from '../../../base/result.ts';
import { parseDetails, undeclared } from '../details.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

/** RFC 9396 §3: what is to be allowed in detail. A person is asked about it in the words of its type, so there must be a type. */
export const chooseDetails: Check = ({ parameters }, { resource }, { resources }) => {
  if (resource === undefined) throw new Error('details are chosen after the resource');
  const refused = (reason: string, description: string) => fail(toClient('invalid_authorization_details', reason, description));
  const details = parseDetails(parameters.get('authorization_details'));
  if (!details.ok) return refused('details_malformed', details.error);
  if (details.value === undefined) return ok({ details: undefined });
  const fault = undeclared(details.value, resource, resources);
  return fault === undefined ? ok({ details: details.value }) : refused('details_undeclared', fault);
};
