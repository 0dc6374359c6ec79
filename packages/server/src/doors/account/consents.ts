import { formToken, isFormToken, readForm, type Fields } from '../../base/browser/form.ts';
import { messagePage, pageReply, refusedPage } from '../../base/browser/page.ts';
import { redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId } from '../../base/ids.ts';
import type { Author } from '../../rooms/audit/author.ts';
import { MANAGE_CONSENT, type Grant } from '../../rooms/consent/grant.ts';
import { listTenantGrants } from '../../rooms/consent/tenant.store.ts';
import type { Held as HeldSession } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { BEGIN_EVENTS } from '../../rooms/journeys/events.ts';
import { turnReply, wholeVisitOf } from '../../rooms/journeys/reply.http.ts';
import type { Containment } from '../../rooms/signals/contain.store.ts';
import type { GrantNarrowing } from '../../rooms/signals/narrow.store.ts';
import { permissionsOf } from '../../rooms/tenants/role.ts';
import type { Role } from '../../rooms/tenants/tenant.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import type { User } from '../../rooms/users/user.ts';
import { consentsBody } from './consents-page.ts';
import { sharedOf, type HoldingsDeps } from './holdings.ts';
import { unticked } from './unticked.ts';

export type AccountConsentsDeps = HoldingsDeps & {
  issuer: string;
  sessions: { find(secret: string): Promise<HeldSession> };
  journeys: Pick<Journeys, 'begin'>;
  roles: { current(): readonly Role[] };
  contain: Containment;
  narrowing: GrantNarrowing;
};

const PATH = '/account/organisations';

/** What somebody has allowed for everybody in an organisation, for whoever may take it back: the permission `consent.manage` there. */
export function accountConsentRoutes(deps: AccountConsentsDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: PATH,
      access: 'user',
      audit: BEGIN_EVENTS,
      summary: 'What is allowed for everybody in the organisations whose consent I manage',
      handle: (call) => withManager(deps, call, (present) => show(deps, call, present)),
    }),
    route({
      method: 'POST',
      path: PATH,
      access: 'user',
      audit: [...BEGIN_EVENTS, 'consent.revoked', 'grant.narrowed', 'signal.sent'],
      summary: 'Take it back for everybody, or some of it',
      handle: (call) => withManager(deps, call, (present) => change(deps, call, present)),
    }),
  ];
}

/** Organisations whose consent this person manages. */
export function consentManagedBy(user: User, roles: readonly Role[]): readonly string[] {
  return user.tenants.filter((one) => permissionsOf(one.roles, roles).includes(MANAGE_CONSENT)).map(({ id }) => id);
}

type Present = { secret: string; managed: readonly string[]; by: Author };

async function withManager(deps: AccountConsentsDeps, call: Call, handler: (present: Present) => Promise<Reply>): Promise<Reply> {
  const { request, now } = call;
  const visit = await wholeVisitOf(deps, request);
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  if (visit.held === undefined || secret === undefined) {
    const ask = { silent: false, login: visit.partial === true, consent: false, chooseAccount: false };
    return turnReply(
      deps.issuer,
      request,
      await deps.journeys.begin({ kind: 'sign-in', returnTo: PATH, ask, txn: newId('txn', now) }, visit),
    );
  }
  const { user } = visit.held;
  const managed = consentManagedBy(user, deps.roles.current());
  if (managed.length === 0) return nothingThere(request);
  return handler({ secret, managed, by: { initiator: 'human', actor: { user: user.id }, origin: visit.origin } });
}

const DONE: ReadonlyMap<string | null, string> = new Map(
  Object.entries({
    ended: 'Taken back for everybody. What it held by this is worth nothing from now on.',
    narrowed: 'Done. It may do less for everybody from now on.',
    changed: 'It has changed meanwhile. This is how it is now; nothing that you sent was done.',
  }),
);

async function show(deps: AccountConsentsDeps, { request, now }: Call, { secret, managed }: Present, wrong?: string): Promise<Reply> {
  const shared = await sharedOf(deps, await listTenantGrants(deps.db, managed, now));
  const done = wrong === undefined ? DONE.get(new URLSearchParams(request.query).get('done')) : undefined;
  const body = consentsBody({ shared, token: formToken(secret), now, done, wrong });
  return pageReply({ title: 'Allowed for everybody', body, width: 'wide', ...(wrong === undefined ? {} : { status: 400 }) });
}

async function change(deps: AccountConsentsDeps, call: Call, present: Present): Promise<Reply> {
  const { request, now } = call;
  const form = readForm(request, ['scope']);
  if (!form.ok) return refusedPage(request, 400, 'What was sent is no form of this hub. Load the page again and repeat.');
  if (!isFormToken(form.value.one('token'), present.secret))
    return refusedPage(request, 403, 'It was not sent from the page that we showed you. Load the page again and repeat.');
  // Of organisations that this person manages only: a grant of another is as good as none.
  const grant = (await listTenantGrants(deps.db, present.managed, now)).find(({ id }) => id === form.value.one('grant'));
  if (grant === undefined) return redirect(`${PATH}?done=changed`);
  switch (form.value.one('action')) {
    case 'end':
      await deps.contain({
        kind: 'grant',
        id: grant.id,
        to: 'revoked',
        own: true,
        reason: 'taken back by an administrator of the tenant',
        by: present.by,
      });
      return redirect(`${PATH}?done=ended`);
    case 'narrow':
      return narrow(deps, call, present, grant, form.value);
    default:
      return refusedPage(request, 400, 'The page has no such button. Load it again and repeat.');
  }
}

async function narrow(deps: AccountConsentsDeps, call: Call, present: Present, grant: Grant, form: Fields): Promise<Reply> {
  if (form.one('version') !== String(grant.version)) return redirect(`${PATH}?done=changed`);
  const [shared] = await sharedOf(deps, [grant]);
  const remove = shared === undefined ? [] : unticked(shared.held, form.all('scope'));
  if (remove.length === 0)
    return show(deps, call, present, 'Everything is still ticked. Take the tick from what it shall not do any more.');
  const narrowed = await deps.narrowing.narrow({ id: grant.id, remove, reason: 'by an administrator of the tenant', by: present.by });
  if (narrowed.ok) return redirect(`${PATH}?done=narrowed`);
  return narrowed.error === 'nothing_left'
    ? show(deps, call, present, 'Nothing would be left. To take everything back, press “End for everybody”.')
    : redirect(`${PATH}?done=changed`);
}

function nothingThere(request: Inbound): Promise<Reply> {
  return messagePage({
    status: 404,
    title: 'Nothing to manage',
    sentence: 'You manage the consent of no organisation here. Are you signed in with the right account?',
    requestId: request.requestId,
  });
}
