import type { Decision, GrantName, PolicyRequest } from '@writ/policy';
import type { Db } from '../../base/db.ts';
import { findAgentOf } from '../../rooms/agents/store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import { CONSOLE_CLIENT_ID } from '../../rooms/clients/reserved.ts';
import { findClient } from '../../rooms/clients/store.ts';
import { grantable } from '../../rooms/policies/grantable.ts';
import { policyRequest, type Question } from '../../rooms/policies/question.ts';
import { withScopeStepUps } from '../../rooms/policies/requirements.ts';
import { adminResource } from '../../rooms/resources/built-in.ts';
import { membershipIn } from '../../rooms/users/membership.ts';
import type { FoundSession } from '../../rooms/users/session.store.ts';
import { findUser } from '../../rooms/users/store.ts';
import type { SessionScopes, User } from '../../rooms/users/user.ts';
import { clientIn } from './link.ts';

export type RightsDeps = {
  db: Db;
  issuer: string;
  desk: { decide(request: PolicyRequest): { decision: Decision } };
};

type At = { ip: string; now: number };

/** The method word of a session that a console link opened. */
export const BY_LINK = 'link';

/**
 * What a session may do now, of what it began with. A token is renewed within minutes; this would outlive a rule that was withdrawn by hours. Undefined: it
 * is over.
 */
export function rightsOf(deps: RightsDeps, found: FoundSession, at: At): Promise<SessionScopes | undefined> {
  return found.session.amr.includes(BY_LINK) ? rightsByLink(deps, found, at) : rightsByToken(deps, found, at);
}

/** One that came of a token dies as the token would: with the console as a client, and with what it is for this person. */
async function rightsByToken(deps: RightsDeps, { session, user }: FoundSession, at: At): Promise<SessionScopes | undefined> {
  const held = await standing(deps.db, CONSOLE_CLIENT_ID, { kind: 'user', id: user.id });
  if (held === undefined) return undefined;
  if (session.scopes === 'all') return [];
  const { acr, amr } = session;
  const decision = decide(deps, { ...held, user, grant: 'authorization_code', login: { acr, amr } }, session.scopes, at);
  const may = new Set(
    grantable(withScopeStepUps(decision, adminResource(deps.issuer)), { acr, consentedAt: undefined, now: at.now }).scopes,
  );
  return session.scopes.filter((scope) => may.has(scope));
}

const BY_USER: readonly GrantName[] = ['authorization_code', 'device_code', 'ciba', 'token_exchange'];
const BY_CLIENT: readonly GrantName[] = ['client_credentials', 'jwt_bearer'];

/**
 * One that a link opened acts by the hand of whoever made it, and has no more than they have now. Made by the hub itself or with the admin token it is the way
 * back in, which no rule takes away and no stop of the console; but everybody through whose hands it went must stand.
 */
async function rightsByLink(deps: RightsDeps, { session }: FoundSession, at: At): Promise<SessionScopes | undefined> {
  const makers = session.madeBy;
  const people = await Promise.all(makers.filter((one) => one.startsWith('user:')).map((one) => findUser(deps.db, one.slice(5))));
  if (people.some((one) => one?.state !== 'active')) return undefined;
  const root = makers.at(-1) ?? HUB;
  if (root === HUB || root === ADMIN_TOKEN) return session.scopes;
  if (session.scopes === 'all') return [];
  const maker = root.startsWith('user:') ? people.at(-1) : undefined;
  const clientId = maker === undefined ? root.slice('client:'.length) : (clientIn(session.by) ?? CONSOLE_CLIENT_ID);
  const held = await standing(deps.db, clientId, maker === undefined ? { kind: 'client', id: clientId } : { kind: 'user', id: maker.id });
  if (held === undefined) return undefined;
  const login = { acr: session.acr, amr: session.amr };
  // By which grant the maker came is forgotten; by which they could come now is what counts.
  const { scopes } = session;
  const granted = (maker === undefined ? BY_CLIENT : BY_USER).flatMap((grant) => {
    const question = maker === undefined ? { ...held, grant } : { ...held, user: maker, grant, login };
    return decide(deps, question, scopes, at).granted;
  });
  const may = new Set(granted);
  return scopes.filter((scope) => may.has(scope));
}

/** Makers that are nobody's client: the hub itself, and whoever has the environment. */
const HUB = 'hub';
const ADMIN_TOKEN = 'client:writ:admin-token';

type Held = { client: Client; agent: NonNullable<Question['agent']> };

/** Undefined: the client or what it is for them does not stand. */
async function standing(db: Db, clientId: string, principal: { kind: 'user' | 'client'; id: string }): Promise<Held | undefined> {
  const [client, agent] = await Promise.all([findClient(db, clientId), findAgentOf(db, { clientId, principal })]);
  return client?.state === 'active' && agent?.state === 'active' ? { client, agent } : undefined;
}

function decide(
  { issuer, desk }: RightsDeps,
  of: Held & { user?: User; grant: GrantName; login?: Question['login'] },
  scopes: readonly string[],
  { ip, now }: At,
): Pick<Decision, 'granted' | 'requirements'> {
  // To policy an empty list means everything.
  if (scopes.length === 0) return { granted: [], requirements: [] };
  const membership = membershipIn(of.user, undefined, []);
  return desk.decide(policyRequest({ ...of, membership, resource: adminResource(issuer), ip, now }, scopes)).decision;
}
