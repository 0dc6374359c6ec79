import type { First, Notice } from '@writ/flow';
import { amrOfBoth, hasSecond } from '../users/factor.ts';
import type { SecondFailure } from '../users/factors.store.ts';
import { findUser } from '../users/store.ts';
import type { User } from '../users/user.ts';
import { event, impossible, type Answered, type Handler } from './answered.store.ts';
import type { JourneysDeps, Posted, Visit } from './deps.store.ts';
import { clientOf, type Journey } from './journey.ts';
import { passkeyNotice, secondContext } from './passkey.store.ts';
import { afterSecond } from './signed-in.store.ts';

/** A page of the second factor came back: a code, a factor that is set up, codes that were put away. */
export const second: Handler = async (deps, journey, visit, posted) => {
  const { mode } = journey.state;
  if (mode === 'recovery') return posted.action === 'continue' ? event({ kind: 'recoveryKept' }) : impossible('unknown_action');
  // Sent without a code, the offer to set one up is declined: a browser would not have sent it, and a program that fills in forms has none.
  const declined = mode === 'enrol' && posted.action === 'continue' && journey.state.first === undefined && (posted.code ?? '') === '';
  if (posted.action === 'skip' || declined) return event({ kind: 'secondSkipped' });
  const byPasskey = posted.action === 'passkey' && mode === 'second';
  if (posted.action !== 'continue' && !byPasskey) return impossible('unknown_action');
  const first = firstOf(journey);
  const user = first === undefined ? undefined : await findUser(deps.db, first.userId);
  if (first === undefined || user === undefined) return impossible('no_page_here');
  if (user.state !== 'active') return event({ kind: 'notSignedIn', notice: 'frozen' });
  return mode === 'enrol' ? enrol(deps, journey, visit, posted, { user, first }) : prove(deps, journey, visit, posted, { user, first });
};

/** On what the second factor stands: a first one that waits for it, or the session that is not enough for what is asked for. */
export function firstOf({ state: { first, proof } }: Pick<Journey, 'state'>): First | undefined {
  if (first !== undefined) return first;
  return proof && { userId: proof.userId, amr: proof.amr, at: proof.authTime };
}

type Who = { user: User; first: First };

async function prove(deps: JourneysDeps, journey: Journey, visit: Visit, posted: Posted, { user, first }: Who): Promise<Answered> {
  const { origin, browser } = visit;
  const asking = { browser, user, ip: origin.ip ?? '', origin, client: clientOf(journey.request) };
  const proven =
    posted.action === 'passkey'
      ? await deps.passkeys.proveSecond({ ...asking, context: secondContext(journey, first), credential: posted.credential ?? '' })
      : await deps.factors.proveCode({ ...asking, code: posted.code ?? '' });
  if (!proven.ok)
    return event({ kind: 'notSignedIn', notice: posted.action === 'passkey' ? passkeyNotice(proven.error) : noticeOf(proven.error) });
  return afterSecond(deps, journey, visit, { user, first, amr: amrOfBoth(first.amr, proven.value.amr), enrolled: false, posted });
}

function noticeOf({ kind }: SecondFailure): Notice {
  if (kind === 'used') return 'code_used';
  return kind === 'wrong' ? 'wrong_second' : kind;
}

async function enrol(deps: JourneysDeps, journey: Journey, visit: Visit, posted: Posted, { user, first }: Who): Promise<Answered> {
  const { id: context, state } = journey;
  const enrolled = await deps.factors.enrolTotp({ user, context, code: posted.code ?? '', origin: visit.origin, asFirst: true });
  // Somebody set up another meanwhile, and may be somebody else: whoever only knows the password shows that one.
  if (!enrolled.ok && enrolled.error.kind === 'over' && state.first !== undefined && hasSecond(await deps.factors.of(user.id)))
    return event({ kind: 'firstProven', first, mode: 'second', email: user.email });
  if (!enrolled.ok) return event({ kind: 'notSignedIn', notice: enrolled.error.kind === 'wrong' ? 'wrong_second' : 'enrolment_over' });
  return afterSecond(deps, journey, visit, { user, first, amr: amrOfBoth(first.amr, enrolled.value.amr), enrolled: true, posted });
}
