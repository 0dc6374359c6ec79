import type { EventData, EventDraft, EventOrigin } from '../audit/event.ts';
import type { JourneyEnd } from '@writ/flow';
import { clientOf, type Journey } from './journey.ts';
import type { Hidden } from './offer.ts';

/** What the nodes of a flow may write while it runs. */
export const FLOW_EVENTS = [
  'flow.noted',
  'credential.stored',
  'user.changed',
  'approval.requested',
  'approval.used',
  'approval.expired',
  'approval.rate_limited',
] as const;
/** What a request may write that begins a journey: it may need no page, and be over at once. */
export const BEGIN_EVENTS = ['journey.started', 'journey.finished', 'journey.refused', ...FLOW_EVENTS] as const;
/** What a page of a running journey may write, besides what its own deeds do. */
export const STEP_EVENTS = [
  'journey.finished',
  'journey.refused',
  'agent.created',
  'consent.granted',
  'consent.narrowed',
  'consent.denied',
  'grant.expired',
  'approval.given',
  'approval.refused',
  ...FLOW_EVENTS,
] as const;

/** Who a journey's entries are about, as far as the journey has come to know. */
export type Known = { user?: string | undefined; tenant?: string | undefined; agent?: string | undefined };

function entry(journey: Pick<Journey, 'id' | 'request'>, known: Known, origin: EventOrigin) {
  return {
    tenant: known.tenant,
    initiator: 'human' as const,
    actor: { user: known.user, agent: known.agent, client: clientOf(journey.request) },
    target: { type: 'journey', id: journey.id },
    txn: journey.request.txn,
    origin,
  };
}

export function journeyStarted(journey: Journey, known: Known, origin: EventOrigin): EventDraft {
  const { request } = journey;
  const data =
    request.kind === 'decoupled'
      ? { flow: request.grant, resource: request.resourceId, scopes: request.scopes ?? null, approval: request.pendingId }
      : request.kind === 'authorize'
        ? {
            flow: 'authorize',
            resource: request.resourceId,
            scopes: request.scopes ?? null,
            redirectUri: request.redirectUri,
            pushed: request.pushed !== undefined,
          }
        : request.kind === 'sign-in'
          ? { flow: 'sign-in', returnTo: request.returnTo }
          : { flow: 'registration' };
  return { ...entry(journey, known, origin), type: 'journey.started', outcome: 'success', data: { ...data, version: journey.flow } };
}

export function journeyFinished(
  journey: Journey,
  known: Known,
  of: {
    how: string;
    grant?: string;
    decision?: string | undefined;
    policy?: EventData | undefined;
    trail: JourneyEnd['trail'];
    hidden?: readonly Hidden[] | undefined;
  },
  origin: EventOrigin,
): EventDraft {
  const { decision, trail, hidden = [], ...rest } = of;
  const data = { ...rest, ...wayOf(journey, trail), ...(hidden.length === 0 ? {} : { hidden: hidden.map((one) => ({ ...one })) }) };
  return { ...entry(journey, known, origin), type: 'journey.finished', outcome: 'success', decision, data };
}

/** By which version, and through which nodes: `node` or `node:branch`. */
function wayOf({ flow }: Journey, trail: JourneyEnd['trail']): EventData {
  return { version: flow, trail: trail.map(({ node, branch }) => (branch === '' || branch === 'next' ? node : `${node}:${branch}`)) };
}

/** Ended without a code, or a page that was turned away. The reason is for auditors; the person and the client were told less. */
export function journeyRefused(
  journey: Pick<Journey, 'id' | 'request'>,
  known: Known,
  reason: string,
  origin: EventOrigin,
  decision?: string,
): EventDraft {
  return { ...entry(journey, known, origin), type: 'journey.refused', outcome: 'refused', reason, decision };
}

/** A request that never became a journey: whom it claimed to come from, and what was wrong with it. */
export function requestRefused(
  of: { clientId: string | undefined; error: string; reason: string; pushed: boolean },
  origin: EventOrigin,
): EventDraft {
  const { clientId, error, reason, pushed } = of;
  const about = clientId === undefined ? {} : { target: { type: 'client', id: clientId } };
  return {
    type: 'journey.refused',
    initiator: 'agent',
    actor: { client: clientId },
    ...about,
    outcome: 'refused',
    reason,
    origin,
    data: { error, pushed },
  };
}
