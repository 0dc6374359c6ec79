import type { StepUpRequired } from './outcome.ts';
import { words } from './json.ts';

export type Challenge = Readonly<Record<string, string>>;

const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g;
const MAX_HEADER = 8 * 1024;

/** The parameters of the Bearer or DPoP challenge in a `WWW-Authenticate` header (RFC 9110 §11.6.1); empty without one. */
export function readChallenge(header: string | null): Challenge {
  if (header === null || header.length > MAX_HEADER) return {};
  const from = /(?:^|,)\s*(?:bearer|dpop)\b/i.exec(header);
  if (from === null) return {};
  const found = [...header.slice(from.index).matchAll(PARAMETER)].map(([, name = '', quoted, plain = '']): [string, string] => [
    name.toLowerCase(),
    quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'),
  ]);
  // The first of a name counts: a second challenge of another scheme may follow.
  return Object.fromEntries(found.toReversed());
}

/** What a resource asks for before it serves: more scopes (RFC 6750 §3.1) or another login (RFC 9470 §3). Undefined when it is no such answer. */
export function stepUpIn(status: number, challenge: Challenge): StepUpRequired | undefined {
  const { error, error_description: description, scope, acr_values: acr, max_age: age } = challenge;
  const isScope = status === 403 && error === 'insufficient_scope';
  const isLogin = (status === 401 || status === 403) && error === 'insufficient_user_authentication';
  if (!isScope && !isLogin) return undefined;
  const maxAge = age !== undefined && /^\d{1,9}$/.test(age) ? Number(age) : undefined;
  return { kind: 'stepUpRequired', by: 'resource', acrValues: words(acr), maxAge, scope: words(scope), description };
}
