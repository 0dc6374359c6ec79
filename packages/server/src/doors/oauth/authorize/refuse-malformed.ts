import { fail, ok } from '../../../base/result.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

const LONGEST: Readonly<Record<string, number>> = {
  state: 4_096,
  nonce: 1_024,
  login_hint: 1_000,
  acr_values: 1_000,
  tenant: 256,
  organization: 256,
};

/** Attack 014, RFC 6749 §3.1: every other parameter twice. And what could be neither kept nor answered: a NUL, a state of megabytes. */
export const refuseMalformed: Check = ({ parameters }) => {
  const [twice] = parameters.doubled;
  if (twice !== undefined) return fail(toClient('invalid_request', `doubled:${twice.slice(0, 40)}`, 'A parameter stands twice.'));
  for (const [name, values] of Object.entries(parameters.raw)) {
    if (name.includes('\0') || values.some((value) => value.includes('\0')))
      return fail(toClient('invalid_request', 'nul', 'A parameter holds a NUL.'));
    if (values.some((value) => value.length > (LONGEST[name] ?? 8_192)))
      return fail(toClient('invalid_request', `too_long:${name.slice(0, 40)}`, 'A parameter is too long.'));
  }
  return ok({ nonce: parameters.get('nonce') });
};
