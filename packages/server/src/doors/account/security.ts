import { PASSKEY_SCRIPT } from '../../base/browser/passkey.ts';
import { formToken, isFormToken, readForm, type Fields } from '../../base/browser/form.ts';
import { pageReply, refusedPage } from '../../base/browser/page.ts';
import { redirect, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId } from '../../base/ids.ts';
import type { Visit } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { BEGIN_EVENTS } from '../../rooms/journeys/events.ts';
import { turnReply, wholeVisitOf } from '../../rooms/journeys/reply.http.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import { MULTI_FACTOR } from '../../rooms/users/events.ts';
import { hasSecond, isFresh } from '../../rooms/users/factor.ts';
import type { SecondFactors } from '../../rooms/users/factors.store.ts';
import type { Passkeys } from '../../rooms/users/passkey.store.ts';
import type { Sessions } from '../../rooms/users/session.store.ts';
import type { Session, User } from '../../rooms/users/user.ts';
import { appBody, codesBody, passkeyBody, securityBody } from './security-page.ts';
import { deviceOf } from './words.ts';

export type SecurityDeps = {
  issuer: string;
  sessions: Pick<Sessions, 'find'>;
  journeys: Pick<Journeys, 'begin'>;
  factors: SecondFactors;
  passkeys: Pick<Passkeys, 'creation' | 'enrol'>;
};

type Place = '/account/security' | '/account/security/app' | '/account/security/passkey' | '/account/security/codes';
/** Somebody who is signed in, at a page of theirs. */
type Here = { call: Call; user: User; session: Session; visit: Visit; secret: string; place: Place };
type Deed = (here: Here, fields: Fields) => Promise<Reply>;

const PATH = '/account/security';

/** How a person signs in: what they have set up, and changes to it. */
export function securityRoutes(deps: SecurityDeps): Route[] {
  return [
    page(deps, PATH, 'How I sign in', (here) => list(deps, here)),
    page(deps, `${PATH}/app`, 'Set up an authenticator app', (here) => whenFresh(deps, here, () => app(deps, here))),
    page(deps, `${PATH}/passkey`, 'Add a passkey', (here) => whenFresh(deps, here, () => passkey(deps, here))),
    page(deps, `${PATH}/codes`, 'Recovery codes, after they were made', (here) => codes(deps, here)),
    form(
      deps,
      PATH,
      'Take a factor away, make recovery codes anew, forget browsers',
      ['factor.removed', 'factor.enrolled'],
      (here, fields) => whenFresh(deps, here, () => change(deps, here, fields)),
    ),
    form(deps, `${PATH}/app`, 'Confirm an authenticator app with its first code', ['factor.enrolled', 'login.failed'], (here, fields) =>
      whenFresh(deps, here, () => confirm(deps, here, fields)),
    ),
    form(deps, `${PATH}/passkey`, 'The passkey that the browser made', ['factor.enrolled', 'login.failed'], (here, fields) =>
      whenFresh(deps, here, () => enrol(deps, here, fields)),
    ),
  ];
}

function page(deps: SecurityDeps, place: Place, summary: string, show: (here: Here) => Promise<Reply>): Route {
  return route({
    method: 'GET',
    path: place,
    access: 'user',
    audit: BEGIN_EVENTS,
    summary,
    handle: (call) => within(deps, call, place, show),
  });
}

function form(deps: SecurityDeps, place: Place, summary: string, audit: readonly [string, ...string[]], deed: Deed): Route {
  return route({
    method: 'POST',
    path: place,
    access: 'user',
    audit: [...audit, ...BEGIN_EVENTS],
    summary,
    handle: (call) =>
      within(deps, call, place, async (here) => {
        const sent = readForm(call.request);
        if (!sent.ok) return refusedPage(call.request, 400, 'What was sent is no form of this hub. Load the page again and repeat.');
        if (!isFormToken(sent.value.one('token'), here.secret))
          return refusedPage(call.request, 403, 'It was not sent from the page that we showed you. Load the page again and repeat.');
        return deed(here, sent.value);
      }),
  });
}

async function within(deps: SecurityDeps, call: Call, place: Place, then: (here: Here) => Promise<Reply>): Promise<Reply> {
  const visit = await wholeVisitOf(deps, call.request, 'credentials');
  const secret = sessionSecretIn(call.request.header('cookie'), deps.issuer);
  if (visit.held === undefined || secret === undefined) return signIn(deps, call, visit, place, visit.partial === true);
  return then({ call, visit, secret, place, ...visit.held });
}

/** `anew`: whoever is signed in shows again, with everything they have, that it is them. */
async function signIn(deps: SecurityDeps, { request, now }: Call, visit: Visit, place: Place, anew: boolean): Promise<Reply> {
  const email = visit.held?.user.email;
  const ask = { silent: false, login: anew, consent: false, chooseAccount: false, ...(email === undefined ? {} : { email }) };
  const turn = await deps.journeys.begin({ kind: 'sign-in', returnTo: place, ask, txn: newId('txn', now) }, visit);
  return turnReply(deps.issuer, request, turn);
}

/** Nobody changes how an account is signed in to who merely found its browser open, nor with one factor where there are two. */
async function whenFresh(deps: SecurityDeps, here: Here, then: () => Promise<Reply>): Promise<Reply> {
  const { session, user, call, visit, place } = here;
  const enough = session.acr === MULTI_FACTOR || !hasSecond(await deps.factors.of(user.id));
  return isFresh(session, call.now) && enough ? then() : signIn(deps, call, visit, place, true);
}

const DONE: ReadonlyMap<string | null, string> = new Map(
  Object.entries({
    passkey: 'Your passkey is added. You can sign in with it alone.',
    app: 'Your authenticator app is set up.',
    removed: 'It is removed.',
    forgotten: 'Every browser is asked for the second step again.',
  }),
);

async function list(deps: SecurityDeps, { call, user, secret }: Here): Promise<Reply> {
  const done = DONE.get(new URLSearchParams(call.request.query).get('done'));
  const factors = await deps.factors.of(user.id);
  return pageReply({
    title: 'How you sign in',
    body: securityBody({ user, factors, token: formToken(secret), now: call.now, done }),
    width: 'wide',
  });
}

async function app(deps: SecurityDeps, { user, session, secret }: Here, wrong?: string): Promise<Reply> {
  const offer = await deps.factors.offerTotp({ userId: user.id, context: session.id, email: user.email });
  return pageReply({
    title: 'Set up an authenticator app',
    body: appBody({ ...offer, token: formToken(secret), wrong }),
    status: wrong === undefined ? 200 : 400,
  });
}

async function confirm(deps: SecurityDeps, here: Here, fields: Fields): Promise<Reply> {
  const { user, session, visit } = here;
  const before = await deps.factors.of(user.id);
  if (before.totp !== undefined) return redirect(PATH);
  const enrolled = await deps.factors.enrolTotp({ user, context: session.id, code: fields.one('code') ?? '', origin: visit.origin });
  if (!enrolled.ok)
    return app(
      deps,
      here,
      enrolled.error.kind === 'wrong' ? 'That code is not right. Type the newest one.' : 'That took too long. Scan this square.',
    );
  return redirect(before.recovery === undefined ? `${PATH}/codes` : `${PATH}?done=app`);
}

async function passkey(deps: SecurityDeps, { user, session, secret }: Here, wrong?: string): Promise<Reply> {
  const creation = await deps.passkeys.creation({ context: session.id, user });
  return pageReply({
    title: 'Add a passkey',
    body: passkeyBody({ creation, token: formToken(secret), wrong }),
    status: wrong === undefined ? 200 : 400,
    script: PASSKEY_SCRIPT,
  });
}

const NOT_ADDED = {
  wrong: 'That took too long, or was not for this page. Try again.',
  taken: 'That passkey is known here already.',
  full: 'There are twenty already. Remove one first.',
} as const;

async function enrol(deps: SecurityDeps, here: Here, fields: Fields): Promise<Reply> {
  const { user, session, visit } = here;
  const before = await deps.factors.of(user.id);
  const enrolled = await deps.passkeys.enrol({
    user,
    context: session.id,
    credential: fields.one('credential') ?? '',
    name: deviceOf(visit.origin.userAgent),
    origin: visit.origin,
  });
  if (!enrolled.ok) return passkey(deps, here, NOT_ADDED[enrolled.error.kind]);
  return redirect(before.recovery === undefined ? `${PATH}/codes` : `${PATH}?done=passkey`);
}

/** Only for the session that made them, and only for a while. */
async function codes(deps: SecurityDeps, { user, session }: Here): Promise<Reply> {
  const shown = await deps.factors.recoveryCodes({ userId: user.id, context: session.id });
  return shown === undefined ? redirect(PATH) : pageReply({ title: 'Keep these codes', body: codesBody(shown) });
}

async function change(deps: SecurityDeps, { user, session, visit: { origin }, call }: Here, fields: Fields): Promise<Reply> {
  switch (fields.one('action')) {
    case 'remove_app':
      await deps.factors.remove({ user, factor: 'totp', origin });
      return redirect(`${PATH}?done=removed`);
    case 'remove_passkey':
      await deps.factors.remove({ user, factor: { passkey: fields.one('passkey') ?? '' }, origin });
      return redirect(`${PATH}?done=removed`);
    case 'new_codes':
      if (!hasSecond(await deps.factors.of(user.id))) return redirect(PATH);
      await deps.factors.renewRecovery({ user, context: session.id, origin });
      return redirect(`${PATH}/codes`);
    case 'forget':
      await deps.factors.forgetBrowsers({ user, origin });
      return redirect(`${PATH}?done=forgotten`);
    default:
      return refusedPage(call.request, 400, 'The page has no such button. Load it again and repeat.');
  }
}
