import { fail, ok } from '../../../base/result.ts';
import type { Check } from './pieces.ts';
import { toClient } from './refusal.ts';

const PROMPTS = new Set(['none', 'login', 'consent', 'select_account']);

/**
 * Attack 024, OIDC Core §3.1.2.1: prompt, max_age, acr_values (voluntary: whoever cannot reach one goes on with the level there is),
 * login_hint; and which tenant, if the client knows.
 */
export const readAsk: Check = ({ parameters }) => {
  const prompts = (parameters.get('prompt') ?? '').split(' ').filter((word) => word !== '');
  if (prompts.some((word) => !PROMPTS.has(word)))
    return fail(toClient('invalid_request', 'prompt', 'prompt is none, or of login, consent and select_account.'));
  const silent = prompts.includes('none');
  if (silent && prompts.some((word) => word !== 'none')) return fail(toClient('invalid_request', 'prompt', 'prompt=none stands alone.'));
  const age = parameters.get('max_age');
  if (age !== undefined && !/^\d{1,9}$/.test(age)) return fail(toClient('invalid_request', 'max_age', 'max_age is a number of seconds.'));
  const acr = (parameters.get('acr_values') ?? '').split(' ').filter((word) => word !== '');
  const email = parameters.get('login_hint');
  const tenant = parameters.get('tenant') ?? parameters.get('organization');
  return ok({
    ask: {
      silent,
      login: prompts.includes('login'),
      consent: prompts.includes('consent'),
      chooseAccount: prompts.includes('select_account'),
      ...(age === undefined ? {} : { maxAge: Number(age) }),
      ...(acr.length === 0 ? {} : { acr }),
      ...(email === undefined ? {} : { email: email.slice(0, 254).toWellFormed() }),
      ...(tenant === undefined ? {} : { tenant }),
    },
  });
};
