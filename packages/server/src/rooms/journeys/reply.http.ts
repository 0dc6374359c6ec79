import { cookieName, cookieNames, readCookie, setCookie } from '../../base/browser/cookies.ts';
import { messagePage } from '../../base/browser/page.ts';
import { sameDigest, digest } from '../../base/digest.ts';
import { originOf, redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { mayOpen } from '../users/bound.ts';
import { browserSecretIn, sessionSecretIn } from '../users/cookie.ts';
import type { Held, Turn, Visit } from './deps.store.ts';
import { JOURNEY_MS, type Journey } from './journey.ts';

/** Journeys that one browser may have open at a time; the oldest give way, or their cookies would one day be too much for a header. */
const MAX_OPEN = 6;
const PREFIX = 'writ_jny_';

const isSecure = (issuer: string): boolean => issuer.startsWith('https:');
const nameOf = (issuer: string, id: string): string => cookieName(`writ_${id}`, isSecure(issuer));

/** Who is behind this request: the session that its cookie opens, if any. */
export async function visitOf(
  deps: { issuer: string; sessions: { find(secret: string): Promise<Held> } },
  request: Inbound,
): Promise<Visit> {
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  const found = secret === undefined ? undefined : await deps.sessions.find(secret);
  const browser = browserSecretIn(request.header('cookie'), deps.issuer);
  return { held: found?.session.purpose === 'user' ? found : undefined, origin: originOf(request), browser };
}

/**
 * The same for pages about the person in all their organisations: a session that the provider of one tenant opened is not good for them
 * (rooms/users/bound.ts), and somebody who comes with it signs in another way.
 */
export async function wholeVisitOf(
  deps: Parameters<typeof visitOf>[0],
  request: Inbound,
  reach: 'own' | 'credentials' = 'own',
): Promise<Visit> {
  const visit = await visitOf(deps, request);
  if (visit.held === undefined || mayOpen(reach, visit.held.session, visit.held.user)) return visit;
  return { ...visit, held: undefined, partial: true };
}

/** What this browser holds for a journey of that id, whether it opens it or not. */
export function heldSecret(request: Inbound, issuer: string, id: string): string | undefined {
  return /^jny_[0-9a-v]{26}$/.test(id) ? readCookie(request.header('cookie'), nameOf(issuer, id)) : undefined;
}

/** The secret that this browser holds for the journey; undefined when it is not the browser that began it. */
export function journeySecret(request: Inbound, issuer: string, journey: Journey): string | undefined {
  const secret = readCookie(request.header('cookie'), nameOf(issuer, journey.id));
  return secret !== undefined && sameDigest(digest(secret), journey.browserDigest) ? secret : undefined;
}

/** Every way a turn can end but a page: on to the journey, on to the client, or nowhere. `id`: the journey, where it has a row. */
export function turnReply(issuer: string, request: Inbound, turn: Turn, id?: string): Promise<Reply> | Reply {
  switch (turn.kind) {
    case 'moved':
      return redirect(`/journey/${turn.journey.id}`, {
        'set-cookie': openCookies(issuer, request, turn),
        'referrer-policy': 'no-referrer',
      });
    case 'away':
      return redirect(turn.location, {
        ...(turn.cookies.length === 0 ? {} : { 'set-cookie': turn.cookies }),
        'referrer-policy': 'no-referrer',
      });
    case 'left': {
      const cookies = [...sessionCookies(turn), ...(id === undefined ? [] : [cleared(issuer, nameOf(issuer, id))])];
      return redirect(turn.location, { ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }), 'referrer-policy': 'no-referrer' });
    }
    case 'gone':
      return messagePage({
        status: 400,
        title: 'This page is over',
        sentence: GONE[turn.reason] ?? 'It was sent from a place that is no longer there. Go back to the app and start again.',
        requestId: request.requestId,
        cookies: sessionCookies(turn),
      });
  }
}

const GONE: Readonly<Record<string, string>> = {
  already_finished: 'What was asked here has been answered. If the app did not go on, go back to it and start again.',
  client_gone: 'This app is no longer known here. Go back to it and connect it again.',
  request_over: 'This request was answered already, or it is too old. Start again where you came from.',
  pushed_request_spent: 'This request was answered before. Go back to the app and start again.',
};

function sessionCookies(turn: Turn): readonly string[] {
  return [turn.sessionCookie, turn.browserCookie].filter((cookie) => cookie !== undefined);
}

function openCookies(issuer: string, request: Inbound, turn: Extract<Turn, { kind: 'moved' }>): readonly string[] {
  if (turn.secret === undefined) return sessionCookies(turn);
  const own = setCookie(nameOf(issuer, turn.journey.id), turn.secret, { secure: isSecure(issuer), maxAge: JOURNEY_MS / 1000 });
  // Ids sort by the time of their making.
  const open = cookieNames(request.header('cookie'), cookieName(PREFIX, isSecure(issuer))).toSorted();
  const surplus = open.slice(0, Math.max(0, open.length + 1 - MAX_OPEN)).filter((name) => name !== nameOf(issuer, turn.journey.id));
  return [...sessionCookies(turn), own, ...surplus.map((name) => cleared(issuer, name))];
}

function cleared(issuer: string, name: string): string {
  return setCookie(name, '', { secure: isSecure(issuer), maxAge: 0 });
}
