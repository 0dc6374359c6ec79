import type { CompiledFlow, ConsentVerdict } from '@writ/flow';
import type { Unmet } from '../policies/requirements.ts';
import { mayOpen } from '../users/bound.ts';
import type { JourneysDeps, Visit } from './deps.store.ts';
import { loadDossier, nothingOf, type Dossier } from './dossier.store.ts';
import type { ConsentRequest, Journey } from './journey.ts';
import { missingLevels, wayTo, type Way } from './step-up.ts';
import type { AnswerOf, EffectOf } from './world.ts';

export type ConsentJudged = { answer: AnswerOf<'consentJudged'>; dossier?: Dossier };

/** The answer to the flow's question whether there is something to ask, and of whom. `journey.state` is that of the effect. */
export async function judgeConsent(
  deps: JourneysDeps,
  { journey, flow, visit }: { journey: Journey; flow: CompiledFlow; visit: Visit },
  effect: EffectOf<'judgeConsent'>,
): Promise<ConsentJudged> {
  const asked = consentOf(journey);
  if (asked === undefined) return { answer: judged({ verdict: 'nothing', reason: 'nothing_to_allow' }) };
  const found = await lookAtConsent(deps, journey, visit, { firstParty: effect.skipFirstParty, remembered: effect.remember });
  const withheld = found.ok ? found.value.withheld : found.error.withheld;
  const way = effect.mayStepUp ? await stepUpOf(deps, { journey, flow, visit, request: asked.request, withheld }) : undefined;
  if (way !== undefined) {
    const email = visit.held?.user.email;
    return { answer: judged({ verdict: 'stepUp', ...way, ...(email === undefined ? {} : { email }) }) };
  }
  if (!found.ok && found.error.reason === 'sso_required' && effect.mayStepUp && strongerWays(flow, journey).includes('sso'))
    return { answer: judged({ verdict: 'stepUp', demand: { fresh: true }, notice: 'sso_wanted' }) };
  if (!found.ok) return { answer: judged(nothingOf(found.error)) };
  const { settled } = found.value;
  return { answer: judged(settled === undefined ? { verdict: 'ask' } : { verdict: 'settled', approval: settled }), dossier: found.value };
}

function judged(verdict: ConsentVerdict): AnswerOf<'consentJudged'> {
  return { kind: 'consentJudged', ...verdict };
}

/** Everything that bears on the consent of this journey, as it is now. */
export function lookAtConsent(
  deps: JourneysDeps,
  journey: Journey,
  visit: Visit,
  without?: { firstParty: boolean; remembered: boolean },
): ReturnType<typeof loadDossier> {
  const asked = consentOf(journey);
  if (asked === undefined) throw new Error('consent is asked in an authorization, of a signed-in user');
  const { facts, claims } = journey.state;
  const at = { tenant: facts.tenant?.id, claims, ip: visit.origin.ip, now: deps.clock.now() };
  return loadDossier(deps, { ...asked, ...at, ...(without === undefined ? {} : { without }) });
}

function consentOf({ request, state: { proof } }: Journey) {
  if (request.kind === 'sign-in' || request.kind === 'registration' || proof === undefined) return undefined;
  return { request, proof };
}

type Wanting = { journey: Journey; flow: CompiledFlow; visit: Visit; request: ConsentRequest; withheld: readonly Unmet[] | undefined };

/** How to ask for the sign-in that would open more, or that the client asked for. The flow says whether it may be asked. */
async function stepUpOf(deps: JourneysDeps, { journey, flow, visit: { held }, request, withheld = [] }: Wanting): Promise<Way | undefined> {
  const { proof } = journey.state;
  if (proof === undefined) return undefined;
  const missing = missingLevels(withheld, request.ask, proof);
  if (missing.policy.length + missing.client.length === 0) return undefined;
  const methods = strongerWays(flow, journey);
  const mayEnrol = held !== undefined && mayOpen('own', { by: proof.by ?? [] }, held.user);
  return wayTo(missing, { proof, methods, factors: await deps.factors.of(proof.userId), mayEnrol, now: deps.clock.now() });
}

/** What the node behind the branch `stronger` takes. */
function strongerWays({ graph }: CompiledFlow, { state }: Journey): readonly string[] {
  const stronger = graph.nodes[graph.edges[state.at]?.['stronger'] ?? ''];
  return stronger?.kind === 'authenticate' || stronger?.kind === 'stepUp' ? stronger.methods : [];
}
