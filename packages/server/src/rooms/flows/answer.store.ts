import type { FlowEvent, NodeKind, Notice } from '@writ/flow';
import { emailKey } from '../users/email.ts';
import type { Session, User } from '../users/user.ts';
import type { JourneysDeps, LoginFailure, Posted, Proven, Visit } from './deps.store.ts';
import { loadDossier, type Dossier } from './dossier.store.ts';
import { flowOf, type Journey } from './journey.ts';
import { approve } from './offer.ts';
import { proofOf } from './proof.ts';
import { openTenants } from './tenants.store.ts';

export type Answered =
  | { kind: 'event'; event: FlowEvent; signedIn?: { session: Session; user: User; cookie: string }; dossier?: Dossier }
  /** No page of ours at this place could have sent that. */
  | { kind: 'impossible'; reason: string };

type Handler = (deps: JourneysDeps, journey: Journey, visit: Visit, posted: Posted) => Promise<Answered> | Answered;

/** Turns a posted page into an event of the flow. What a button means depends on where the journey stands, not on what the page claims. */
export function answerPost(deps: JourneysDeps, journey: Journey, visit: Visit, posted: Posted): Promise<Answered> | Answered {
  if (posted.action === 'cancel' || posted.action === 'deny') return event({ kind: 'refused' });
  const { state } = journey;
  // Past sign-in every post must come with the very session that the journey is about.
  const { held } = visit;
  if (state.proof !== undefined && held?.session.id !== state.proof.sessionId) {
    return event(held === undefined ? { kind: 'arrived' } : { kind: 'arrived', proof: proofOf(held.session) });
  }
  if (state.denial !== undefined) return event({ kind: 'acknowledged' });
  if (posted.action === 'switch') return event({ kind: 'startOver' });
  const kind = flowOf(journey.request).nodes[state.at]?.kind;
  return kind === undefined ? impossible('no_page_here') : HANDLERS[kind](deps, journey, visit, posted);
}

const nowhere: Handler = () => impossible('no_page_here');

const HANDLERS: Readonly<Record<NodeKind, Handler>> = {
  identify: () => event({ kind: 'accountKept' }),
  authenticate,
  selectTenant: chooseTenant,
  consent,
  complete: nowhere,
  deny: nowhere,
};

async function authenticate(deps: JourneysDeps, journey: Journey, visit: Visit, posted: Posted): Promise<Answered> {
  const { codeSent, email: known } = journey.state;
  if (codeSent && posted.action === 'password') return event({ kind: 'startOver' });
  const email = codeSent ? (known ?? '') : (posted.email ?? '').trim();
  if (emailKey(email) === undefined) return event({ kind: 'signInFailed', email: email.slice(0, 254), notice: 'bad_email' });
  const attempt = { email, ip: visit.origin.ip ?? '', origin: visit.origin };
  if (posted.action === 'email_code') {
    await deps.login.sendCode({ ...attempt, journeyId: journey.id });
    return event({ kind: 'codeSent', email });
  }
  if (posted.action !== 'continue' && posted.action !== 'password') return impossible('unknown_action');
  const client = journey.request.kind === 'authorize' ? { client: journey.request.clientId } : {};
  const proven = codeSent
    ? await deps.login.withCode({ ...attempt, journeyId: journey.id, code: (posted.code ?? '').replaceAll(/\s/g, '') })
    : await deps.login.withPassword({ ...attempt, password: posted.password ?? '', ...client });
  if (!proven.ok) return event({ kind: 'signInFailed', email, notice: noticeOf(proven.error, codeSent) });
  return startSession(deps, visit, proven.value, client);
}

function noticeOf(failure: LoginFailure, code: boolean): Notice {
  if (failure.kind === 'wrong') return code ? 'wrong_code' : 'wrong_credentials';
  return failure.kind;
}

/** A new session for every login; the one that this browser held before ends, so that no older cookie outlives it. */
async function startSession(deps: JourneysDeps, { held, origin }: Visit, proven: Proven, client: { client?: string }): Promise<Answered> {
  const { user, amr, acr } = proven;
  const { ip, userAgent } = origin;
  const { session, cookie } = await deps.sessions.start({ user, amr, acr, purpose: 'user', ip, userAgent, origin, ...client, replaces: held?.session });
  return { kind: 'event', event: { kind: 'signedIn', proof: proofOf(session) }, signedIn: { session, user, cookie } };
}

async function chooseTenant(deps: JourneysDeps, journey: Journey, _visit: Visit, posted: Posted): Promise<Answered> {
  const { proof } = journey.state;
  if (proof === undefined || posted.action !== 'continue') return impossible('unknown_action');
  const { open } = await openTenants(deps, proof.userId, journey.request);
  const tenant = posted.tenant ?? '';
  return event({ kind: 'tenantChosen', tenant, known: open.some(({ id }) => id === tenant) });
}

/** The boxes are judged against what may be offered now, never against what the page said was there. */
async function consent(deps: JourneysDeps, journey: Journey, visit: Visit, posted: Posted): Promise<Answered> {
  const { request, state } = journey;
  if (posted.action !== 'allow' && posted.action !== 'continue') return impossible('unknown_action');
  if (request.kind !== 'authorize' || state.proof === undefined) return impossible('no_page_here');
  const found = await loadDossier(deps, { request, proof: state.proof, tenant: state.tenant, ip: visit.origin.ip, now: deps.clock.now() });
  if (!found.ok) return event({ kind: 'consentJudged', verdict: 'nothing', reason: found.error.reason });
  const approval = approve(found.value.offer, posted);
  if (approval === undefined) return impossible('scope_not_offered');
  if (approval === 'nothing') return event({ kind: 'nothingChosen' });
  return { kind: 'event', event: { kind: 'allowed', approval }, dossier: found.value };
}

const event = (of: FlowEvent): Answered => ({ kind: 'event', event: of });
const impossible = (reason: string): Answered => ({ kind: 'impossible', reason });
