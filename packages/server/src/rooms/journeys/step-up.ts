import type { Ask, Demand, JourneyProof, Notice } from '@writ/flow';
import type { StepUp } from '@writ/policy';
import type { Unmet } from '../policies/requirements.ts';
import { MULTI_FACTOR, SINGLE_FACTOR } from '../users/events.ts';
import { AMR, amrOfBoth, hasSecond, isFresh, type Factors } from '../users/factor.ts';

/** What a login by each way proves, as far as the hub can know beforehand. */
const PROVES: Readonly<Record<string, { level: Level; notice: Notice }>> = {
  password: { level: { acr: SINGLE_FACTOR, amr: ['pwd'] }, notice: 'step_up_password' },
  email_code: { level: { acr: SINGLE_FACTOR, amr: ['otp'] }, notice: 'step_up_code' },
};

type Level = { acr: string; amr: readonly string[] };
/** `policy`: what scopes are held back for. `client`: what the client would like (`acr_values`), which is no reason to set anything up. */
export type Missing = { policy: readonly StepUp[]; client: readonly StepUp[] };
/** `page`: of the sign-in, where it opens with another than the first. */
export type Way = { notice: Notice; demand: Demand; page?: 'second' | 'enrol'; again?: true };

/** A sign-in that was not there before, however strong the open session is. */
const NEW: Demand = { fresh: true };
const BOTH: Demand = { acr: [MULTI_FACTOR] };

/** Levels of sign-in that this login has not reached. */
export function missingLevels(withheld: readonly Unmet[], ask: Pick<Ask, 'acr'>, proof: Pick<JourneyProof, 'acr'>): Missing {
  const policy = withheld.flatMap(({ needs, require }) => (needs === 'stepUp' && require.stepUp !== undefined ? [require.stepUp] : []));
  return { policy, client: ask.acr === undefined || ask.acr.includes(proof.acr) ? [] : [{ acr: ask.acr }] };
}

/**
 * How to reach one of these levels, the least trouble first: the second factor that this person has, another first one, a second one that is
 * set up now. Undefined: none reaches any, and asking would only annoy. Setting one up wants a fresh sign-in, or whoever finds an open browser
 * would own the account's second factor. `mayEnrol`: the sign-in is good for all that this person is (rooms/users, I15).
 */
export function wayTo(
  missing: Missing,
  of: { proof: JourneyProof; methods: readonly string[]; factors: Factors; mayEnrol: boolean; now: number },
): Way | undefined {
  const { proof, methods, factors, mayEnrol, now } = of;
  const wanted = [...missing.policy, ...missing.client];
  const onTop = (amr: readonly string[]): Level => ({ acr: MULTI_FACTOR, amr: amrOfBoth(proof.amr, amr) });
  const owned = [...(factors.totp === undefined ? [] : [AMR.code]), ...(factors.passkeys.length === 0 ? [] : [AMR.passkey])];
  if (owned.some((amr) => wanted.some((need) => reaches(need, onTop(amr)))))
    return { page: 'second', notice: 'step_up_second', demand: BOTH };
  const another = methods.flatMap((method) => PROVES[method] ?? []).find(({ level }) => wanted.some((need) => reaches(need, level)));
  if (another !== undefined) return { notice: another.notice, demand: NEW };
  if (!mayEnrol || hasSecond(factors) || !missing.policy.some((need) => reaches(need, onTop(AMR.code)))) return undefined;
  return isFresh(proof, now)
    ? { page: 'enrol', notice: 'step_up_enrol', demand: BOTH }
    : { notice: 'step_up_fresh', demand: NEW, again: true };
}

/** `true` is more than one factor. */
function reaches(need: StepUp, { acr, amr }: Level): boolean {
  if (need === true) return acr === MULTI_FACTOR;
  return (need.acr === undefined || need.acr.includes(acr)) && (need.amr === undefined || need.amr.every((method) => amr.includes(method)));
}
