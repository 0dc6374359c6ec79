import type { Requirement } from '@writ/policy';
import { MULTI_FACTOR } from '../users/events.ts';
import type { Need, Unmet } from './requirements.ts';

/** What helps soonest is said first: the client can send a proof by itself, a person is asked for the rest, time heals a budget. */
const ORDER: readonly Need[] = ['proofOfPossession', 'stepUp', 'reconsent', 'approval', 'budget'];

/** Of all that stood in the way, what the answer speaks of. There is something, or nobody was refused. */
export function soonest(unmet: readonly Unmet[]): Unmet {
  const first = ORDER.map((needs) => unmet.find((one) => one.needs === needs)).find((one) => one !== undefined);
  if (first === undefined) throw new Error('nothing is left, and nothing stood in the way');
  return first;
}

/** RFC 9470 §4: what to ask for at the authorization endpoint. A level that is named by its methods alone has no word there but a fresh login. */
export function stepUpChallenge(need: Requirement['stepUp']): Record<string, unknown> {
  const acr = need === true || need === undefined ? [MULTI_FACTOR] : need.acr;
  return acr === undefined ? { max_age: 0 } : { acr_values: acr.join(' ') };
}

/** What an answer says of when to come again, in its body and as RFC 9110 §10.2.3 does. Seconds. */
export function retryIn(seconds: number): { extra: Record<string, number>; headers: Record<string, string> } {
  return { extra: { retry_after: seconds }, headers: { 'retry-after': String(seconds) } };
}
