import type { NodeKind } from '@writ/flow';
import { event, impossible, type Answered, type Handler } from './answered.store.ts';
import type { JourneysDeps, Posted, Visit } from './deps.store.ts';
import { loadDossier, nothingEvent } from './dossier.store.ts';
import { flowOf, type Journey } from './journey.ts';
import { approve } from './offer.ts';
import { proofOf } from './proof.ts';
import { authenticate } from './sign-in.store.ts';
import { openTenants } from './tenants.store.ts';

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
  if (request.kind === 'sign-in' || state.proof === undefined) return impossible('no_page_here');
  const found = await loadDossier(deps, { request, proof: state.proof, tenant: state.tenant, ip: visit.origin.ip, now: deps.clock.now() });
  if (!found.ok) return event(nothingEvent(found.error));
  const approval = approve(found.value.offer, posted);
  if (approval === undefined) return impossible('scope_not_offered');
  if (approval === 'nothing') return event({ kind: 'nothingChosen' });
  return { kind: 'event', event: { kind: 'allowed', approval }, dossier: found.value };
}
