import { draws } from '@writ/flow';
import { parseEmail } from '../../users/email.ts';
import { event, impossible, type Answered, type Occasion } from '../answered.store.ts';
import { arrived } from '../arrival.store.ts';
import type { JourneysDeps } from '../deps.store.ts';
import { clientOf } from '../journey.ts';
import { answerForTenant } from '../effects/tenant-consent.store.ts';
import { buttonAction } from '../effects/faces.ts';
import { connectionFault, ownerOf } from '../effects/whose.ts';

/** An address that somebody typed before signing in. It proves nothing, and says nothing of whether there is such an account. */
export function identify({ journey, node, posted }: Occasion): Answered {
  if (posted.action !== 'continue') return impossible('unknown_action');
  if (journey.state.proof !== undefined) return event({ kind: 'accountKept' });
  if (node.kind !== 'identify' || node.ask !== 'email') return impossible('no_page_here');
  const typed = (posted.email ?? '').trim();
  const parsed = parseEmail(typed);
  if (parsed === undefined) return event({ kind: 'pageTurned', email: typed.slice(0, 254).toWellFormed(), notice: 'bad_email' });
  return event({ kind: 'emailGiven', email: parsed.address });
}

/** A page of the author's own: which button, and what stood in the fields. The node judges both. */
export function screen(_deps: JourneysDeps, { node, posted }: Occasion): Answered {
  const button = node.kind === 'screen' ? node.buttons.find(({ name }) => posted.action === buttonAction(name)) : undefined;
  return button === undefined ? impossible('unknown_action') : event({ kind: 'submitted', button: button.name, values: posted.fields });
}

/** "Look again": whoever decides has decided, or has not. */
export async function waiting(deps: JourneysDeps, { journey, visit, posted }: Occasion): Promise<Answered> {
  return posted.action === 'look' ? event(await arrived(deps, journey.request, visit.held)) : impossible('unknown_action');
}

export async function tenantConsent(deps: JourneysDeps, { journey, visit, posted }: Occasion): Promise<Answered> {
  const { proof } = journey.state;
  if (proof === undefined) return impossible('no_page_here');
  if (posted.action !== 'allow') return impossible('unknown_action');
  const { origin } = visit;
  const answered = await answerForTenant(deps, { journey, ip: origin.ip, now: deps.clock.now(), proof, origin, posted });
  switch (answered.kind) {
    case 'impossible':
      return answered;
    case 'nothing_chosen':
      return event({ kind: 'nothingChosen' });
    case 'allowed':
      return { kind: 'event', event: { kind: 'allowed', approval: answered.approval }, dossier: answered.dossier };
  }
}

/**
 * On to the pages of connecting, by a link that is for this person, and for this journey: the hub leads back here by itself. Whoever opens the
 * link elsewhere is told that it is not for them, and comes back to a journey that does not open.
 */
export function connect(deps: JourneysDeps, { journey, flow, node, visit, posted }: Occasion): Answered {
  if (node.kind !== 'connect') return impossible('no_page_here');
  if (posted.action === 'skip')
    return draws(flow.graph, journey.state.at, 'skipped') ? event({ kind: 'skipped' }) : impossible('unknown_action');
  if (posted.action !== 'connect') return impossible('unknown_action');
  const owner = ownerOf(node.owner, { journey, user: visit.held?.user });
  const connection = deps.authored.connections.byId(node.connection);
  if (owner === undefined || connection === undefined || connectionFault(connection, owner) !== undefined)
    return event({ kind: 'pageTurned' });
  const client = clientOf(journey.request);
  const made = deps.authored.connectLinks.make(connection, {
    owner,
    scopes: node.scopes,
    ...(client === undefined ? {} : { client }),
    journey: journey.id,
  });
  return made.ok ? { kind: 'away', location: made.value.url, cookies: [] } : event({ kind: 'pageTurned' });
}
