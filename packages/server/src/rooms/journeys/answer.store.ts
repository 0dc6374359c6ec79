import type { GraphKind } from '@writ/flow';
import { event, impossible, type Answered, type Handler, type Occasion } from './answered.store.ts';
import { arrived } from './arrival.store.ts';
import { lookAtConsent } from './consent.store.ts';
import type { JourneysDeps } from './deps.store.ts';
import { nothingOf } from './dossier.store.ts';
import { connect, identify, screen, tenantConsent, waiting } from './authored/answers.store.ts';
import { enrol } from './authored/enrol.store.ts';
import { approve } from './offer.ts';
import { authenticate } from './sign-in.store.ts';
import { openTenants } from './tenants.store.ts';

/** Turns a posted page into an event of the flow. What a button means depends on where the journey stands, not on what the page claims. */
export async function answerPost(deps: JourneysDeps, of: Omit<Occasion, 'node'>): Promise<Answered> {
  const { journey, flow, visit, posted } = of;
  if (posted.action === 'cancel' || posted.action === 'deny') return event({ kind: 'refused' });
  const { state } = journey;
  // Past sign-in every post must come with the very session that the journey is about.
  const { held } = visit;
  if (state.proof !== undefined && held?.session.id !== state.proof.sessionId) return event(await arrived(deps, journey.request, held));
  if (state.denial !== undefined) return event({ kind: 'acknowledged' });
  if (posted.action === 'switch') return event({ kind: 'startOver' });
  const node = flow.graph.nodes[state.at];
  return node === undefined ? impossible('no_page_here') : HANDLERS[node.kind](deps, { ...of, node });
}

const nowhere: Handler = () => impossible('no_page_here');

/** What reads the pages of each kind of node. A kind without a line here does not compile. */
const HANDLERS: Readonly<Record<GraphKind, Handler>> = {
  authenticate,
  stepUp: authenticate,
  identify: (_deps, of) => identify(of),
  selectTenant: chooseTenant,
  consent,
  screen,
  enrol,
  tenantConsent,
  connect,
  requestApproval: waiting,
  condition: nowhere,
  http: nowhere,
  setClaims: nowhere,
  storeCredential: nowhere,
  updateUser: nowhere,
  event: nowhere,
  subflow: nowhere,
  deny: nowhere,
  complete: nowhere,
};

async function chooseTenant(deps: JourneysDeps, { journey, posted }: Occasion): Promise<Answered> {
  const { proof } = journey.state;
  if (proof === undefined || posted.action !== 'continue') return impossible('unknown_action');
  const { memberships } = await openTenants(deps, proof, journey.request);
  return event({ kind: 'tenantChosen', tenant: posted.tenant ?? '', memberships });
}

/** The boxes are judged against what may be offered now, never against what the page said was there. */
async function consent(deps: JourneysDeps, { journey, visit, posted }: Occasion): Promise<Answered> {
  const { request, state } = journey;
  if (posted.action !== 'allow' && posted.action !== 'continue') return impossible('unknown_action');
  if (request.kind === 'sign-in' || request.kind === 'registration' || state.proof === undefined) return impossible('no_page_here');
  const found = await lookAtConsent(deps, journey, visit);
  if (!found.ok) return event({ kind: 'consentJudged', ...nothingOf(found.error) });
  const approval = approve(found.value.offer, posted);
  if (approval === undefined) return impossible('scope_not_offered');
  if (approval === 'nothing') return event({ kind: 'nothingChosen' });
  return { kind: 'event', event: { kind: 'allowed', approval }, dossier: found.value };
}
