import { html } from 'hono/html';
import type { Db } from '../../base/db.ts';
import { messagePage } from '../../base/browser/page.ts';
import { originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { Held } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { STEP_EVENTS } from '../../rooms/journeys/events.ts';
import { heldSecret, journeySecret, turnReply, visitOf } from '../../rooms/journeys/reply.http.ts';
import { findJourney } from '../../rooms/journeys/store.ts';
import type { Callback, Federation } from '../../rooms/sso/sign-in.store.ts';

export type CallbackDeps = {
  db: Db;
  issuer: string;
  journeys: Pick<Journeys, 'prove'>;
  sessions: { find(secret: string): Promise<Held> };
  federation: Pick<Federation, 'finish'>;
  mayRecord(ip: string, now: number): boolean;
};

/** What may come back. A value longer than an answer can be is none. */
const LONGEST: Readonly<Record<keyof Callback, number>> = { state: 64, code: 4_096, response: 8_192, error: 1_024, iss: 2_048 };

/** Our redirect URI at an identity provider: whoever set out from a page of a journey comes back here, and goes on where they left it. */
export function callbackRoute(deps: CallbackDeps): Route {
  return route({
    method: 'GET',
    path: '/journey/callback/:provider',
    access: 'browser',
    audit: ['login.succeeded', 'login.failed', 'user.created', ...STEP_EVENTS],
    summary: 'Our redirect URI at one identity provider',
    handle: (call) => callback(deps, call),
  });
}

async function callback(deps: CallbackDeps, { request, params, now }: Call): Promise<Reply> {
  const read = readCallback(request);
  if (read === undefined) return refused(request);
  const returned = await deps.federation.finish({
    providerId: params['provider'] ?? '',
    callback: read,
    secretOf: (journeyId) => heldSecret(request, deps.issuer, journeyId),
    origin: originOf(request),
    mayRecord: deps.mayRecord(request.ip, now),
  });
  if (returned.kind === 'refused') return refused(request, returned.journeyId);
  const journey = await findJourney(deps.db, returned.journeyId);
  // The journey may have changed hands by another sign-in while its person was away.
  if (journey === undefined || journeySecret(request, deps.issuer, journey) === undefined || journey.expiresAt <= now)
    return refused(request);
  if (journey.finishedAt !== undefined) return turnReply(deps.issuer, request, { kind: 'gone', reason: 'already_finished' });
  const visit = await visitOf(deps, request);
  const came = returned.kind === 'back' ? { notice: returned.notice } : { proven: provenBy(returned) };
  return turnReply(deps.issuer, request, await deps.journeys.prove(journey, visit, { turn: returned.turn, ...came }), journey.id);
}

type Proven = Extract<Awaited<ReturnType<Federation['finish']>>, { kind: 'proven' }>;

function provenBy({ user, amr, acr, authTime, by }: Proven) {
  return { user, amr, acr, by: [by], ...(authTime === undefined ? {} : { authTime }) };
}

/** A parameter said twice is two answers in one (RFC 6749 §3.1). */
function readCallback({ query }: Inbound): Callback | undefined {
  const sent = new URLSearchParams(query);
  const found: Callback = {};
  for (const name of ['state', 'code', 'response', 'error', 'iss'] as const) {
    const [value, ...more] = sent.getAll(name);
    if (more.length > 0 || (value !== undefined && (value.length > LONGEST[name] || value.includes('\0')))) return undefined;
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function refused(request: Inbound, journeyId?: string): Promise<Reply> {
  return messagePage({
    status: 400,
    title: 'This sign-in cannot go on',
    sentence:
      journeyId === undefined
        ? 'It was begun in another browser, was used before, or is too old. Go back to the app and start again from there.'
        : html`What came back is not an answer to what was asked, so nobody was signed in.
            <a href="/journey/${journeyId}">Go back to the sign-in page</a> and try again.`,
    requestId: request.requestId,
  });
}
