import { GRANT_TYPES, ID_TOKEN_TYP, TOKEN_TYPES } from '@writ/protocol';
import { newId } from '../../../base/ids.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { AgentBook } from '../../../rooms/agents/book.store.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import { ID_JAG_TYP } from '../../../rooms/issuers/judge.ts';
import type { KeyRing } from '../../../rooms/keys/ring.store.ts';
import { match } from '../../../rooms/resources/match.ts';
import { narrowScopes } from '../../../rooms/resources/narrow.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import type { Tenant } from '../../../rooms/tenants/tenant.ts';
import type { User } from '../../../rooms/users/user.ts';
import type { ClientRequest, Proof, TokenForm } from './grant.ts';
import { recorded } from './recorded.ts';
import { refusal, type Refusal } from './refusal.ts';
import { namedScopes } from './request.ts';
import type { ExchangeIssuer, ExchangeParts } from './token-exchange.ts';
import type { ExchangeAsk } from './token-exchange-request.ts';
import { aboutOf, type Refused } from './token-exchange-subject.ts';

export type IdJagDeps = {
  audit: Pick<Audit, 'record'>;
  keys: Pick<KeyRing, 'verify'>;
  catalogue: { external(): readonly Resource[] };
  user(id: string): User | undefined | Promise<User | undefined>;
  tenant(id: string): Tenant | undefined | Promise<Tenant | undefined>;
  /** Whether the user still allows this client anything in this tenant: an id_token outlives the consent that it came of, and names no tenant. */
  consents(of: { clientId: string; userId: string; tenantId: string | undefined; now: number }): Promise<boolean>;
  agent: AgentBook;
};

/** Of whom the assertion will speak. */
type Person = Pick<Proof, 'login' | 'grantId' | 'boundTo' | 'lineage'> & { user: User; tenant?: Tenant | undefined; notAfter: number };

/** An assertion is brought to the other side at once. */
const LIFE_MS = 300_000;

/**
 * This hub as the identity provider of an enterprise (ID-JAG §4.3): a token of a user, got by this client, becomes an assertion for a resource of
 * another authorization server, in the same phases as every token: the client, the state of all concerned, policy on the external resource, an
 * entry. Which servers and resources there are, and by which id they know the client, is what an administrator wrote down; nothing else is
 * asserted to anybody.
 */
export function createIdJagIssuer(deps: IdJagDeps): ExchangeIssuer {
  return async (request, parts) => {
    const proved = await prove(deps, request, parts);
    if (!proved.ok) {
      await deps.audit.record(parts.refuse(request, proved.error.why, proved.error.about));
      return fail(proved.error.why);
    }
    return recorded(deps.audit, parts.settle(request, proved.value, 'token.exchanged'));
  };
}

async function prove(deps: IdJagDeps, request: ClientRequest, parts: ExchangeParts): Promise<Result<Proof, Refused>> {
  const { client, now } = request;
  if (request.form.get('authorization_details') !== undefined)
    return fail({
      why: refusal('invalid_authorization_details', 'details_undeclared', 'An identity assertion knows no authorization_details.'),
    });
  const target = targetIn(deps.catalogue.external(), parts.ask, client.id);
  if (!target.ok) return fail({ why: target.error });
  const { resource, audience, clientId } = target.value;
  const person = await personIn(deps, request, parts);
  if (!person.ok) return person;
  const { user, tenant, ...rest } = person.value;
  const about = { user: user.id, ...(tenant === undefined ? {} : { tenant: tenant.id }) };
  const wanted = namedScopes(request.scope, ['openid']);
  const asked = narrowScopes(resource, wanted, client.scopes);
  if (asked.known.length === 0 || (wanted !== undefined && asked.known.length < wanted.length))
    return fail({
      why: refusal('invalid_scope', 'scope_not_exchangeable', 'The exchange asks for scopes that it may not have: none is issued.'),
      about,
    });
  const known = deps.agent({ clientId: client.id, principal: { kind: 'user', id: user.id }, tenantId: tenant?.id }, request);
  const agent = known instanceof Promise ? await known : known;
  const form = formOf({ request, user, tenant, login: rest.login, resource, audience, clientId });
  return ok({
    ...rest,
    judgedAs: 'token_exchange',
    resource,
    matchedByAlias: false,
    scopes: asked.known,
    identityOnly: false,
    openEnded: wanted === undefined,
    identityScopes: [],
    agent,
    user,
    tenant,
    txn: newId('txn', now),
    notAfter: Math.min(rest.notAfter, now + LIFE_MS),
    form,
  });
}

/** The pair of authorization server and resource that is written down; one server with several resources needs the resource named. */
function targetIn(
  all: readonly Resource[],
  { audiences, resources }: ExchangeAsk,
  client: string,
): Result<{ resource: Resource; audience: string; clientId: string }, Refusal> {
  const [audience] = audiences;
  if (audience === undefined || audiences.length > 1)
    return fail(
      refusal(
        'invalid_request',
        'audience_missing',
        'The parameter audience names the one authorization server that the assertion is for.',
      ),
    );
  const bare = audience.replace(/\/$/, '');
  const guarded = all.filter(({ settings }) => settings.external?.authorizationServer.replace(/\/$/, '') === bare);
  const found = resources.map((uri) => match(guarded, uri)?.resource);
  const [resource] = resources.length > 0 ? found : guarded.length === 1 ? guarded : [];
  const one = resource !== undefined && found.every((other) => other?.id === resource.id);
  const external = resource?.settings.external;
  const clientId = external !== undefined && Object.hasOwn(external.clients, client) ? external.clients[client] : undefined;
  return one && external !== undefined && clientId !== undefined
    ? ok({ resource, audience: external.authorizationServer, clientId })
    : fail(
        refusal('invalid_target', 'unknown_target', 'This hub asserts nobody to that authorization server and resource for this client.'),
      );
}

function personIn(deps: IdJagDeps, request: ClientRequest, parts: ExchangeParts): Promise<Result<Person, Refused>> {
  const { subjectTokenType } = parts.ask;
  if (subjectTokenType === TOKEN_TYPES.id_token) return byIdToken(deps, request, parts.ask);
  if (subjectTokenType === TOKEN_TYPES.access_token || subjectTokenType === TOKEN_TYPES.jwt) return byAccessToken(request, parts);
  return Promise.resolve(
    fail({ why: refusal('invalid_request', 'subject_token_type', 'The subject_token is an id_token or an access token of the user.') }),
  );
}

async function byAccessToken({ client, form }: ClientRequest, parts: ExchangeParts): Promise<Result<Person, Refused>> {
  const subject = await parts.subject();
  if (!subject.ok) return subject;
  const { token, user, tenant } = subject.value;
  const about = aboutOf(token);
  // Whose login it was is asserted to somebody outside: that is for the client which the user logged in to, and nobody further down the chain.
  if (token.clientId !== client.id || token.actors.length > 0) return fail({ why: notGood('subject_of_another_client'), about });
  if (user === undefined) return fail({ why: notGood('subject_without_user'), about });
  const named = form.get('tenant');
  if (named !== undefined && named !== token.tenantId)
    return fail({ why: refusal('invalid_request', 'tenant_changed', 'An exchange stays in the tenant of the subject_token.'), about });
  return ok({
    user,
    tenant,
    ...loginOf(token.claims),
    grantId: token.grantId,
    boundTo: token.boundTo === undefined ? undefined : { jkt: token.boundTo },
    lineage: [token.jti],
    notAfter: token.expiresAt,
  });
}

/** An id_token of ours, made for this client (OIDC Core §3.1.3.7). It names no tenant: the user's only one, or the one that the request names. */
async function byIdToken(deps: IdJagDeps, request: ClientRequest, { subjectToken }: ExchangeAsk): Promise<Result<Person, Refused>> {
  const { client, now, form } = request;
  const verified = deps.keys.verify(subjectToken, { typ: ID_TOKEN_TYP, now, audience: client.id });
  if (!verified.ok) return fail({ why: notGood(`subject_${verified.error}`) });
  const { sub, exp } = verified.value;
  const user = typeof sub === 'string' ? await deps.user(sub) : undefined;
  if (user === undefined || typeof exp !== 'number') return fail({ why: notGood('subject_unknown_user') });
  const tenantId = form.get('tenant') ?? (user.tenants.length === 1 ? user.tenants[0]?.id : undefined);
  if (tenantId === undefined && user.tenants.length > 1)
    return fail({
      why: refusal('invalid_request', 'tenant_missing', 'The user has several tenants: say which one with the parameter tenant.'),
    });
  if (
    tenantId !== undefined &&
    (!user.tenants.some(({ id }) => id === tenantId) || (client.tenants.length > 0 && !client.tenants.includes(tenantId)))
  )
    return fail({ why: refusal('invalid_request', 'tenant_not_served', 'Not a tenant of this user and client.') });
  // The tenant is the client's word: what the user allowed in one must not assert them in another.
  if (!(await deps.consents({ clientId: client.id, userId: user.id, tenantId, now })))
    return fail({ why: notGood('subject_consent_gone') });
  const tenant = tenantId === undefined ? undefined : await deps.tenant(tenantId);
  return ok({ user, tenant, ...loginOf(verified.value), notAfter: exp * 1000 });
}

/** RFC 8693 §2.2.2: a token that is not good makes the request invalid. The sentence says less than the reason. */
function notGood(reason: string): Refusal {
  return refusal('invalid_request', reason, 'The subject_token is not a live token of a user that this client may present.');
}

function loginOf({ auth_time: authTime, acr, amr }: Readonly<Record<string, unknown>>): Pick<Proof, 'login'> {
  if (typeof authTime !== 'number' || typeof acr !== 'string' || !Array.isArray(amr)) return {};
  return { login: { authTime, acr, amr: amr.filter((one) => typeof one === 'string') } };
}

type Asserted = Pick<Person, 'user' | 'tenant' | 'login'> & {
  request: ClientRequest;
  resource: Resource;
  audience: string;
  clientId: string;
};

/** ID-JAG §3. The address is asserted only when it is proven: over there a user may be found by it. */
function formOf({ request, user, tenant, login, resource, audience, clientId }: Asserted): TokenForm {
  return {
    typ: ID_JAG_TYP,
    issuedTokenType: TOKEN_TYPES.id_jag,
    claims: ({ issuer, scopes, iat, exp, jti }) => ({
      iss: issuer,
      sub: user.id,
      aud: audience,
      client_id: clientId,
      jti,
      iat,
      exp,
      resource: resource.uri,
      scope: scopes.join(' '),
      ...(tenant === undefined ? {} : { tenant: tenant.id }),
      ...(login === undefined ? {} : { auth_time: login.authTime, acr: login.acr, amr: login.amr }),
      ...(user.emailVerifiedAt === undefined ? {} : { email: user.email, email_verified: true }),
      ...(user.name === undefined ? {} : { name: user.name }),
      ...(request.confirmation === undefined ? {} : { cnf: { jkt: request.confirmation.jkt } }),
    }),
  };
}

/** What the metadata says of both roles: only what is so now. */
export function idJagMetadata(of: { accepts: boolean; issues: boolean; grantTypes: readonly string[] }): Record<string, readonly string[]> {
  return {
    ...(of.accepts && of.grantTypes.includes(GRANT_TYPES.jwt_bearer)
      ? { authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] }
      : {}),
    ...(of.issues && of.grantTypes.includes(GRANT_TYPES.token_exchange)
      ? { identity_chaining_requested_token_types_supported: [TOKEN_TYPES.id_jag] }
      : {}),
  };
}
