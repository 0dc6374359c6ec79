import { formToken, isFormToken, readForm, type Fields } from '../../base/browser/form.ts';
import { pageReply, refusedPage } from '../../base/browser/page.ts';
import type { Db } from '../../base/db.ts';
import { redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId } from '../../base/ids.ts';
import type { ConnectLinks } from '../../rooms/connections/connect.store.ts';
import type { Connection } from '../../rooms/connections/connection.ts';
import { findCredential, listCredentials } from '../../rooms/connections/credential.store.ts';
import type { Credential, Owner } from '../../rooms/connections/credential.ts';
import type { Disconnecting, LetGo } from '../../rooms/connections/disconnect.store.ts';
import { isTheirs, managedBy, placesFor } from '../../rooms/connections/held.ts';
import type { Held, Visit } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { BEGIN_EVENTS } from '../../rooms/journeys/events.ts';
import { turnReply, wholeVisitOf } from '../../rooms/journeys/reply.http.ts';
import { findTenant } from '../../rooms/tenants/store.ts';
import type { Role } from '../../rooms/tenants/tenant.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import type { User } from '../../rooms/users/user.ts';
import { connectionsBody } from './connections-page.ts';

export type AccountConnectionsDeps = {
  db: Db;
  issuer: string;
  sessions: { find(secret: string): Promise<Held> };
  journeys: Pick<Journeys, 'begin'>;
  connections: { all(): readonly Connection[]; byId(id: string): Connection | undefined };
  connectLinks: ConnectLinks;
  disconnecting: Pick<Disconnecting, 'letGo'>;
  roles: { current(): readonly Role[] };
};

/** The accounts at other services that a person has connected: to see, to add to, to let go. */
export function accountConnectionRoutes(deps: AccountConnectionsDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/account/connections',
      access: 'user',
      audit: BEGIN_EVENTS,
      summary: 'Which accounts at other services I have connected',
      handle: (call) => withUser(deps, call, (present) => show(deps, call, present)),
    }),
    route({
      method: 'POST',
      path: '/account/connections',
      access: 'user',
      audit: [...BEGIN_EVENTS, 'credential.removed'],
      summary: 'Connect an account, or disconnect one',
      handle: (call) => withUser(deps, call, (present) => change(deps, call, present)),
    }),
  ];
}

type Present = { user: User; secret: string; visit: Visit };

async function withUser(deps: AccountConnectionsDeps, call: Call, handler: (present: Present) => Promise<Reply>): Promise<Reply> {
  const { request, now } = call;
  const visit = await wholeVisitOf(deps, request);
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  if (visit.held !== undefined && secret !== undefined) return handler({ user: visit.held.user, secret, visit });
  const ask = { silent: false, login: visit.partial === true, consent: false, chooseAccount: false };
  const turn = await deps.journeys.begin({ kind: 'sign-in', returnTo: '/account/connections', ask, txn: newId('txn', now) }, visit);
  return turnReply(deps.issuer, request, turn);
}

/** More than a person can look through. */
const MOST = 200;

async function show(deps: AccountConnectionsDeps, { request, now }: Call, { user, secret }: Present): Promise<Reply> {
  const managed = managedBy(user, deps.roles.current());
  const held = await heldBy(deps.db, user, managed);
  const tenants = await namesOf(deps.db, user);
  const places = placesFor(user, deps.connections.all(), managed).map((place) => ({
    ...place,
    // Several accounts at one service stand beside each other by their names.
    isAnother: held.some((one) => isAt(one, place.connection.id, place.owner)),
  }));
  const body = connectionsBody({
    held: held.map((credential) => ({ credential, connection: deps.connections.byId(credential.connection) })),
    places,
    tenants,
    token: formToken(secret),
    now,
    done: DONE.get(new URLSearchParams(request.query).get('done') ?? ''),
  });
  return pageReply({ title: 'Connected accounts', body, width: 'wide' });
}

/** What came of disconnecting, at the service too: who believes that access is gone there does not look. */
const DONE: ReadonlyMap<string, string> = new Map<LetGo, string>([
  ['told', 'Disconnected. The service has taken the access back, too.'],
  ['later', 'Disconnected here: no agent gets it any more. The service could not be told yet, and we try again for a while.'],
  [
    'unsupported',
    'Disconnected here: no agent gets it any more. This service cannot be told by us, so take the access back in your settings there, too.',
  ],
  ['nothing', 'Disconnected here: no agent gets it any more. The key itself still works: take it back at the service, too.'],
  ['gone', 'It was disconnected already.'],
]);

async function heldBy(db: Db, user: User, managed: readonly string[]): Promise<Credential[]> {
  const own = await listCredentials(db, { user: user.id }, { limit: MOST });
  const shared = await Promise.all(managed.map((tenant) => listCredentials(db, { tenant }, { limit: MOST })));
  const all = [...own, ...shared.flat().filter(({ owner }) => owner.user === undefined)];
  return all.filter(({ state }) => state !== 'revoked');
}

function isAt({ connection, owner }: Credential, id: string, at: Owner): boolean {
  return connection === id && owner.user === at.user && owner.tenant === at.tenant;
}

async function namesOf(db: Db, user: User): Promise<ReadonlyMap<string, string>> {
  return new Map(await Promise.all(user.tenants.map(async ({ id }) => [id, (await findTenant(db, id))?.name ?? id] as const)));
}

async function change(deps: AccountConnectionsDeps, { request }: Call, { user, secret, visit }: Present): Promise<Reply> {
  const form = readForm(request);
  if (!form.ok) return refusedPage(request, 400, 'What was sent is no form of this hub. Load the page again and repeat.');
  if (!isFormToken(form.value.one('token'), secret))
    return refusedPage(request, 403, 'It was not sent from the page that we showed you. Load the page again and repeat.');
  const managed = managedBy(user, deps.roles.current());
  switch (form.value.one('action')) {
    case 'connect':
      return toLink(deps, request, wanted(deps, form.value, user, managed));
    case 'again': {
      const found = await theirs(deps, form.value, user, managed);
      const connection = found === undefined ? undefined : deps.connections.byId(found.connection);
      return toLink(
        deps,
        request,
        found === undefined || connection === undefined ? undefined : { connection, owner: found.owner, label: found.label },
      );
    }
    case 'disconnect': {
      const found = await theirs(deps, form.value, user, managed);
      const by = { initiator: 'human' as const, actor: { user: user.id }, origin: visit.origin };
      const done = found === undefined ? 'gone' : await deps.disconnecting.letGo(found, by);
      return redirect(`/account/connections?done=${done}`);
    }
    default:
      return refusedPage(request, 400, 'The page has no such button. Load it again and repeat.');
  }
}

/** Only what the page offers: what is posted names one of its rows. */
function wanted(deps: AccountConnectionsDeps, form: Fields, user: User, managed: readonly string[]) {
  const shared = form.one('shared') === 'yes';
  return placesFor(user, deps.connections.all(), managed).find(
    ({ connection, owner }) =>
      connection.id === form.one('connection') && owner.tenant === form.one('tenant') && (owner.user === undefined) === shared,
  );
}

async function theirs(deps: AccountConnectionsDeps, form: Fields, user: User, managed: readonly string[]): Promise<Credential | undefined> {
  const found = await findCredential(deps.db, form.one('credential') ?? '');
  return found !== undefined && isTheirs(found, user, managed) ? found : undefined;
}

function toLink(
  deps: AccountConnectionsDeps,
  request: Inbound,
  of: { connection: Connection; owner: Owner; label?: string } | undefined,
): Promise<Reply> | Reply {
  const made = of === undefined ? undefined : deps.connectLinks.make(of.connection, { owner: of.owner, label: of.label });
  if (made?.ok !== true) return refusedPage(request, 400, 'That cannot be connected here.');
  return redirect(new URL(made.value.url).pathname, { 'referrer-policy': 'no-referrer' });
}
