import { html } from 'hono/html';
import { formToken, isFormToken, readForm } from '../../base/browser/form.ts';
import { messagePage, pageReply } from '../../base/browser/page.ts';
import type { Db } from '../../base/db.ts';
import { redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId } from '../../base/ids.ts';
import type { Result } from '../../base/result.ts';
import { MAX_REASON } from '../../rooms/approvals/approval.ts';
import type { DecideFault, Deciding, Seen } from '../../rooms/approvals/decide.store.ts';
import { findPending } from '../../rooms/approvals/pending.store.ts';
import type { ApprovalSettings } from '../../rooms/approvals/setting.store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import type { Held, Visit } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { BEGIN_EVENTS } from '../../rooms/journeys/events.ts';
import { decoupledRequest } from '../../rooms/journeys/journey.ts';
import { turnReply, wholeVisitOf } from '../../rooms/journeys/reply.http.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import { findTenant } from '../../rooms/tenants/store.ts';
import { boundTenant } from '../../rooms/users/bound.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import { findUser } from '../../rooms/users/store.ts';
import { approvalBody } from './approvals-page.ts';

export type ApprovalDoorDeps = {
  db: Db;
  issuer: string;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
  catalogue: { ready(): Promise<void>; byId(id: string): Resource | undefined };
  sessions: { find(secret: string): Promise<Held> };
  journeys: Pick<Journeys, 'begin'>;
  deciding: Deciding;
  asking: ApprovalSettings;
};

type Present = NonNullable<Held>;

/**
 * `/account/approvals/:id`: where the link of a mail leads. It is an address and no secret: what is behind it shows itself only to whoever signs
 * in as one of those who were asked, and to everybody else it is not there.
 */
export function accountApprovalRoutes(deps: ApprovalDoorDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/account/approvals/:id',
      access: 'user',
      audit: [...BEGIN_EVENTS, 'consent.denied', 'approval.refused'],
      summary: 'What an agent asks of me',
      handle: (call) => withPerson(deps, call, (held, secret, visit) => show(deps, call, held, secret, visit)),
    }),
    route({
      method: 'POST',
      path: '/account/approvals/:id',
      access: 'user',
      audit: [...BEGIN_EVENTS, 'approval.given', 'approval.refused'],
      summary: 'Approve or refuse what an agent asks',
      handle: (call) => withPerson(deps, call, (held, secret, visit) => decide(deps, call, held, secret, visit)),
    }),
    route({
      method: 'GET',
      path: '/account/answered',
      access: 'public',
      audit: { none: 'says that it is done' },
      summary: 'After an answer',
      handle: answered,
    }),
  ];
}

/** A page of its own, without a button: whoever has answered is done here. */
const ANSWERED: ReadonlyMap<string | null, { title: string; sentence: string }> = new Map(
  Object.entries({
    allowed: { title: 'You allowed it', sentence: 'It goes on by itself. You can close this page.' },
    refused: { title: 'You refused', sentence: 'It got nothing.' },
    approved: { title: 'Your approval is recorded', sentence: 'It is good for exactly this, once.' },
    disapproved: { title: 'Refused, for good', sentence: 'The agent is told no, and may not ask the same again for a while.' },
  }),
);

function answered({ request }: Call): Promise<Reply> {
  const { title, sentence } = ANSWERED.get(new URLSearchParams(request.query).get('how')) ?? {
    title: 'Nothing is open here',
    sentence: '',
  };
  const body = html`<h1>${title}</h1>
    <p class="lead">${sentence}</p>
    <p class="quiet"><a href="/account">Your account</a> shows what else waits for you, and who acts for you.</p>`;
  return pageReply({ title, body });
}

type Handler = (held: Present, secret: string, visit: Visit) => Promise<Reply>;

const idIn = ({ params }: Call): string => params['id'] ?? '';

/** Approving asks for a fresh sign-in: whoever finds a browser open must not be able to decide for its owner. */
async function withPerson(deps: ApprovalDoorDeps, call: Call, handler: Handler): Promise<Reply> {
  const { request, now } = call;
  const visit = await wholeVisitOf(deps, request);
  const { held } = visit;
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  const id = idIn(call);
  if (!/^(apr|ask)_[0-9a-v]{26}$/.test(id)) return nothingThere(request);
  await deps.asking.ready();
  // Consent to a request of one's own agent asks for what its journey asks for, which begins right away.
  const maxAge = id.startsWith('apr_') ? deps.asking.current().freshLogin : undefined;
  const stale = held !== undefined && maxAge !== undefined && now - held.session.authTime >= maxAge * 1000;
  if (held !== undefined && secret !== undefined && !stale) return handler(held, secret, visit);
  const ask = {
    silent: false,
    login: visit.partial === true,
    consent: false,
    chooseAccount: false,
    ...(maxAge === undefined ? {} : { maxAge }),
  };
  const turn = await deps.journeys.begin({ kind: 'sign-in', returnTo: `/account/approvals/${id}`, ask, txn: newId('txn', now) }, visit);
  return turnReply(deps.issuer, request, turn);
}

/** The same whether there is nothing, it is somebody else's, or it is over. */
function nothingThere(request: Inbound): Promise<Reply> {
  return messagePage({
    status: 404,
    title: 'There is nothing to decide',
    sentence: 'It was decided already, its time is over, or it was asked of somebody else. Are you signed in with the right account?',
    requestId: request.requestId,
  });
}

async function show(deps: ApprovalDoorDeps, call: Call, held: Present, secret: string, visit: Visit): Promise<Reply> {
  const { request, now } = call;
  const id = idIn(call);
  if (id.startsWith('ask_')) return openConsent(deps, call, held, visit);
  const seen = await deps.deciding.see(id, held.user, boundTenant(held.session.by));
  if (seen === undefined || seen.approval.state !== 'pending' || seen.approval.expiresAt <= now) return nothingThere(request);
  return approvalPage(deps, call, seen, held, secret);
}

/** CIBA: consent is asked in a journey like any other, and only of the one who was meant (CVE-2026-45337). */
async function openConsent(deps: ApprovalDoorDeps, call: Call, held: Present, visit: Visit): Promise<Reply> {
  const { request, now } = call;
  const pending = await findPending(deps.db, idIn(call));
  const mine = pending?.kind === 'ciba' && pending.userId === held.user.id && pending.state === 'pending' && pending.expiresAt > now;
  if (pending === undefined || !mine) return nothingThere(request);
  return turnReply(deps.issuer, request, await deps.journeys.begin(decoupledRequest(pending), visit));
}

async function approvalPage(
  deps: ApprovalDoorDeps,
  { now }: Call,
  seen: Seen,
  held: Present,
  secret: string,
  wrong?: string,
): Promise<Reply> {
  await deps.catalogue.ready();
  const { request } = seen.approval;
  const [found, tenant, requester] = await Promise.all([
    deps.clients.find(request.clientId),
    request.tenantId === undefined ? undefined : findTenant(deps.db, request.tenantId),
    request.userId === undefined ? undefined : findUser(deps.db, request.userId),
  ]);
  const body = approvalBody({
    seen,
    client: found.ok ? found.value : undefined,
    resource: request.resourceId === undefined ? undefined : deps.catalogue.byId(request.resourceId),
    tenantName: tenant?.name,
    requester,
    user: held.user,
    token: formToken(secret),
    now,
    wrong,
  });
  return pageReply({ title: 'Approve?', body, ...(wrong === undefined ? {} : { status: 400 }) });
}

async function decide(deps: ApprovalDoorDeps, call: Call, held: Present, secret: string, { origin }: Visit): Promise<Reply> {
  const { request } = call;
  const id = idIn(call);
  const refused = (status: number, sentence: string) =>
    messagePage({ status, title: 'This cannot go on', sentence, requestId: request.requestId });
  const fields = readForm(request);
  if (!fields.ok) return refused(400, 'What was sent is no form of this hub. Load the page again and repeat.');
  if (!isFormToken(fields.value.one('token'), secret))
    return refused(403, 'It was not sent from the page that we showed you. Load the page again and repeat.');
  const action = fields.value.one('action');
  if ((action !== 'allow' && action !== 'deny') || id.startsWith('ask_'))
    return refused(400, 'The page has no such button. Load it again and repeat.');
  const reason = (fields.value.one('reason') ?? '').trim();
  if (reason.length > MAX_REASON) return refused(400, 'A reason has at most 500 characters.');
  const decided = await deps.deciding.decide({
    id,
    userId: held.user.id,
    bound: boundTenant(held.session.by),
    verdict: action === 'allow' ? 'give' : 'refuse',
    ...(reason === '' ? {} : { reason: reason.toWellFormed() }),
    by: { initiator: 'human', actor: { user: held.user.id }, origin },
  });
  if (decided.ok) return redirect(`/account/answered?how=${action === 'allow' ? 'approved' : 'disapproved'}`);
  return faultPage(decided.error, request);
}

function faultPage(fault: DecideFault, request: Inbound): Promise<Reply> {
  if (fault !== 'voted') return nothingThere(request);
  const sentence = 'You decided on this before, and everybody decides once.';
  return messagePage({ status: 409, title: 'You have decided', sentence, requestId: request.requestId });
}
