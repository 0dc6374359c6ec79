import { z } from 'zod';
import { authorOf, badInput, notFound } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type AdminPrincipal, type Call, type Route } from '../../base/http/route.ts';
import type { Db } from '../../base/db.ts';
import { findClient } from '../clients/store.ts';
import { findUser } from '../users/store.ts';
import type { ContainFault, Containment } from './contain.store.ts';
import type { Releases } from './release.store.ts';
import { loginsOf } from './handed.store.ts';
import { CONTAIN_KINDS, HUB, PLURALS, STOP_EVENTS, type ContainKind } from './stop.ts';
import { handOf, type Hand } from './unfreeze.ts';
import { NO_OWNER, presentUnfreeze, unfreezeView } from './unfreeze.http.ts';

export type StopRoutesDeps = {
  db: Db;
  contain: Containment;
  releases: Pick<Releases, 'release'>;
  /** Resolves when this node goes by what was just committed. */
  settled(): Promise<unknown>;
};

const CLIENT = 'client:';

/** Who calls, with what is known of their account: whether two calls are two people hangs on it. */
export async function handBehind(db: Db, admin: AdminPrincipal | undefined): Promise<Hand> {
  if (admin === undefined) throw new Error('an admin handler ran without its door');
  if (admin.user !== undefined) {
    const makers = (admin.madeBy ?? []).filter((one) => one.startsWith(CLIENT)).map((one) => findClient(db, one.slice(CLIENT.length)));
    const owners = (await Promise.all(makers)).flatMap((one) => (one?.owner === undefined ? [] : [`user:${one.owner}`]));
    const [user, client, logins] = await Promise.all([
      findUser(db, admin.user),
      admin.client === undefined ? undefined : findClient(db, admin.client),
      loginsOf(db, admin.user),
    ]);
    return handOf({ ...admin, madeBy: [...(admin.madeBy ?? []), ...owners] }, { user, client, logins });
  }
  return handOf(admin, { client: await findClient(db, admin.client ?? admin.id) });
}

const reason = z.string().trim().min(1).max(500);
const DEFAULT = 'by an administrator';
const reasonBody = z.strictObject({ reason: reason.default(DEFAULT) }).default({ reason: DEFAULT });
const YEAR = 366 * 86_400_000;
const until = z.number().int().optional().describe('When the freeze ends by itself, in milliseconds since the epoch; a year away at most');
const freezeBody = z.strictObject({ reason: reason.default(DEFAULT), until }).default({ reason: DEFAULT });
// To stop everything, or to let everything go, without saying why helps nobody afterwards.
const hubFreezeBody = z.strictObject({ reason, until });
const hubReasonBody = z.strictObject({ reason });

const stopView = z.object({ id: z.string(), state: z.enum(['active', 'frozen', 'revoked']), moved: z.boolean() });
const waitingView = stopView.extend({ unfreeze: unfreezeView });

const WORDS: Record<ContainKind, { freeze: string; unfreeze: string; revoke: string }> = {
  agent: wordsOf('an agent'),
  client: wordsOf('a client'),
  user: wordsOf('a user'),
  tenant: wordsOf('a tenant'),
  grant: wordsOf('a grant'),
  connection: {
    freeze: 'Freeze a connection: nothing of it is handed out or proxied, nobody connects, nothing is renewed',
    unfreeze: 'Let a frozen connection work again',
    revoke: 'Revoke a connection for good: its credentials leave the vault, and their service is told to take the tokens back',
  },
  hub: {
    freeze: 'Freeze the hub: no agent of any tenant gets anything, live tokens die by signal; console and admin API stay open',
    unfreeze: 'Let a frozen hub work again',
    revoke: '',
  },
};

function wordsOf(one: string): { freeze: string; unfreeze: string; revoke: string } {
  return {
    freeze: `Freeze ${one}; every issuance path refuses at once, live tokens die by signal`,
    unfreeze: `Let ${one} go on that was frozen`,
    revoke: `Revoke ${one} for good; every issuance path refuses at once, live tokens die by signal`,
  };
}

/** `POST /admin/v1/{agents,clients,users,tenants,grants,connections}/:id/{freeze,unfreeze,revoke}`, and `POST /admin/v1/hub/{freeze,unfreeze}`. */
export function stopRoutes(deps: StopRoutesDeps): Route[] {
  return CONTAIN_KINDS.flatMap((kind) =>
    kind === 'hub'
      ? [freezeRoute(deps, kind), unfreezeRoute(deps, kind)]
      : [freezeRoute(deps, kind), unfreezeRoute(deps, kind), revokeRoute(deps, kind)],
  );
}

function placeOf(kind: ContainKind, verb: string): { path: string; access: Route['access'] } {
  if (kind === 'hub') return { path: `/admin/v1/hub/${verb}`, access: 'admin:signals:write' };
  return { path: `/admin/v1/${PLURALS[kind]}/:id/${verb}`, access: `admin:${PLURALS[kind]}:write` };
}

function idIn(kind: ContainKind, { params }: Pick<Call, 'params'>): string {
  return kind === 'hub' ? HUB : (params['id'] ?? '');
}

const told = (kind: ContainKind): readonly string[] => (kind === 'connection' ? [] : ['signal.sent']);
/** What a person answers for stops with them. */
const owned = (kind: ContainKind, type: string): readonly string[] => (kind === 'user' ? [type] : []);

function freezeRoute(deps: StopRoutesDeps, kind: ContainKind): Route {
  return route({
    ...placeOf(kind, 'freeze'),
    method: 'POST',
    audit: [STOP_EVENTS[kind].frozen, ...told(kind), ...owned(kind, 'agent.frozen')],
    summary: WORDS[kind].freeze,
    input: { body: kind === 'hub' ? hubFreezeBody : freezeBody },
    output: kind === 'hub' ? { 200: stopView } : { 200: stopView, 404: 'No such id', 409: 'It is revoked' },
    async handle(call) {
      const { body } = call;
      if (body.until !== undefined && (body.until <= call.now || body.until > call.now + YEAR))
        return problem(badInput([{ field: 'until', message: 'a time within the next year' }]));
      return stop(deps, call, { kind, id: idIn(kind, call), to: 'frozen', reason: body.reason, until: body.until });
    },
  });
}

function revokeRoute(deps: StopRoutesDeps, kind: Exclude<ContainKind, 'hub'>): Route {
  return route({
    ...placeOf(kind, 'revoke'),
    method: 'POST',
    audit: [STOP_EVENTS[kind].revoked, ...told(kind), ...owned(kind, 'agent.frozen')],
    summary: WORDS[kind].revoke,
    input: { body: reasonBody },
    output: { 200: stopView, 404: 'No such id' },
    handle: (call) => stop(deps, call, { kind, id: idIn(kind, call), to: 'revoked', reason: call.body.reason }),
  });
}

async function stop(deps: StopRoutesDeps, call: Call, deed: Omit<Parameters<Containment>[0], 'by'>): Promise<Reply> {
  const done = await deps.contain({ ...deed, by: authorOf(call) });
  if (!done.ok) return undone(done.error, deed);
  await deps.settled();
  return json(200, { id: deed.id, ...done.value });
}

function unfreezeRoute(deps: StopRoutesDeps, kind: ContainKind): Route {
  return route({
    ...placeOf(kind, 'unfreeze'),
    method: 'POST',
    audit: [STOP_EVENTS[kind].active, ...told(kind), ...owned(kind, 'agent.unfrozen'), 'unfreeze.requested', 'unfreeze.expired'],
    summary: WORDS[kind].unfreeze,
    input: { body: kind === 'hub' ? hubReasonBody : reasonBody },
    output: {
      200: stopView,
      202: waitingView.describe('It takes a second person: the request waits'),
      404: 'No such id',
      409: 'It is revoked, paused by its person, or its owner has left and nobody answers for it',
    },
    async handle(call) {
      const id = idIn(kind, call);
      const hand = await handBehind(deps.db, call.admin);
      const done = await deps.releases.release({ kind, id, reason: call.body.reason, by: authorOf(call), hand });
      if (!done.ok) return undone(done.error, { kind, id });
      const { waiting, ...rest } = done.value;
      if (waiting !== undefined) return json(202, { id, ...rest, unfreeze: presentUnfreeze(waiting) });
      await deps.settled();
      return json(200, { id, ...rest });
    },
  });
}

function undone(why: ContainFault, { kind, id }: { kind: ContainKind; id: string }): Reply {
  if (why === 'unknown') return notFound(kind, id);
  if (why === 'owner_left') return problem(NO_OWNER);
  if (why === 'paused')
    return problem({
      status: 409,
      type: 'paused_by_user',
      title: 'The person that it acts for has paused this agent',
      detail: 'Only they let it go on, at their account page. You can freeze it over their pause, or revoke it.',
    });
  return problem({
    status: 409,
    type: 'revoked',
    title: `This ${kind} is revoked`,
    detail: 'A revocation is final. What comes next starts anew.',
  });
}
