import type { Ask, Method, Notice, Proof } from '@writ/flow';
import type { StepUp } from '@writ/policy';
import type { Unmet } from '../policies/requirements.ts';
import { SINGLE_FACTOR } from '../users/events.ts';

/** What a login by each way proves. */
const PROVES: Readonly<Record<Method, { acr: string; amr: string; notice: Notice }>> = {
  password: { acr: SINGLE_FACTOR, amr: 'pwd', notice: 'step_up_password' },
  email_code: { acr: SINGLE_FACTOR, amr: 'otp', notice: 'step_up_code' },
};

/** Levels of sign-in that this login has not reached: what policy holds scopes back for, and what the client asked for (`acr_values`). */
export function missingLevels(withheld: readonly Unmet[], ask: Pick<Ask, 'acr'>, proof: Pick<Proof, 'acr'>): StepUp[] {
  const byPolicy = withheld.flatMap(({ needs, require }) => (needs === 'stepUp' && require.stepUp !== undefined ? [require.stepUp] : []));
  return ask.acr === undefined || ask.acr.includes(proof.acr) ? byPolicy : [...byPolicy, { acr: ask.acr }];
}

/** How the sign-in page asks for one of these levels; undefined: no way of signing in here reaches any, and asking would only annoy. */
export function noticeFor(needs: readonly StepUp[], methods: readonly Method[]): Notice | undefined {
  return methods.map((method) => PROVES[method]).find((proves) => needs.some((need) => reaches(need, proves)))?.notice;
}

/** `true` is more than one factor, and there is no way to more than one yet. */
function reaches(need: StepUp, { acr, amr }: { acr: string; amr: string }): boolean {
  if (need === true) return false;
  return (need.acr === undefined || need.acr.includes(acr)) && (need.amr === undefined || need.amr.every((method) => method === amr));
}
