import { html } from 'hono/html';
import { formToken, isFormToken, readForm, type Fields } from '../../base/browser/form.ts';
import { messagePage, pageReply, refusedPage } from '../../base/browser/page.ts';
import { redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId } from '../../base/ids.ts';
import type { Author } from '../../rooms/audit/author.ts';
import { scopeUsesOf } from '../../rooms/agents/detail.store.ts';
import { searchEvents } from '../../rooms/audit/search.store.ts';
import type { Connection } from '../../rooms/connections/connection.ts';
import { UNDO_MS } from '../../rooms/consent/narrow.ts';
import { openNarrowings } from '../../rooms/consent/narrow.store.ts';
import type { Held as HeldSession } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { BEGIN_EVENTS } from '../../rooms/journeys/events.ts';
import { turnReply, wholeVisitOf } from '../../rooms/journeys/reply.http.ts';
import type { Containment } from '../../rooms/signals/contain.store.ts';
import type { GrantEnd } from '../../rooms/signals/end-date.store.ts';
import type { GrantNarrowing } from '../../rooms/signals/narrow.store.ts';
import type { Pausing } from '../../rooms/signals/pause.store.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import type { User } from '../../rooms/users/user.ts';
import { activityOf } from './activity.ts';
import { agentBody } from './agent-page.ts';
import { boundAt } from './bounds.ts';
import { agentOf, scopeTitle, type ActingAgent, type HoldingsDeps } from './holdings.ts';
import { usedKey } from './scopes-form.ts';
import { stopAgent } from './stop.ts';
import { unticked } from './unticked.ts';

export type AccountAgentsDeps = HoldingsDeps & {
  issuer: string;
  sessions: { find(secret: string): Promise<HeldSession> };
  journeys: Pick<Journeys, 'begin'>;
  connections: { byId(id: string): Connection | undefined };
  contain: Containment;
  pausing: Pausing;
  narrowing: GrantNarrowing;
  grantEnd: GrantEnd;
};

/** One agent of a person: what it may do and did, and all ways to have it do less. */
export function accountAgentRoutes(deps: AccountAgentsDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/account/agents/:id',
      access: 'user',
      audit: BEGIN_EVENTS,
      summary: 'What one agent may do for me, and what it did',
      handle: (call) => withAgent(deps, call, (present) => show(deps, call, present)),
    }),
    route({
      method: 'POST',
      path: '/account/agents/:id',
      access: 'user',
      audit: [
        ...BEGIN_EVENTS,
        'agent.frozen',
        'agent.unfrozen',
        'grant.narrowed',
        'grant.restored',
        'grant.bounded',
        'consent.revoked',
        'signal.sent',
      ],
      summary: 'Pause an agent, let it go on, let it do less, stop it',
      handle: (call) => withAgent(deps, call, (present) => change(deps, call, present)),
    }),
  ];
}

type Present = { user: User; secret: string; agent: ActingAgent; by: Author };

/** The same answer for an agent of somebody else, one that is gone, and one that never was. */
async function withAgent(deps: AccountAgentsDeps, call: Call, handler: (present: Present) => Promise<Reply>): Promise<Reply> {
  const { request, now } = call;
  const id = call.params['id'] ?? '';
  if (!/^agt_[0-9a-v]{26}$/.test(id)) return nothingThere(request);
  const visit = await wholeVisitOf(deps, request);
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  if (visit.held === undefined || secret === undefined) {
    const ask = { silent: false, login: visit.partial === true, consent: false, chooseAccount: false };
    const returnTo = `/account/agents/${id}` as const;
    return turnReply(deps.issuer, request, await deps.journeys.begin({ kind: 'sign-in', returnTo, ask, txn: newId('txn', now) }, visit));
  }
  const { user } = visit.held;
  const agent = await agentOf(deps, user.id, id, now);
  if (agent === undefined) return nothingThere(request);
  return handler({ user, secret, agent, by: { initiator: 'human', actor: { user: user.id }, origin: visit.origin } });
}

/** Sentences that a change leaves for the page after it, by the word in its address. */
const DONE: ReadonlyMap<string | null, string> = new Map(
  Object.entries({
    paused: 'Paused. It gets nothing until you let it go on.',
    resumed: 'It goes on. What it may do is what it was.',
    narrowed: 'Done. It may do less from now on, and what it held is worth nothing.',
    undone: 'Given back.',
    late: 'That cannot be given back any more: it is too long ago, or you were asked anew since.',
    bounded: 'Done. It ends by itself then.',
    held: 'An administrator has stopped it, so it does not go on yet.',
    changed: 'It has changed meanwhile. This is how it is now; nothing that you sent was done.',
  }),
);

/** Entries that are looked through for what an agent did lately. */
const LOOKED_THROUGH = 100;

async function show(deps: AccountAgentsDeps, { request, now }: Call, present: Present, wrong?: string): Promise<Reply> {
  const { user, agent, secret } = present;
  const entries = await searchEvents(deps.db, { agent: agent.id, limit: LOOKED_THROUGH });
  const did = activityOf(entries, user.id, {
    resource: (id) => deps.catalogue.byId(id)?.name,
    connection: (id) => deps.connections.byId(id)?.name,
    scope: (resource, name) => scopeTitle(deps.catalogue.byId(resource), name),
  });
  const done = wrong === undefined ? DONE.get(new URLSearchParams(request.query).get('done')) : undefined;
  const uses = await scopeUsesOf(deps.db, agent.id);
  const used = new Map(uses.map(({ resource, scope, lastUsedAt }) => [usedKey(resource, scope), lastUsedAt]));
  const taken = await takenFrom(deps, agent, now);
  const body = agentBody({ agent, used, did, taken, token: formToken(secret), now, done, wrong });
  return pageReply({ title: agent.name, body, width: 'wide', ...(wrong === undefined ? {} : { status: 400 }) });
}

/** What this person took themselves and may give back; what an administrator took is not theirs to give. */
async function takenFrom({ db, catalogue }: AccountAgentsDeps, { held }: ActingAgent, now: number) {
  const grants = new Map(held.map(({ grant }) => [grant.id, grant]));
  const open = await openNarrowings(db, [...grants.keys()], now - UNDO_MS);
  return open
    .filter(({ own }) => own)
    .map(({ id, grantId, removed, at }) => {
      const resource = catalogue.byId(grants.get(grantId)?.resourceId ?? '');
      return { id, grantId, titles: removed.map((name) => scopeTitle(resource, name)), at };
    });
}

async function change(deps: AccountAgentsDeps, call: Call, present: Present): Promise<Reply> {
  const { request } = call;
  const form = readForm(request, ['scope']);
  if (!form.ok) return refusedPage(request, 400, 'What was sent is no form of this hub. Load the page again and repeat.');
  if (!isFormToken(form.value.one('token'), present.secret))
    return refusedPage(request, 403, 'It was not sent from the page that we showed you. Load the page again and repeat.');
  return act(deps, call, form.value, present);
}

async function act(deps: AccountAgentsDeps, call: Call, form: Fields, present: Present): Promise<Reply> {
  const { user, agent, by } = present;
  const back = (done: string): Reply => redirect(`/account/agents/${agent.id}?done=${done}`);
  switch (form.one('action')) {
    case 'pause':
      await deps.pausing({ agentId: agent.id, userId: user.id, to: 'paused', by });
      return back('paused');
    case 'resume':
      return back(await resumed(deps, user.id, agent, by));
    case 'revoke':
      await stopAgent(deps, user.id, agent.id, by);
      return redirect('/account?done=revoked');
    case 'narrow':
    case 'bound':
    case 'undo':
      return changeGrant(deps, call, form, present);
    default:
      return refusedPage(call.request, 400, 'The page has no such button. Load it again and repeat.');
  }
}

/** The page that was sent is compared with how the grant stands now: who unticks a box must have seen what else was ticked. */
async function changeGrant(deps: AccountAgentsDeps, call: Call, form: Fields, present: Present): Promise<Reply> {
  const { agent, user, by } = present;
  const back = (done: string): Reply => redirect(`/account/agents/${agent.id}?done=${done}`);
  const held = agent.held.find(({ grant }) => grant.id === form.one('grant'));
  if (held === undefined) return nothingThere(call.request);
  const { grant } = held;
  const of = { id: grant.id, only: user.id, by, reason: 'by the user' };
  if (form.one('action') === 'undo') {
    const undone = await deps.narrowing.undo({ ...of, narrowing: form.one('narrowing') ?? '' });
    return back(undone.ok ? 'undone' : 'late');
  }
  // What an administrator allowed for everybody would be allowed anew at the next visit: that is theirs to narrow.
  if (form.one('version') !== String(grant.version) || grant.under !== undefined) return back('changed');
  if (form.one('action') === 'bound') {
    const expiresAt = boundAt(form.one('until'), call.now, grant.expiresAt);
    if (expiresAt === undefined) return refusedPage(call.request, 400, 'The page offers no such end. Load it again and choose another.');
    return back((await deps.grantEnd({ ...of, expiresAt })).ok ? 'bounded' : 'changed');
  }
  const remove = unticked(held, form.all('scope'));
  if (remove.length === 0)
    return show(deps, call, present, 'Everything is still ticked. Take the tick from what it shall not do any more.');
  const narrowed = await deps.narrowing.narrow({ ...of, remove });
  if (narrowed.ok) return back('narrowed');
  return narrowed.error === 'nothing_left'
    ? show(deps, call, present, 'Nothing would be left. To take everything from it, press “Stop it”.')
    : back('changed');
}

/** Who froze it meanwhile has the last word, and one who lets go on what goes on already need not be told so. */
async function resumed({ pausing }: AccountAgentsDeps, userId: string, { id, stopped }: ActingAgent, by: Author): Promise<string> {
  const done = await pausing({ agentId: id, userId, to: 'active', by });
  return stopped === undefined || (done.ok && done.value.moved) ? 'resumed' : 'held';
}

function nothingThere(request: Inbound): Promise<Reply> {
  return messagePage({
    status: 404,
    title: 'No such agent',
    sentence: html`It acts for you no more, or it is somebody else’s. <a href="/account">Your account</a> lists those that do.`,
    requestId: request.requestId,
  });
}
