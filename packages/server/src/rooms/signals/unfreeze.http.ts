import { z } from 'zod';
import { authorOf, cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json, problem, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type AdminPrincipal, type Route } from '../../base/http/route.ts';
import type { Db } from '../../base/db.ts';
import { accountsOf, actorView, calledView, presentActor, presentCalled } from './called.http.ts';
import { calledOf } from './called.store.ts';
import type { NotConfirmed, Releases } from './release.store.ts';
import { CONTAIN_KINDS, STOP_EVENTS } from './stop.ts';
import { findUnfreeze, listUnfreezes } from './unfreeze.store.ts';
import type { Hand, NotTheOne, Unfreeze } from './unfreeze.ts';

const stateView = z.enum(['waiting', 'confirmed', 'refused', 'expired', 'withdrawn']);

/** A request for a second person, as the admin API shows it. Times in milliseconds since the epoch. */
export const unfreezeView = z
  .object({
    id: z.string(),
    kind: z.enum(CONTAIN_KINDS),
    subject: z.string(),
    reason: z.string(),
    state: stateView,
    askedBy: actorView,
    askedAt: z.number(),
    expiresAt: z.number(),
    decidedBy: actorView.nullable(),
    decidedAt: z.number().nullable(),
    decidedFor: z.string().nullable(),
  })
  .meta({ id: 'Unfreeze' });

export function presentUnfreeze(of: Unfreeze): z.infer<typeof unfreezeView> {
  const { id, kind, subject, reason, state, askedAt, expiresAt, decidedAt = null, decidedFor = null } = of;
  const decidedBy = of.decidedBy === undefined ? null : presentActor(of.decidedBy);
  return { id, kind, subject, reason, state, askedBy: presentActor(of.askedBy), askedAt, expiresAt, decidedBy, decidedAt, decidedFor };
}

/** The same with the names of what should go on and of whoever asked, and with whether the caller may be the second person. */
const listedView = unfreezeView
  .extend({
    ...calledView,
    barred: z
      .object({ type: z.enum(['same_person', 'made_since', 'handed_over']), title: z.string(), detail: z.string() })
      .nullable()
      .describe('Why whoever reads this may not confirm it: what confirming it would answer. Null where they may, or it no longer waits'),
  })
  .meta({ id: 'ListedUnfreeze' });

async function presentAll({ db, releases }: UnfreezeRoutesDeps, found: readonly Unfreeze[], hand: Hand) {
  const called = await calledOf(
    db,
    found.flatMap(({ kind, subject, askedBy }) => [{ kind, id: subject }, ...accountsOf(askedBy)]),
  );
  const shown: z.infer<typeof listedView>[] = [];
  for (const one of found) {
    const why = one.state === 'waiting' ? await releases.bars(one, hand) : undefined;
    const barred = why === undefined ? null : barredBy(why);
    const names = presentCalled(called({ kind: one.kind, id: one.subject }));
    shown.push({ ...presentUnfreeze(one), ...names, askedBy: presentActor(one.askedBy, called), barred });
  }
  return shown;
}

function barredBy(why: NotTheOne) {
  const { title, detail } = NOT_THE_ONE[why];
  return { type: why, title, detail };
}

export type UnfreezeRoutesDeps = {
  db: Db;
  releases: Pick<Releases, 'bars' | 'confirm' | 'refuse'>;
  hand(admin: AdminPrincipal | undefined): Promise<Hand>;
  settled(): Promise<unknown>;
};

const query = pageQuery.extend({ kind: z.enum(CONTAIN_KINDS).optional(), subject: z.string().optional(), state: stateView.optional() });
const decisionBody = z.strictObject({ reason: z.string().trim().min(1).max(500) });

/** Requests that wait for a second person, and their decision. */
export function unfreezeRoutes(deps: UnfreezeRoutesDeps): Route[] {
  return [...readRoutes(deps), confirmRoute(deps), refuseRoute(deps)];
}

function readRoutes(deps: UnfreezeRoutesDeps): Route[] {
  const { db, hand } = deps;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/unfreezes',
      access: 'admin:signals:read',
      audit: ['admin.read'],
      summary: 'Requests to let something frozen go on, newest first',
      input: { query },
      output: { 200: pageOf(listedView) },
      async handle(call) {
        const { limit, cursor, ...by } = call.query;
        const found = await listUnfreezes(db, by, { limit: limit + 1, cursor: cursorOf({ cursor }) });
        const shown = await presentAll(deps, found, await hand(call.admin));
        return page(
          shown,
          limit,
          ({ id }) => id,
          (one) => one,
        );
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/unfreezes/:id',
      access: 'admin:signals:read',
      audit: ['admin.read'],
      summary: 'One request to let something frozen go on',
      output: { 200: listedView, 404: 'No such id' },
      async handle({ params, admin }) {
        const found = await findUnfreeze(db, params['id'] ?? '');
        if (found === undefined) return notFound('unfreeze', params['id'] ?? '');
        const [shown] = await presentAll(deps, [found], await hand(admin));
        return json(200, shown);
      },
    }),
  ];
}

function confirmRoute({ db, releases, hand, settled }: UnfreezeRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/unfreezes/:id/confirm',
    access: 'admin:signals:write',
    audit: ['unfreeze.confirmed', ...CONTAIN_KINDS.map((kind) => STOP_EVENTS[kind].active), 'signal.sent'],
    summary: 'Confirm, as another person than who asked, that it may go on',
    input: { body: decisionBody },
    output: {
      200: unfreezeView,
      403: 'You are not a second person',
      404: 'No such id',
      409: 'It no longer waits, or nobody answers for the agent',
    },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const done = await releases.confirm({ id, reason: call.body.reason, by: authorOf(call), hand: await hand(call.admin) });
      if (!done.ok) return fault(db, id, done.error);
      await settled();
      return json(200, presentUnfreeze(done.value));
    },
  });
}

function refuseRoute({ db, releases }: UnfreezeRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/unfreezes/:id/refuse',
    access: 'admin:signals:write',
    audit: ['unfreeze.refused'],
    summary: 'Refuse a request, or take your own back',
    input: { body: decisionBody },
    output: { 200: unfreezeView, 404: 'No such id', 409: 'It no longer waits' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const done = await releases.refuse({ id, reason: call.body.reason, by: authorOf(call) });
      return done.ok ? json(200, presentUnfreeze(done.value)) : fault(db, id, done.error);
    },
  });
}

/** Of an agent that stopped with its owner. */
export const NO_OWNER: Problem = {
  status: 409,
  type: 'owner_left',
  title: 'Whoever answered for this agent has left',
  detail:
    'Name who answers for it from now on, then unfreeze it: Owner at its page, writ agent owner <id> <user>, or PUT /admin/v1/agents/{id}/owner.',
};

const NOT_THE_ONE: Record<NotTheOne, Problem & { detail: string }> = {
  same_person: {
    status: 403,
    type: 'same_person',
    title: 'It takes another person than who asked',
    detail:
      'You asked, or another account, a link or a client of yours did, or whoever made the link or owns the client that you came by. Somebody else has to confirm it.',
  },
  made_since: {
    status: 403,
    type: 'made_since',
    title: 'Your account was made after the freeze',
    detail: 'Whoever is behind what was frozen must not bring a second person along. Somebody who had an account before has to confirm it.',
  },
  handed_over: {
    status: 403,
    type: 'handed_over',
    title: 'Your account could have changed hands since the freeze',
    detail:
      'Another hand changed what leads to it: address, password, factors, logins, secrets, a provider, or the client you came by. Somebody else has to confirm it.',
  },
};

async function fault(db: Db, id: string, why: NotConfirmed): Promise<Reply> {
  if (why === 'unknown') return notFound('unfreeze', id);
  if (why === 'owner_left') return problem(NO_OWNER);
  if (why !== 'over') return problem(NOT_THE_ONE[why]);
  const state = (await findUnfreeze(db, id))?.state ?? 'expired';
  return problem({
    status: 409,
    type: 'over',
    title: 'This request no longer waits',
    detail: state === 'waiting' ? 'Its time is over.' : `It is ${state}.`,
  });
}
