import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import {
  authorOf,
  badInput,
  CHANGED_MEANWHILE,
  cursorOf,
  etag,
  isPreconditionMet,
  notFound,
  page,
  pageOf,
  pageQuery,
  preconditionFailed,
} from '../../base/http/admin.ts';
import { json, problem, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { holdName } from '../../base/lock.ts';
import type { PasswordHasher } from '../../base/passwords/hasher.ts';
import { fail, ok } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { authorId } from '../tenants/config.ts';
import { toUserConfig, userConfig, type UserConfig } from './config.ts';
import { emailKey } from './email.ts';
import type { SecondFactors } from './factors.store.ts';
import type { Join } from './join.store.ts';
import type { Reset } from './reset.store.ts';
import type { Sessions } from './session.store.ts';
import { findUser, listUsers, prepareUser, putUser, removeUser, userObstacle, type PutFault } from './store.ts';
import type { User } from './user.ts';

const state = z.enum(['active', 'frozen', 'revoked']);

/** A user as the admin API shows it: whether there is a password, never the password nor its hash. `heldIn`: tenants in which the membership is on hold. Times in milliseconds since the epoch. */
export const userView = z
  .object({
    ...userConfig.shape,
    password: z.undefined(),
    passwordSet: z.boolean(),
    heldIn: z.array(z.string()),
    state,
    createdAt: z.number(),
  })
  .omit({ password: true });

export function presentUser(user: User): Record<string, unknown> {
  const heldIn = (user.held ?? []).map(({ id }) => id);
  return { ...toUserConfig(user), passwordSet: user.passwordHash !== undefined, heldIn, state: user.state, createdAt: user.createdAt };
}

export type UserRoutesDeps = {
  db: Db;
  audit: Audit;
  hasher: PasswordHasher;
  join: Pick<Join, 'invite'>;
  reset: Pick<Reset, 'linkFor'>;
  sessions: Pick<Sessions, 'endAllOf'>;
  factors: Pick<SecondFactors, 'of' | 'reset'>;
  /** Revokes a user for good, with everything issued for them, and tells resource servers. */
  revoke(id: string, reason: string, by: Author): Promise<unknown>;
  /** Resolves when this node's caches have taken the change in. */
  settled?(): Promise<void>;
};

export function userRoutes(deps: UserRoutesDeps): Route[] {
  return [
    listRoute(deps),
    getRoute(deps),
    putRoute(deps),
    deleteRoute(deps),
    inviteRoute(deps),
    passwordLinkRoute(deps),
    signOutRoute(deps),
    factorsRoute(deps),
    resetFactorsRoute(deps),
  ];
}

const idOf = ({ params }: Pick<Call, 'params'>): string => params['id'] ?? '';
const filter = pageQuery.extend({ email: z.string().max(320).optional(), tenant: authorId.optional(), state: state.optional() });

function listRoute({ db }: UserRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/users',
    access: 'admin:users:read',
    audit: ['admin.read'],
    summary: 'Users, by e-mail address, tenant and state',
    input: { query: filter },
    output: { 200: pageOf(userView) },
    async handle({ query }) {
      const { limit, email, tenant, state: wanted } = query;
      const key = email === undefined ? undefined : emailKey(email);
      if (email !== undefined && key === undefined) return problem(badInput([{ field: 'email', message: 'one plain e-mail address' }]));
      const found = await listUsers(db, { email: key, tenant, state: wanted }, { limit: limit + 1, cursor: cursorOf(query) });
      return page(found, limit, (user) => user.id, presentUser);
    },
  });
}

function getRoute({ db }: UserRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/users/:id',
    access: 'admin:users:read',
    audit: ['admin.read'],
    summary: 'One user',
    output: { 200: userView, 404: 'No such id' },
    async handle(call) {
      const user = await present(db, idOf(call));
      return user === undefined ? notFound('user', idOf(call)) : json(200, presentUser(user), etag(user.version));
    },
  });
}

/** Not those who were removed: of them only the id is left. */
async function present(db: Db, id: string): Promise<User | undefined> {
  const user = await findUser(db, id);
  return user?.email === '' ? undefined : user;
}

function putRoute(deps: UserRoutesDeps): Route {
  return route({
    method: 'PUT',
    path: '/admin/v1/users/:id',
    access: 'admin:users:write',
    audit: ['user.created', 'user.changed'],
    summary: 'Create or replace a user by an id of your own; a password left out stays as it is',
    input: { body: userConfig },
    output: { 200: userView, 201: userView, 409: 'The address is taken, or the id was removed', 412: 'If-Match names another version' },
    handle: (call) => putOne(deps, call),
  });
}

async function putOne(deps: UserRoutesDeps, call: Call<UserConfig>): Promise<Reply> {
  const id = idOf(call);
  if (call.body.id !== id) return problem(badInput([{ field: 'id', message: `the path says ${id}` }]));
  const prepared = await prepareUser(deps, call.body);
  if (!prepared.ok) return problem(putProblem(prepared.error), prepared.error.reason === 'busy' ? { 'retry-after': '1' } : {});
  const outcome = await commitDeed<PutOutcome<User>, Problem>(deps.audit, async (tx) => {
    await holdName(tx, `user ${id}`);
    await holdName(tx, `user-email ${emailKey(prepared.value.email)}`);
    if (call.request.header('if-match') !== undefined && !isPreconditionMet(call.request, (await present(tx, id))?.version))
      return fail(CHANGED_MEANWHILE);
    const obstacle = await userObstacle(tx, prepared.value);
    return obstacle === undefined ? ok(await putUser(tx, prepared.value, authorOf(call))) : fail(putProblem(obstacle));
  });
  if (!outcome.ok) return problem(outcome.error);
  await deps.settled?.();
  const { value } = outcome.value;
  return json(outcome.value.outcome === 'created' ? 201 : 200, presentUser(value), etag(value.version));
}

/** What the admin API says about a put that cannot be. */
export function putProblem({ field, reason, message }: PutFault): Problem {
  if (reason === 'busy') return { status: 429, type: 'busy', title: 'The hub is checking too many passwords', detail: message };
  if (reason === 'taken' || reason === 'removed')
    return { status: 409, type: reason, title: 'This user cannot be put', field, detail: message };
  return badInput([{ field, message }], 'This user cannot be put');
}

function deleteRoute(deps: UserRoutesDeps): Route {
  return route({
    method: 'DELETE',
    path: '/admin/v1/users/:id',
    access: 'admin:users:write',
    audit: ['user.revoked', 'agent.frozen', 'signal.sent'],
    summary: 'Remove a user: revoked for good with everything issued for them, erased but for the id',
    output: { 204: 'Removed', 404: 'No such id', 412: 'If-Match names another version' },
    async handle(call) {
      const id = idOf(call);
      const user = await present(deps.db, id);
      if (user === undefined) return notFound('user', id);
      const stale = preconditionFailed(call, user.version);
      if (stale !== undefined) return stale;
      const by = authorOf(call);
      // First what was issued dies, then the person is erased: stopped between the two, a second DELETE does the rest.
      await deps.revoke(id, 'removed', by);
      await commitDeed(deps.audit, async (tx) => {
        const removed = await removeUser(tx, id, by);
        return removed === undefined ? fail('gone') : ok(removed);
      });
      await deps.settled?.();
      return { status: 204, headers: { 'cache-control': 'no-store' } };
    },
  });
}

const invitation = z.strictObject({
  email: z.string().max(320),
  tenant: authorId.optional(),
  roles: z.array(z.string().min(1).max(64)).max(100).default([]),
});

function inviteRoute({ join }: UserRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/users/invite',
    access: 'admin:users:write',
    audit: ['user.invited'],
    summary: 'Invite somebody: mails a link that works once, and shows it',
    input: { body: invitation },
    output: { 201: z.object({ id: z.string(), link: z.string(), expiresAt: z.number() }) },
    async handle(call) {
      const { email, tenant, roles } = call.body;
      const made = await join.invite({ email, tenant, roles, by: authorOf(call) });
      return made.ok ? json(201, made.value) : problem(badInput([made.error], 'Nobody can be invited like this'));
    },
  });
}

function passwordLinkRoute({ reset }: UserRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/users/:id/password-link',
    access: 'admin:users:write',
    audit: ['factor.sent'],
    summary: 'A link to hand over, by which the user chooses a new password once',
    output: { 201: z.object({ link: z.string(), expiresAt: z.number() }), 404: 'No such active user' },
    async handle(call) {
      const made = await reset.linkFor(idOf(call), authorOf(call));
      return made === undefined ? notFound('active user', idOf(call)) : json(201, made);
    },
  });
}

function signOutRoute({ db, sessions }: UserRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/users/:id/sign-out',
    access: 'admin:users:write',
    audit: ['login.ended'],
    summary: 'End all sessions of a user; what agents hold stays good',
    output: { 200: z.object({ ended: z.number() }), 404: 'No such id' },
    async handle(call) {
      const user = await present(db, idOf(call));
      if (user === undefined) return notFound('user', idOf(call));
      return json(200, { ended: await sessions.endAllOf(user.id, { by: authorOf(call) }) });
    },
  });
}

const factorsView = z.object({
  totp: z.boolean(),
  passkeys: z.array(z.object({ name: z.string(), createdAt: z.number(), usedAt: z.number().optional() })),
  recoveryCodes: z.number(),
  rememberedBrowsers: z.number(),
});

function factorsRoute({ db, factors }: UserRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/users/:id/factors',
    access: 'admin:users:read',
    audit: ['admin.read'],
    summary: 'What a user has set up as a second factor, without any secret',
    output: { 200: factorsView, 404: 'No such id' },
    async handle(call) {
      const user = await present(db, idOf(call));
      if (user === undefined) return notFound('user', idOf(call));
      const { totp, passkeys, recovery, browsers } = await factors.of(user.id);
      const listed = passkeys.map(({ name, createdAt, usedAt }) => ({ name, createdAt, ...(usedAt === undefined ? {} : { usedAt }) }));
      return json(200, { totp: totp !== undefined, passkeys: listed, recoveryCodes: recovery ?? 0, rememberedBrowsers: browsers });
    },
  });
}

function resetFactorsRoute({ db, factors }: UserRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/users/:id/reset-factors',
    access: 'admin:users:write',
    audit: ['factor.removed'],
    summary: 'Take away all second factors of a user who lost them, with recovery codes, remembered browsers and sessions',
    output: { 200: z.object({ removed: z.number() }), 404: 'No such id' },
    async handle(call) {
      const user = await present(db, idOf(call));
      if (user === undefined) return notFound('user', idOf(call));
      return json(200, { removed: await factors.reset(user, authorOf(call)) });
    },
  });
}
