import { messagePage } from '../../../base/browser/page.ts';
import { isForm, originOf, redirect, type Reply } from '../../../base/http/message.ts';
import { route, type Call, type Route } from '../../../base/http/route.ts';
import { newId } from '../../../base/ids.ts';
import { isStranger, namedBy } from '../../../rooms/clients/knock.ts';
import { BEGIN_EVENTS, requestRefused } from '../../../rooms/journeys/events.ts';
import { turnReply, visitOf } from '../../../rooms/journeys/reply.http.ts';
import { responseLocation } from '../../../rooms/journeys/response.ts';
import { address } from './address.ts';
import type { AuthorizeDeps } from './deps.ts';
import { readParameters, type Parameters } from './parameters.ts';
import { push } from './push.ts';
import { toPage, type Addressed, type Refusal } from './refusal.ts';
import { check } from './table.ts';
import { aroundOf } from './around.ts';

// A client that is seen for the first time is registered on the way, and reviewed.
const EVENTS = [
  ...BEGIN_EVENTS,
  'consent.granted',
  'consent.denied',
  'grant.expired',
  'agent.created',
  'client.registered',
  'client.changed',
] as const;

/** RFC 6749 §3.1 and RFC 9126. No CORS: these are for the browser's address bar, and for servers. */
export function authorizeRoutes(deps: AuthorizeDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/oauth/authorize',
      access: 'public',
      audit: EVENTS,
      summary: 'Ask a user for authorization',
      handle: (call) => authorize(deps, call, readParameters(call.request.query)),
    }),
    route({
      method: 'POST',
      path: '/oauth/authorize',
      access: 'public',
      audit: EVENTS,
      summary: 'Ask a user for authorization, parameters as a form (OIDC Core 3.1.2.1)',
      handle: (call) => authorize(deps, call, isForm(call.request) ? readParameters(call.request.body) : undefined),
    }),
    route({
      method: 'POST',
      path: '/oauth/par',
      access: 'client',
      // A request is a few hundred bytes; what is pushed is kept for a while.
      maxBody: 16_384,
      audit: ['journey.refused'],
      summary: 'Push an authorization request (RFC 9126)',
      handle: (call) => push(deps, call),
    }),
  ];
}

async function authorize(deps: AuthorizeDeps, call: Call, sent: Parameters | undefined): Promise<Reply> {
  const { request, now } = call;
  if (sent === undefined)
    return refuse(deps, call, toPage('invalid_request', 'unreadable', 'The request cannot be read.'), undefined, undefined);
  await deps.catalogue.ready();
  const addressed = await address(deps, sent, now);
  if (!addressed.ok) {
    hear(deps, call, addressed.error, sent);
    return refuse(deps, call, addressed.error, sent.get('client_id'), undefined);
  }
  const checked = check(addressed.value, aroundOf(deps, false), newId('txn', now));
  if (!checked.ok) return refuse(deps, call, checked.error, addressed.value.client.id, addressed.value);
  const turn = await deps.journeys.begin(checked.value, await visitOf(deps, request));
  return turnReply(deps.issuer, request, turn);
}

function hear({ knocks }: AuthorizeDeps, { request, now }: Call, { reason }: Refusal, sent: Parameters): void {
  const clientId = sent.get('client_id') ?? '';
  const named = isStranger(reason) ? namedBy(clientId) : undefined;
  if (named === undefined) return;
  const asked = [sent.get('resource'), sent.get('scope')].filter((word) => word !== undefined);
  const redirectUris = [sent.get('redirect_uri')].filter((uri) => uri !== undefined);
  knocks.heard({ ...named, clientId, reason, door: 'authorize', asked, redirectUris, ip: request.ip, now });
}

/** Every refusal leaves one entry, up to what one stranger may write; what is said outside is the poor word. */
async function refuse(
  deps: AuthorizeDeps,
  { request, now }: Call,
  refusal: Refusal,
  clientId: string | undefined,
  to: Addressed | undefined,
): Promise<Reply> {
  const { error, reason, description } = refusal;
  const entry = requestRefused(
    { clientId: clientId?.replaceAll('\0', ''), error, reason, pushed: to?.pushed !== undefined },
    originOf(request),
  );
  if (deps.mayRecord(request.ip, now)) await deps.audit.record(entry);
  if (refusal.to === 'page' || to === undefined) {
    return messagePage({
      status: 400,
      title: 'This request cannot be followed',
      sentence: description,
      detail: 'Nothing has been allowed and nothing was sent to the app. If this happens again, tell whoever makes it.',
      code: error,
      requestId: request.requestId,
    });
  }
  const iss = to.client.settings.responseIss === false ? undefined : deps.issuer;
  return redirect(responseLocation({ redirectUri: to.redirectUri, state: to.state, iss }, { error, error_description: description }), {
    'referrer-policy': 'no-referrer',
  });
}
