import { isTime } from '../issuers/judge.ts';
import { textsOf } from '../issuers/patterns.ts';
import { MULTI_FACTOR, SINGLE_FACTOR } from '../users/events.ts';
import type { Provider } from './provider.ts';

/** RFC 8176 §2: words that anybody may read. What a provider made up itself stays with it. */
const AMR = new Set([
  'face',
  'fpt',
  'geo',
  'hwk',
  'iris',
  'kba',
  'mca',
  'mfa',
  'otp',
  'pin',
  'pop',
  'pwd',
  'rba',
  'retina',
  'sc',
  'sms',
  'swk',
  'tel',
  'user',
  'vbm',
  'wia',
]);

export type Level = { amr: readonly string[]; acr: string; authTime?: number };

/**
 * How strong the sign-in was, as far as this provider is believed. What counts as a second factor has to be said by an administrator: a provider
 * that claims one by itself would open whatever asks for two. `authTime` in milliseconds: only where it was asked for, and so within what was asked.
 */
export function levelOf(provider: Provider, claims: Readonly<Record<string, unknown>>, maxAge: number | undefined): Level {
  const { acr, amr, auth_time: authTime } = claims;
  const said = textsOf(amr);
  const { secondFactor, users } = provider;
  const two = (typeof acr === 'string' && secondFactor.acr.includes(acr)) || said.some((word) => secondFactor.amr.includes(word));
  const believed = users.believeLogin ? said.filter((word) => AMR.has(word) && (word !== 'mfa' || two)) : [];
  return {
    amr: [...new Set([...believed, ...(two ? ['mfa'] : [])])],
    acr: two ? MULTI_FACTOR : SINGLE_FACTOR,
    ...(maxAge !== undefined && isTime(authTime) ? { authTime: authTime * 1000 } : {}),
  };
}
