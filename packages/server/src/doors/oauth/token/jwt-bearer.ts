import { GRANT_TYPES } from '@writ/protocol';
import { newId } from '../../../base/ids.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Principal } from '../../../rooms/agents/agent.ts';
import type { AgentBook } from '../../../rooms/agents/book.store.ts';
import type { Author } from '../../../rooms/audit/author.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import { isWrittenHere } from '../../../rooms/clients/client.ts';
import { burnt } from '../../../rooms/clients/platform.store.ts';
import { meantBy } from '../../../rooms/clients/workload.ts';
import type { Workloads } from '../../../rooms/clients/workloads.store.ts';
import type { Obstacle, Purpose, Vouched } from '../../../rooms/issuers/issuer.ts';
import type { Provisioned } from '../../../rooms/issuers/person.store.ts';
import type { Replay } from '../../../rooms/issuers/replay.store.ts';
import { readJws } from '../../../rooms/issuers/signature.store.ts';
import type { Trust } from '../../../rooms/issuers/trust.store.ts';
import { narrowScopes } from '../../../rooms/resources/narrow.ts';
import type { Tenant } from '../../../rooms/tenants/tenant.ts';
import type { User } from '../../../rooms/users/user.ts';
import type { ClientRequest, Grant, Proof, Refuse } from './grant.ts';
import { idJagObstacle, isIdJag } from './id-jag.ts';
import { recorded } from './recorded.ts';
import { refusal, type Refusal } from './refusal.ts';
import { namedScopes } from './request.ts';
import { targetOf, type TargetDeps } from './target.ts';

export type JwtBearerDeps = {
  audit: Pick<Audit, 'record'>;
  catalogue: TargetDeps;
  trust: Pick<Trust, 'vouch'>;
  workloads: Pick<Workloads, 'current'>;
  replay: Pick<Replay, 'burn'>;
  /** The user whom an assertion speaks of: known, found, made or brought up to date (with its event). */
  person(vouched: Vouched, now: number, by: Author): Promise<Result<Provisioned, Obstacle>>;
  tenant(id: string): Tenant | undefined | Promise<Tenant | undefined>;
  agent: AgentBook;
};

/** Who the token is for: a person, or the client itself or its tenant. */
type Whom = { vouched: Vouched; ofPerson: boolean; tenant?: Tenant | undefined };
type About = Parameters<Refuse>[2];
type Refused = { why: Refusal; about?: About };

/**
 * RFC 7523 §2.1: what a trusted issuer asserts is the grant. It stands for a workload, which is then the client and needs nothing beside it, or for a
 * person, with the client that brings it. An assertion of an identity provider for one of our resources (ID-JAG) is of the second kind, and
 * bound to client and resource as well. No refresh token: the issuer is asked again (RFC 7521 §4.1).
 */
export function jwtBearer(deps: JwtBearerDeps): Grant {
  return {
    type: GRANT_TYPES.jwt_bearer,
    confidentialOnly: false,
    async redeem(request, settle, refuse) {
      const proved = await prove(deps, request);
      if (!proved.ok) {
        await deps.audit.record(refuse(request, proved.error.why, proved.error.about));
        return fail(proved.error.why);
      }
      const { proof, vouched } = proved.value;
      return recorded(deps.audit, settle({ ...request, vouched }, proof, 'token.issued'));
    },
  };
}

async function prove(deps: JwtBearerDeps, request: ClientRequest): Promise<Result<{ proof: Proof; vouched: Vouched }, Refused>> {
  const whom = await whomOf(deps, request);
  if (!whom.ok) return whom;
  const { vouched, ofPerson } = whom.value;
  const about: About = whom.value.tenant === undefined ? {} : { tenant: whom.value.tenant.id };
  const target = reachedBy(deps.catalogue, request, vouched);
  if (!target.ok) return fail({ why: target.error, about });
  const bound = boundTo(vouched);
  if (bound !== undefined && request.confirmation?.jkt !== bound.jkt) return fail({ why: notAccepted('assertion_key_not_proved'), about });
  if (isOnce(vouched) && !(await burnt(deps, vouched))) return fail({ why: notAccepted('assertion_replayed'), about });
  // Only now: an assertion that comes back must not bring back what a user was when it was made.
  const found = ofPerson ? await personOf(deps, request, vouched) : ok(undefined);
  if (!found.ok) return fail({ why: notAccepted(found.error.reason), about });
  const user = found.value;
  const acting =
    user === undefined || vouched.issuer.tenant !== undefined ? ok(whom.value.tenant) : await tenantAmongTheirs(deps, request, user);
  if (!acting.ok) return fail({ ...acting.error, about: user === undefined ? {} : { user: user.id } });
  const tenant = acting.value;
  const principal: Principal =
    user !== undefined
      ? { kind: 'user', id: user.id }
      : tenant === undefined
        ? { kind: 'client', id: request.client.id }
        : { kind: 'tenant', id: tenant.id };
  const known = deps.agent({ clientId: request.client.id, principal, tenantId: tenant?.id }, request);
  const agent = known instanceof Promise ? await known : known;
  const proof: Proof = {
    judgedAs: 'jwt_bearer',
    ...target.value,
    identityOnly: false,
    // Left unread, details that were asked for would lead to a token without any, which may allow more.
    mayPropose: true,
    identityScopes: [],
    agent,
    user,
    tenant,
    ...(user === undefined ? {} : { login: loginOf(vouched, request.now) }),
    txn: newId('txn', request.now),
    jwtClaims: vouched.claims,
    boundTo: bound,
  };
  return ok({ proof, vouched });
}

/** RFC 7523 §3.1: whatever is wrong with an assertion is `invalid_grant`; what exactly is for the entry and the test box. */
function notAccepted(reason: string): Refusal {
  return refusal('invalid_grant', reason, 'The assertion is not accepted.');
}

async function whomOf(deps: JwtBearerDeps, request: ClientRequest): Promise<Result<Whom, Refused>> {
  const { vouched } = request;
  // Authenticated by this very assertion.
  if (vouched?.purpose === 'jwt_bearer') return workload(deps, request, vouched);
  const assertion = request.form.get('assertion');
  if (assertion === undefined) return fail({ why: refusal('invalid_request', 'assertion_missing', 'The parameter assertion is missing.') });
  const jws = readJws(assertion);
  if (!jws.ok) return fail({ why: notAccepted(jws.error) });
  const purpose: Purpose = isIdJag(jws.value) ? 'id_jag' : 'jwt_bearer';
  const vouchers = await deps.trust.vouch(jws.value, purpose, request.now);
  if (!vouchers.ok) return fail({ why: notAccepted(vouchers.error.reason) });
  const meant = purpose === 'id_jag' ? undefined : meantBy(deps.workloads.current().index, vouchers.value, undefined);
  if (meant?.ok === true) {
    // Authenticated as one client, with what makes out to be another.
    if (meant.value.clientId !== request.client.id) return fail({ why: notAccepted('assertion_of_another_client') });
    return workload(deps, request, meant.value.vouched);
  }
  const [first, second] = vouchers.value.filter(({ issuer }) => issuer.users !== undefined);
  if (first === undefined) return fail({ why: notAccepted(meant?.error.reason ?? 'assertion_no_users') });
  if (second !== undefined) return fail({ why: notAccepted('issuer_ambiguous') });
  const barred = purpose === 'id_jag' ? idJagObstacle(first, request.client) : plainObstacle(request);
  return barred === undefined ? forPerson(deps, request, first) : fail({ why: barred });
}

/** An assertion that names no client can be brought by whoever has it, so only clients that an administrator made and that prove themselves may. */
function plainObstacle({ client }: ClientRequest): Refusal | undefined {
  return !client.public && isWrittenHere(client)
    ? undefined
    : refusal('unauthorized_client', 'public_client', 'This client cannot use this grant with such an assertion.');
}

async function workload(deps: JwtBearerDeps, request: ClientRequest, vouched: Vouched): Promise<Result<Whom, Refused>> {
  const { client, form } = request;
  const named = form.get('tenant');
  const only = client.tenants.length === 1 ? client.tenants[0] : undefined;
  if (named === undefined && client.tenants.length > 1)
    return fail({
      why: refusal('invalid_request', 'tenant_missing', 'This client serves several tenants: say which one with the parameter tenant.'),
    });
  if (named !== undefined && !client.tenants.includes(named))
    return fail({ why: refusal('invalid_request', 'tenant_not_served', 'This client does not serve that tenant.') });
  const tenant = await tenantOf(deps, named ?? only);
  return tenant.ok ? ok({ vouched, ofPerson: false, tenant: tenant.value }) : tenant;
}

async function forPerson(deps: JwtBearerDeps, request: ClientRequest, vouched: Vouched): Promise<Result<Whom, Refused>> {
  const { client, form } = request;
  const { tenant: tenantId } = vouched.issuer;
  const named = form.get('tenant');
  if (tenantId !== undefined && named !== undefined && named !== tenantId)
    return fail({ why: refusal('invalid_request', 'tenant_not_served', 'The issuer of the assertion does not speak for that tenant.') });
  // A client that serves some tenants only may not be brought into another one by that tenant's issuer.
  if (tenantId !== undefined && client.tenants.length > 0 && !client.tenants.includes(tenantId))
    return fail({ why: notAccepted('assertion_tenant_not_served') });
  const tenant = await tenantOf(deps, tenantId);
  return tenant.ok ? ok({ vouched, ofPerson: true, tenant: tenant.value }) : tenant;
}

/**
 * An issuer for the whole hub says who somebody is and not where: they act in a tenant of theirs, as after a login, or a tenant that was
 * frozen, and rules about tenants, would be walked around. With several the request names one.
 */
async function tenantAmongTheirs(
  deps: JwtBearerDeps,
  { client, form }: ClientRequest,
  user: User,
): Promise<Result<Tenant | undefined, Refused>> {
  const named = form.get('tenant');
  const theirs = user.tenants.map(({ id }) => id).filter((id) => client.tenants.length === 0 || client.tenants.includes(id));
  if (named !== undefined && !theirs.includes(named))
    return fail({ why: refusal('invalid_request', 'tenant_not_served', 'Not a tenant of this user and client.') });
  if (named === undefined && theirs.length > 1)
    return fail({
      why: refusal('invalid_request', 'tenant_missing', 'The user has several tenants: say which one with the parameter tenant.'),
    });
  const id = named ?? theirs[0];
  if (id === undefined && user.tenants.length + client.tenants.length > 0) return fail({ why: notAccepted('assertion_tenant_not_served') });
  return tenantOf(deps, id);
}

async function personOf(deps: JwtBearerDeps, { client, origin, now }: ClientRequest, vouched: Vouched): Promise<Result<User, Obstacle>> {
  const found = await deps.person(vouched, now, { initiator: 'agent-for-human', actor: { client: client.id }, origin });
  return found.ok ? ok(found.value.user) : found;
}

async function tenantOf(deps: JwtBearerDeps, id: string | undefined): Promise<Result<Tenant | undefined, Refused>> {
  if (id === undefined) return ok(undefined);
  const found = await deps.tenant(id);
  return found === undefined ? fail({ why: notAccepted('tenant_unknown') }) : ok(found);
}

/**
 * Resource and scopes. What the assertion names bounds what the request may name: another resource is a foreign target, a wider scope falls
 * away. A resource in the assertion that is none of ours makes it an assertion for somebody else.
 */
function reachedBy(
  catalogue: TargetDeps,
  request: ClientRequest,
  { claims }: Vouched,
): Result<Pick<Proof, 'resource' | 'matchedByAlias' | 'scopes' | 'openEnded'>, Refusal> {
  const asserted = assertedTargets(claims);
  const known = asserted.map((uri) => catalogue.match(uri)?.resource.id);
  if (known.some((id) => id === undefined)) return fail(notAccepted('assertion_resource'));
  const target = targetOf(catalogue, request.targets.length > 0 ? request.targets : asserted, request.scope);
  if (!target.ok) return target;
  const { resource } = target.value;
  if (known.length > 0 && !known.includes(resource.id))
    return fail(refusal('invalid_target', 'target_not_asserted', 'The assertion is for another resource.'));
  const wanted = namedScopes(request.scope);
  const bound = assertedScopes(claims);
  const asked = narrowScopes(resource, wanted, request.client.scopes);
  const scopes = asked.known.filter((name) => bound === undefined || bound.includes(name));
  const beyond = asked.unknown.length + asked.beyondCap.length + asked.known.length - scopes.length;
  if (scopes.length === 0 || (beyond > 0 && wanted !== undefined && resource.settings.onExcess === 'reject'))
    return fail(refusal('invalid_scope', 'scope_not_assigned', 'The client may have none of the requested scopes.'));
  return ok({ ...target.value, scopes, openEnded: wanted === undefined });
}

/** `resource` of an ID-JAG: one URI or several. */
function assertedTargets({ resource }: Vouched['claims']): readonly string[] {
  const listed: readonly unknown[] = resource === undefined ? [] : Array.isArray(resource) ? resource : [resource];
  // What is no text matches nothing, and so refuses the whole.
  return listed.slice(0, 20).map((one) => (typeof one === 'string' ? one : ''));
}

function assertedScopes({ scope }: Vouched['claims']): readonly string[] | undefined {
  return typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : undefined;
}

/** `cnf.jkt` binds what follows to a key (RFC 9449): whoever brings the assertion proves it. */
function boundTo({ claims }: Vouched): { jkt: string } | undefined {
  const { cnf } = claims;
  if (cnf === undefined) return undefined;
  const jkt: unknown = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? cnf.jkt : undefined;
  // Bound in a way that is not known here: no key will ever fit.
  return { jkt: typeof jkt === 'string' ? jkt : '' };
}

/** What speaks of people is good once, whatever the trust says; of workloads, unless the trust lets it come back. */
function isOnce({ issuer, purpose }: Vouched): boolean {
  return purpose === 'id_jag' || issuer.users !== undefined || !issuer.reusable.includes('jwt_bearer');
}

/**
 * The login that the issuer tells of, where it is believed. Where it is not, there was one all the same, when the assertion was made, of which
 * nothing more is known: `0` of OIDC Core §2, which satisfies no step-up.
 */
function loginOf({ issuer, claims }: Vouched, now: number): NonNullable<Proof['login']> {
  const { auth_time: at, acr, amr, iat } = claims;
  const believed = issuer.users?.believeLogin === true;
  const madeAt = typeof iat === 'number' ? iat : Math.floor(now / 1000);
  return {
    authTime: believed && typeof at === 'number' ? at : madeAt,
    acr: believed && typeof acr === 'string' ? acr : '0',
    amr: believed && Array.isArray(amr) ? amr.filter((one) => typeof one === 'string') : [],
  };
}
