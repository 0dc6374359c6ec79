import { formToken, isFormToken, readForm, type Fields } from '../../base/browser/form.ts';
import { PASSKEY_SCRIPT } from '../../base/browser/passkey.ts';
import { messagePage, pageReply } from '../../base/browser/page.ts';
import type { Db } from '../../base/db.ts';
import { originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Held, Posted, Turn, Visit } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { LOOK_AGAIN_SECONDS } from '../../rooms/journeys/effects/faces.ts';
import { journeyRefused, STEP_EVENTS } from '../../rooms/journeys/events.ts';
import { knownIn, type Journey } from '../../rooms/journeys/journey.ts';
import { journeySecret, turnReply, visitOf } from '../../rooms/journeys/reply.http.ts';
import { findJourney } from '../../rooms/journeys/store.ts';
import { AUTHORED } from './pages/fields.ts';
import { render } from './pages/render.ts';
import { callbackRoute, type CallbackDeps } from './callback.ts';
import { formTargets, providerTargets } from './visitor.ts';

export type JourneyDoorDeps = CallbackDeps & {
  identityProviders: { any(): boolean };
  db: Db;
  issuer: string;
  journeys: Journeys;
  sessions: { find(secret: string): Promise<Held> };
  audit: { record(draft: EventDraft): Promise<void> };
};

/** Larger bodies than a form of ours are still read, so that a megabyte of password gets its 400 from here, long before any hashing. */
const MAX_BODY = 2 * 1024 * 1024;

/** The hosted pages of a running journey: one address, which shows where the journey stands and takes what is posted back. */
export function journeyRoutes(deps: JourneyDoorDeps): Route[] {
  return [
    callbackRoute(deps),
    route({
      method: 'GET',
      path: '/journey/:id',
      access: 'browser',
      audit: STEP_EVENTS,
      summary: 'The page that a running journey shows now',
      handle: (call) => withJourney(deps, call, (journey, secret, visit) => look(deps, call.request, journey, secret, visit)),
    }),
    route({
      method: 'POST',
      path: '/journey/:id',
      access: 'browser',
      audit: ['login.succeeded', 'login.failed', 'login.ended', 'factor.sent', 'factor.enrolled', 'user.created', ...STEP_EVENTS],
      summary: 'A page of a journey, filled in',
      maxBody: MAX_BODY,
      handle: (call) => withJourney(deps, call, (journey, secret, visit) => post(deps, call.request, journey, secret, visit)),
    }),
  ];
}

type Handler = (journey: Journey, secret: string, visit: Visit) => Promise<Reply>;

/** Lets in only the browser that began the journey: its id alone, from a log or a shared screen, opens nothing. */
async function withJourney(deps: JourneyDoorDeps, { request, params, now }: Call, handler: Handler): Promise<Reply> {
  const id = params['id'] ?? '';
  const journey = /^jny_[0-9a-v]{26}$/.test(id) ? await findJourney(deps.db, id) : undefined;
  const secret = journey === undefined ? undefined : journeySecret(request, deps.issuer, journey);
  if (journey === undefined || secret === undefined) return foreign(deps, request, journey);
  if (journey.finishedAt !== undefined) return turnReply(deps.issuer, request, { kind: 'gone', reason: 'already_finished' });
  if (journey.expiresAt <= now)
    return refused(deps, request, journey, 400, 'expired', 'This page has expired. Go back to the app and start again.');
  return handler(journey, secret, await visitOf(deps, request));
}

/** The code in the link of a mail. */
function linkedCode({ query }: Inbound): string | undefined {
  const code = new URLSearchParams(query).get('code') ?? '';
  return /^\d{6}$/.test(code) ? code : undefined;
}

const OVER = 'It was answered already, or opened in another browser, or too long ago. Go back to the app and start again from there.';
const ELSEWHERE = 'The link works in the browser in which you began to sign in. If that is another one, type the code of the e-mail there.';

/** The same answer whether the journey exists or not. Asking from another browser is written down; a made-up id is nobody's business. */
async function foreign(deps: JourneyDoorDeps, request: Inbound, journey: Journey | undefined): Promise<Reply> {
  const sentence = linkedCode(request) === undefined ? OVER : ELSEWHERE;
  const [status, title] = request.method === 'POST' ? [403, 'This page cannot be sent'] : [400, 'This page cannot be shown'];
  if (journey !== undefined && journey.finishedAt === undefined)
    await deps.audit.record(journeyRefused(journey, knownIn(journey), 'foreign_browser', originOf(request)));
  return messagePage({ status, title, sentence, requestId: request.requestId });
}

async function look(deps: JourneyDoorDeps, request: Inbound, journey: Journey, secret: string, visit: Visit): Promise<Reply> {
  const turn = await deps.journeys.look(journey, visit);
  if (turn.kind !== 'shown') return turnReply(deps.issuer, request, turn, journey.id);
  const { title, body } = render(turn.view, { token: formToken(secret), turn: turn.view.turn, code: linkedCode(request) });
  const providers = deps.identityProviders.any() ? providerTargets(deps.issuer) : [];
  const script = 'passkey' in turn.view && turn.view.passkey !== undefined ? PASSKEY_SCRIPT : undefined;
  const reply = await pageReply({ title, body, script, formAction: formTargets(turn.view.visitor?.redirectUri, providers) });
  if (turn.view.screen !== 'waiting') return reply;
  // By a header of the answer: the page needs no script for it, and says nothing of it in its markup.
  return { ...reply, headers: { ...reply.headers, refresh: String(LOOK_AGAIN_SECONDS) } };
}

async function post(deps: JourneyDoorDeps, request: Inbound, journey: Journey, secret: string, visit: Visit): Promise<Reply> {
  const form = readForm(request, ['scope']);
  if (!form.ok)
    return refused(
      deps,
      request,
      journey,
      400,
      `form:${form.error}`,
      'What was sent is no form of this hub. Load the page again and repeat.',
    );
  const fields = form.value;
  if (!isFormToken(fields.one('token'), secret)) {
    return refused(
      deps,
      request,
      journey,
      403,
      'csrf',
      'It was not sent from the page that we showed you. Go back, load the page again and repeat.',
    );
  }
  const fault = faultIn(fields);
  if (fault !== undefined)
    return refused(
      deps,
      request,
      journey,
      400,
      fault,
      'What was sent is not what the page has. The request that the app made stands as it was.',
    );
  const turn: Turn = await deps.journeys.post(journey, visit, postedOf(fields));
  if (turn.kind === 'gone' && turn.reason !== 'already_finished')
    await deps.audit.record(journeyRefused(journey, knownIn(journey), turn.reason, visit.origin));
  return turnReply(deps.issuer, request, turn, journey.id);
}

/** Longest value of each field that a page may send; anything else (client_id, redirect_uri, resource …) did not come from our page. */
const FIELDS: Readonly<Record<string, number>> = {
  token: 64,
  turn: 8,
  action: 200,
  email: 1_000,
  password: 1_024,
  code: 32,
  recovery: 32,
  remember: 8,
  credential: 40_000,
  name: 200,
  tenant: 256,
  scope: 256,
  persistent: 8,
  until: 8,
};

const MAX_AUTHORED = 4_000;

function faultIn(fields: Fields): string | undefined {
  for (const name of fields.names) {
    const longest = Object.hasOwn(FIELDS, name) ? FIELDS[name] : /^field\.[A-Za-z]\w{0,39}$/.test(name) ? MAX_AUTHORED : undefined;
    if (longest === undefined) return `unexpected_field:${name.slice(0, 64)}`;
    if (fields.all(name).some((value) => value.length > longest)) return `field_too_long:${name}`;
  }
  return undefined;
}

function postedOf(fields: Fields): Posted {
  return {
    turn: turnIn(fields),
    action: fields.one('action') ?? 'continue',
    email: fields.one('email'),
    password: fields.one('password'),
    // Of two fields for a code on one page, whichever was filled in.
    code: [fields.one('code'), fields.one('recovery')].find((code) => code !== undefined && code !== ''),
    name: fields.one('name'),
    tenant: fields.one('tenant'),
    scopes: fields.all('scope'),
    persistent: fields.one('persistent') !== undefined,
    until: fields.one('until'),
    remember: fields.one('remember') !== undefined,
    credential: fields.one('credential'),
    fields: authored(fields),
  };
}

/** Fields that the author of a flow named stand apart from ours by their prefix, so that none can pass for another. */
function authored(fields: Fields): Readonly<Record<string, string>> {
  const named = fields.names.filter((name) => name.startsWith(AUTHORED));
  return Object.fromEntries(named.map((name) => [name.slice(AUTHORED.length), fields.one(name) ?? '']));
}

/** A page without its turn is no page of a journey, and moves nothing. */
function turnIn(fields: Fields): number {
  const turn = fields.one('turn') ?? '';
  return /^\d{1,6}$/.test(turn) ? Number(turn) : -1;
}

async function refused(
  deps: JourneyDoorDeps,
  request: Inbound,
  journey: Journey,
  status: number,
  reason: string,
  sentence: string,
): Promise<Reply> {
  const entry = journeyRefused(journey, knownIn(journey), reason, originOf(request));
  // A page about consent that somebody else sent is a consent that was refused (attack 037).
  await deps.audit.record(reason === 'csrf' && journey.state.proof !== undefined ? { ...entry, type: 'consent.denied' } : entry);
  return messagePage({ status, title: 'This cannot go on', sentence, requestId: request.requestId });
}
