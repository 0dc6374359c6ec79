import { html } from 'hono/html';
import { formToken, isFormToken, readForm, type Fields } from '../../base/browser/form.ts';
import { pageReply, refusedPage } from '../../base/browser/page.ts';
import { redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId } from '../../base/ids.ts';
import type { Author } from '../../rooms/audit/author.ts';
import type { Held, Visit } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { BEGIN_EVENTS } from '../../rooms/journeys/events.ts';
import { turnReply, wholeVisitOf } from '../../rooms/journeys/reply.http.ts';
import type { Containment } from '../../rooms/signals/contain.store.ts';
import { clearedSessionCookie, sessionSecretIn } from '../../rooms/users/cookie.ts';
import type { Sessions } from '../../rooms/users/session.store.ts';
import { accountAgentRoutes, type AccountAgentsDeps } from './agents.ts';
import { accountApprovalRoutes, type ApprovalDoorDeps } from './approvals.ts';
import { waitingFor } from './approvals-list.ts';
import { accountConnectionRoutes, type AccountConnectionsDeps } from './connections.ts';
import { accountConsentRoutes, consentManagedBy, type AccountConsentsDeps } from './consents.ts';
import { holdingsOf, type HoldingsDeps } from './holdings.ts';
import { accountBody } from './page.ts';
import { securityRoutes, type SecurityDeps } from './security.ts';
import { stopAgent } from './stop.ts';

export type AccountDeps = HoldingsDeps &
  ApprovalDoorDeps &
  SecurityDeps &
  AccountAgentsDeps &
  AccountConnectionsDeps &
  AccountConsentsDeps & {
    issuer: string;
    sessions: Pick<Sessions, 'find' | 'list' | 'end' | 'endAllOf'>;
    journeys: Pick<Journeys, 'begin'>;
    contain: Containment;
  };

/** What a signed-in person sees and does about themselves. Signing in is a journey like any other. */
export function accountRoutes(deps: AccountDeps): Route[] {
  return [
    ...accountAgentRoutes(deps),
    ...accountApprovalRoutes(deps),
    ...securityRoutes(deps),
    ...accountConnectionRoutes(deps),
    ...accountConsentRoutes(deps),
    route({
      method: 'GET',
      path: '/',
      access: 'public',
      audit: { none: 'shows the way' },
      summary: 'The address of the hub, typed into a browser, leads to the account',
      handle: () => redirect('/account'),
    }),
    route({
      method: 'GET',
      path: '/account',
      access: 'user',
      audit: BEGIN_EVENTS,
      summary: 'Which agents act for me, and where I am signed in',
      handle: (call) => show(deps, call),
    }),
    route({
      method: 'POST',
      path: '/account',
      access: 'user',
      audit: ['agent.frozen', 'agent.unfrozen', 'consent.revoked', 'signal.sent', 'login.ended'],
      summary: 'Pause or stop an agent, end a session, sign out',
      handle: (call) => change(deps, call),
    }),
    route({
      method: 'GET',
      path: '/account/signed-out',
      access: 'public',
      audit: { none: 'says good-bye' },
      summary: 'After signing out',
      handle: () =>
        pageReply({
          title: 'Signed out',
          body: html`<h1>You are signed out</h1>
            <p class="lead">Agents that you allowed to act while you are away go on.</p>
            <p class="quiet"><a href="/account">Sign in again</a></p>`,
        }),
    }),
  ];
}

/** Sentences that a change leaves for the page after it, by the word in its address. */
const DONE: ReadonlyMap<string | null, string> = new Map(
  Object.entries({
    paused: 'Paused. It gets nothing until you let it go on.',
    resumed: 'It goes on, unless somebody else has stopped it.',
    revoked: 'Stopped. What it held is worth nothing from now on.',
    ended: 'That session is over.',
  }),
);

async function show(deps: AccountDeps, { request, now }: Call): Promise<Reply> {
  const visit = await wholeVisitOf(deps, request);
  const { held } = visit;
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  if (held === undefined || secret === undefined) return signIn(deps, request, visit, now);
  const holdings = await holdingsOf(deps, held.user.id, now);
  const done = DONE.get(new URLSearchParams(request.query).get('done'));
  const waiting = await waitingFor(deps, held, now);
  const manages = consentManagedBy(held.user, deps.roles.current()).length > 0;
  const body = accountBody({
    user: held.user,
    holdings,
    waiting,
    sessionId: held.session.id,
    token: formToken(secret),
    now,
    done,
    manages,
  });
  return pageReply({ title: 'Your account', body, width: 'wide' });
}

async function signIn(deps: AccountDeps, request: Inbound, visit: Visit, now: number): Promise<Reply> {
  const ask = { silent: false, login: visit.partial === true, consent: false, chooseAccount: false };
  const turn = await deps.journeys.begin({ kind: 'sign-in', returnTo: '/account', ask, txn: newId('txn', now) }, visit);
  return turnReply(deps.issuer, request, turn);
}

async function change(deps: AccountDeps, { request, now }: Call): Promise<Reply> {
  const visit = await wholeVisitOf(deps, request);
  const { held } = visit;
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  if (held === undefined || secret === undefined) return signIn(deps, request, visit, now);
  const form = readForm(request);
  if (!form.ok) return refusedPage(request, 400, 'What was sent is no form of this hub. Load the page again and repeat.');
  if (!isFormToken(form.value.one('token'), secret))
    return refusedPage(request, 403, 'It was not sent from the page that we showed you. Load your account page again and repeat.');
  return act(deps, request, form.value, held, visit);
}

async function act(deps: AccountDeps, request: Inbound, form: Fields, held: NonNullable<Held>, { origin }: Visit): Promise<Reply> {
  const { session, user } = held;
  const by: Author = { initiator: 'human', actor: { user: user.id }, origin };
  switch (form.one('action')) {
    case 'pause':
    case 'resume': {
      const to = form.one('action') === 'pause' ? 'paused' : 'active';
      await deps.pausing({ agentId: form.one('agent') ?? '', userId: user.id, to, by });
      return redirect(`/account?done=${to === 'paused' ? 'paused' : 'resumed'}`);
    }
    case 'revoke':
      await stopAgent(deps, user.id, form.one('agent') ?? '', by);
      return redirect('/account?done=revoked');
    case 'end': {
      // Only among one's own: another's session id is as good as none.
      const wanted = (await deps.sessions.list(user.id)).find(({ id }) => id === form.one('session'));
      if (wanted !== undefined) await deps.sessions.end(wanted, origin);
      return redirect('/account?done=ended');
    }
    case 'end_others':
      await deps.sessions.endAllOf(user.id, { by, except: session.id });
      return redirect('/account?done=ended');
    case 'logout':
      await deps.sessions.end(session, origin);
      return redirect('/account/signed-out', { 'set-cookie': clearedSessionCookie(deps.issuer) });
    default:
      return refusedPage(request, 400, 'The page has no such button. Load it again and repeat.');
  }
}
