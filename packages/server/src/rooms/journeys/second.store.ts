import { draws, type First, type Notice } from '@writ/flow';
import { mayOpen } from '../users/bound.ts';
import { amrOfBoth, hasSecond } from '../users/factor.ts';
import type { SecondFailure } from '../users/factors.store.ts';
import { findUser } from '../users/store.ts';
import type { User } from '../users/user.ts';
import { event, impossible, type Answered, type Occasion } from './answered.store.ts';
import type { JourneysDeps } from './deps.store.ts';
import { clientOf, type Journey } from './journey.ts';
import { passkeyNotice, secondContext } from './passkey.store.ts';
import { maySkip, secondsFor, type Seconds, type SignInPage } from './sign-in-page.store.ts';
import { afterSecond } from './signed-in.store.ts';
import type { SignInNode } from './ways.ts';

type SecondPage = Extract<SignInPage, 'second' | 'second_code' | 'enrol' | 'recovery' | 'unable'>;

/** A page of the second factor came back: a code, a factor that is set up, codes that were put away. */
export async function second(deps: JourneysDeps, of: Occasion, { node, page }: { node: SignInNode; page: SecondPage }): Promise<Answered> {
  const { journey, flow, posted } = of;
  const { state } = journey;
  if (page === 'recovery') return posted.action === 'continue' ? event({ kind: 'pageDone' }) : impossible('unknown_action');
  if (page === 'unable') return posted.action === 'continue' ? event({ kind: 'skipped' }) : impossible('unknown_action');
  const mayGo = maySkip(node, state, (branch) => draws(flow.graph, state.at, branch));
  // Sent without a code, the offer to set one up is declined: a browser would not have sent it, and a program that fills in forms has none.
  const declined = page === 'enrol' && mayGo && posted.action === 'continue' && (posted.code ?? '') === '';
  if (posted.action === 'skip' || declined) return event({ kind: 'skipped' });
  const open =
    page === 'second' ? ['continue', 'passkey', 'email_code'] : page === 'second_code' ? ['continue', 'email_code'] : ['continue'];
  if (!open.includes(posted.action)) return impossible('unknown_action');
  const first = firstOf(journey);
  const user = first === undefined ? undefined : await findUser(deps.db, first.userId);
  if (first === undefined || user === undefined) return impossible('no_page_here');
  if (user.state !== 'active') return event({ kind: 'pageTurned', notice: 'frozen' });
  if (page === 'enrol') return enrol(deps, of, { user, first });
  const seconds = secondsFor(node, state, { user, factors: await deps.factors.of(user.id) });
  if (posted.action === 'email_code' || page === 'second_code') return byMail(deps, of, { user, first, seconds });
  const typed = (posted.password ?? '') !== '';
  return typed ? byPassword(deps, of, { user, first, seconds }) : prove(deps, of, { user, first, seconds });
}

/** On what the second factor stands: a first one that waits for it, or the session that is not enough for what is asked for. */
export function firstOf({ state: { first, proof } }: Pick<Journey, 'state'>): First | undefined {
  if (first !== undefined) return first;
  return proof && { userId: proof.userId, amr: proof.amr, at: proof.authTime, by: proof.by ?? [] };
}

type Who = { user: User; first: First };
type Proving = Who & { seconds: Seconds };

function askingOf({ journey, visit: { origin, browser } }: Occasion) {
  return { browser, ip: origin.ip ?? '', origin, client: clientOf(journey.request) };
}

async function prove(deps: JourneysDeps, of: Occasion, { user, first, seconds }: Proving): Promise<Answered> {
  const { journey, posted } = of;
  const asking = { ...askingOf(of), user };
  const byPasskey = posted.action === 'passkey';
  const way = byPasskey ? 'passkey' : isRecovery(posted.code ?? '') ? 'recovery' : 'totp';
  // What the author did not ask for is wrong, however right it is.
  if (of.node.kind === 'stepUp' && !seconds[way])
    return event({ kind: 'pageTurned', notice: byPasskey ? 'passkey_failed' : 'wrong_second' });
  const proven = byPasskey
    ? await deps.passkeys.proveSecond({ ...asking, context: secondContext(journey, first), credential: posted.credential ?? '' })
    : await deps.factors.proveCode({ ...asking, code: posted.code ?? '' });
  if (!proven.ok) return event({ kind: 'pageTurned', notice: byPasskey ? passkeyNotice(proven.error) : noticeOf(proven.error) });
  const by = [...(first.by ?? []), way === 'recovery' ? 'recovery_code' : way];
  return afterSecond(deps, of, { user, first, amr: amrOfBoth(first.amr, proven.value.amr), by, enrolled: false });
}

/** The password of somebody who came in by their mailbox. */
async function byPassword(deps: JourneysDeps, of: Occasion, { user, first, seconds }: Proving): Promise<Answered> {
  if (!seconds.password) return impossible('unknown_action');
  const proven = await deps.login.withPassword({ ...askingOf(of), email: user.email, password: of.posted.password ?? '' });
  if (!proven.ok) return event({ kind: 'pageTurned', notice: proven.error.kind === 'wrong' ? 'wrong_password' : proven.error.kind });
  return afterBoth(deps, of, { user, first, amr: proven.value.amr, by: ['password'] });
}

/** The mail holds a code and a link with it: whoever has read it came by both. */
export const BY_MAIL = ['email_code', 'magic_link'];

/** A code from the mailbox of somebody who came in by their password. */
async function byMail(deps: JourneysDeps, of: Occasion, { user, first, seconds }: Proving): Promise<Answered> {
  if (!seconds.mail) return impossible('unknown_action');
  const asking = { ...askingOf(of), email: user.email, journeyId: of.journey.id };
  if (of.posted.action === 'email_code') {
    await deps.login.sendCode(asking);
    return event({ kind: 'pageTurned', page: 'second_code' });
  }
  const proven = await deps.login.withCode({ ...asking, code: (of.posted.code ?? '').replaceAll(/\s/g, '') });
  if (!proven.ok) return event({ kind: 'pageTurned', notice: proven.error.kind === 'wrong' ? 'wrong_code' : proven.error.kind });
  return afterBoth(deps, of, { user, first, amr: proven.value.amr, by: BY_MAIL });
}

/** Both first factors were shown. No second one was, so there is none that this browser could be spared. */
function afterBoth(deps: JourneysDeps, of: Occasion, { user, first, ...second }: Who & Pick<First, 'amr'> & { by: readonly string[] }) {
  const at = { ...of, posted: { ...of.posted, remember: false } };
  const by = [...(first.by ?? []), ...second.by];
  return afterSecond(deps, at, { user, first, amr: amrOfBoth(first.amr, second.amr), by, enrolled: false });
}

/** Told apart as where they are judged: six digits are of the app. */
function isRecovery(code: string): boolean {
  return code.normalize('NFKC').replaceAll(/[\s-]/g, '').length > 6;
}

function noticeOf({ kind }: SecondFailure): Notice {
  if (kind === 'used') return 'code_used';
  return kind === 'wrong' ? 'wrong_second' : kind;
}

async function enrol(deps: JourneysDeps, of: Occasion, { user, first }: Who): Promise<Answered> {
  const { id: context, state } = of.journey;
  if (!mayOpen('own', { by: first.by ?? [] }, user)) return event({ kind: 'pageTurned', notice: 'enrolment_over' });
  const enrolled = await deps.factors.enrolTotp({ user, context, code: of.posted.code ?? '', origin: of.visit.origin, asFirst: true });
  // Somebody set up another meanwhile, and may be somebody else: whoever only knows the password shows that one.
  if (!enrolled.ok && enrolled.error.kind === 'over' && state.first !== undefined && hasSecond(await deps.factors.of(user.id)))
    return event({ kind: 'firstProven', first, page: 'second', email: user.email });
  if (!enrolled.ok) return event({ kind: 'pageTurned', notice: enrolled.error.kind === 'wrong' ? 'wrong_second' : 'enrolment_over' });
  const by = [...(first.by ?? []), 'totp'];
  return afterSecond(deps, of, { user, first, amr: amrOfBoth(first.amr, enrolled.value.amr), by, enrolled: true });
}
