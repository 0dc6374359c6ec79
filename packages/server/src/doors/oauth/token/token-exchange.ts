import { GRANT_TYPES } from '@writ/protocol';
import { newId } from '../../../base/ids.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Principal } from '../../../rooms/agents/agent.ts';
import type { AgentBook } from '../../../rooms/agents/book.store.ts';
import type { EventDraft } from '../../../rooms/audit/event.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import { narrowScopes } from '../../../rooms/resources/narrow.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import type { AccessToken } from '../../../rooms/tokens/access.ts';
import { chainAfter, hopsOf, MAX_LINEAGE } from '../../../rooms/tokens/lineage.ts';
import type { ClientRequest, Grant, Proof, Refuse, Settle, Told } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';
import { namedScopes } from './request.ts';
import type { TargetDeps } from './target.ts';
import { exchangedDetails } from './token-exchange-details.ts';
import { exchangeTarget, readExchange, type ExchangeAsk, type ExchangeOutput } from './token-exchange-request.ts';
import { aboutOf, readActor, readSubject, type ExchangeSubject, type Refused, type SubjectDeps } from './token-exchange-subject.ts';

/** What a request for something other than an access token is made from. `subject` judges the token as an access token of this hub. */
export type ExchangeParts = {
  ask: ExchangeAsk;
  settle: Settle;
  refuse: Refuse;
  subject(): Promise<Result<ExchangeSubject, Refused>>;
};

/** Makes one kind of output. It records its own entry, of the issuance or of the refusal, before it answers. */
export type ExchangeIssuer = (request: ClientRequest, parts: ExchangeParts) => Promise<Result<Told, Refusal>>;

export type TokenExchangeDeps = SubjectDeps & {
  audit: Pick<Audit, 'record'>;
  catalogue: TargetDeps & { byId(id: string): Resource | undefined };
  /** The agent of that client and principal: from memory, or made (with its event) on the first exchange. */
  agent: AgentBook;
  /** How often a token may be handed on. */
  maxDepth(): number;
  /** Whether there is a connection of this id. */
  isConnection?(id: string): boolean;
  /** Who makes what is no access token. */
  issuers: { readonly [kind in Exclude<ExchangeOutput['kind'], 'access_token'>]?: ExchangeIssuer };
  observe(kind: ExchangeOutput['kind'] | 'unknown', result: 'issued' | 'refused'): void;
};

/**
 * RFC 8693. The token that follows speaks for whom the presented one spoke for, in its tenant, in its transaction, no longer than it; who acts is
 * added by the hub from the authenticated client, never read from the request. It names what it follows from, so that taking that back
 * takes this back too. Scopes of the same resource only shrink; of another resource policy gives them, or none.
 */
export function tokenExchange(deps: TokenExchangeDeps): Grant {
  return {
    type: GRANT_TYPES.token_exchange,
    confidentialOnly: true,
    async redeem(request, settle, refuse) {
      const ask = readExchange(request, (name) => deps.isConnection?.(name) === true && deps.catalogue.byId(name) === undefined);
      const kind = ask.ok ? ask.value.output.kind : 'unknown';
      const outcome = ask.ok
        ? await redeem(deps, request, { ask: ask.value, settle, refuse })
        : await refused(deps, request, refuse, { why: ask.error });
      deps.observe(kind, outcome.ok ? 'issued' : 'refused');
      return outcome;
    },
  };
}

type Phases = Omit<ExchangeParts, 'subject'>;

async function refused(deps: TokenExchangeDeps, request: ClientRequest, refuse: Refuse, of: Refused): Promise<Result<never, Refusal>> {
  await deps.audit.record(refuse(request, of.why, of.about));
  return fail(of.why);
}

async function redeem(deps: TokenExchangeDeps, request: ClientRequest, phases: Phases): Promise<Result<Told, Refusal>> {
  const { ask, settle, refuse } = phases;
  const { output } = ask;
  if (output.kind !== 'access_token') {
    const issuer = deps.issuers[output.kind];
    return issuer === undefined
      ? refused(deps, request, refuse, { why: NOT_MADE[output.kind] })
      : issuer(request, { ...phases, subject: () => readSubject(deps, request, ask.subjectToken) });
  }
  const proved = await prove(deps, request, ask);
  if (!proved.ok) return refused(deps, request, refuse, proved.error);
  const settled = settle(request, proved.value.proof, 'token.exchanged');
  const verdict = settled instanceof Promise ? await settled : settled;
  if (!verdict.ok) {
    await deps.audit.record(verdict.entry);
    return fail(verdict.refusal);
  }
  await deps.audit.record(withParent(verdict.entry, proved.value.token));
  return ok({ ...verdict.issue, issuedTokenType: output.issuedTokenType });
}

export const IDENTITY_ALONE = refusal(
  'invalid_request',
  'subject_identity_alone',
  'The subject_token says who somebody is and carries no scope: it cannot be exchanged for access.',
);

const NOT_MADE: { readonly [kind in Exclude<ExchangeOutput['kind'], 'access_token'>]: Refusal } = {
  connection: refusal('invalid_target', 'no_vault', 'This hub does not hand out credentials of connections.'),
  id_jag: refusal('invalid_request', 'no_id_jag', 'This hub does not give out identity assertions.'),
};

/** The entry says from what the token was made. Names in the order of the canonical text (settle.ts). */
function withParent(entry: EventDraft, { jti, audience, clientId }: AccessToken): EventDraft {
  const { policy, scopes, ...before } = entry.data ?? {};
  return { ...entry, data: { ...before, parent: { audience, client: clientId, jti }, policy, scopes } };
}

async function prove(
  deps: TokenExchangeDeps,
  request: ClientRequest,
  ask: ExchangeAsk,
): Promise<Result<{ proof: Proof; token: AccessToken }, Refused>> {
  const presented = await readSubject(deps, request, ask.subjectToken);
  if (!presented.ok) return presented;
  const subject = presented.value;
  const { token } = subject;
  const about = aboutOf(token);
  // Its user let a client know who they are, and do nothing: policy alone must not make access of it.
  if (token.userId !== undefined && token.scopes.length === 0) return fail({ why: IDENTITY_ALONE, about });
  const actor = ask.actorToken === undefined ? ok(undefined) : await readActor(deps, request, ask.actorToken, token);
  if (!actor.ok) return actor;
  const tenant = request.form.get('tenant');
  if (tenant !== undefined && tenant !== token.tenantId)
    return fail({ why: refusal('invalid_request', 'tenant_changed', 'An exchange stays in the tenant of the subject_token.'), about });
  const target = exchangeTarget(deps.catalogue, ask, subject.resource);
  if (!target.ok) return fail({ why: target.error, about });
  const scopes = scopesOf(request, target.value.resource, subject);
  if (!scopes.ok) return fail({ why: scopes.error, about });
  const details = exchangedDetails(request, target.value.resource, subject);
  if (!details.ok) return fail({ why: details.error, about });
  const past = pastAfter(deps, request, token, actor.value);
  if (!past.ok) return fail({ why: past.error, about });
  const known = deps.agent({ clientId: request.client.id, principal: principalOf(token), tenantId: token.tenantId }, request);
  const agent = known instanceof Promise ? await known : known;
  // Who acts is the client itself here, so it is the client that is turned away (attack 095); behind the subject token all was found good.
  if (agent.state !== 'active')
    return fail({
      why: refusal('invalid_client', `agent_${agent.state}`, 'Client authentication failed.'),
      about: { ...about, agent: agent.id },
    });
  const actors = chainAfter(token, { sub: request.client.id, agent: agent.id });
  const proof = proofOf(request, subject, { ...target.value, ...details.value, scopes: scopes.value, agent, actors, lineage: past.value });
  return ok({ proof: { ...proof, notAfter: Math.min(token.expiresAt, actor.value?.expiresAt ?? token.expiresAt) }, token });
}

/** For whom the client acts from now on. Another client's token for itself leads to an agent for that client. */
export function principalOf({ userId, tenantId, subject }: AccessToken): Principal {
  if (userId !== undefined) return { kind: 'user', id: userId };
  return tenantId === undefined ? { kind: 'client', id: subject } : { kind: 'tenant', id: tenantId };
}

type Established = Pick<
  Proof,
  'resource' | 'matchedByAlias' | 'scopes' | 'agent' | 'actors' | 'lineage' | 'authorizationDetails' | 'mayPropose'
>;

function proofOf(request: ClientRequest, { token, user, tenant, grant }: ExchangeSubject, of: Established): Proof {
  return {
    ...of,
    judgedAs: 'token_exchange',
    identityOnly: false,
    openEnded: namedScopes(request.scope) === undefined,
    // What the user released of themselves was released to the client that asked, not to those who come after it.
    identityScopes: [],
    user,
    subject: user === undefined ? token.subject : undefined,
    tenant,
    ...loginOf(token),
    grantId: token.grantId,
    // Consent to one resource is none to another, however young it is.
    consentedAt: grant?.resourceId === of.resource.id ? grant.consentedAt : undefined,
    txn: token.txn ?? newId('txn', request.now),
    jwtClaims: token.claims,
    boundTo: token.boundTo === undefined ? undefined : { jkt: token.boundTo },
  };
}

/** The login stays the one that there was: an exchange proves nothing new about the user. */
export function loginOf({ userId, claims }: AccessToken): Pick<Proof, 'login'> {
  const { auth_time: authTime, acr, amr } = claims;
  if (userId === undefined || typeof authTime !== 'number' || typeof acr !== 'string' || !Array.isArray(amr)) return {};
  return { login: { authTime, acr, amr: amr.filter((one) => typeof one === 'string') } };
}

/**
 * Scopes to decide on. Of the resource that the token is for: no others than it has. Of the resource that the user's grant is for: no others than
 * the grant still holds, by whatever way the token came back to it. Beyond that policy decides.
 */
function scopesOf(
  { scope, client }: ClientRequest,
  target: Resource,
  { token, resource, grant }: ExchangeSubject,
): Result<readonly string[], Refusal> {
  const bounds = [
    ...(resource?.id === target.id ? [new Set(token.scopes)] : []),
    ...(grant?.resourceId === target.id ? [new Set(grant.scopes)] : []),
  ];
  const named = namedScopes(scope);
  const asked = narrowScopes(target, named, client.scopes);
  const known = asked.known.filter((name) => bounds.every((bound) => bound.has(name)));
  const beyond = asked.known.length - known.length + asked.unknown.length + asked.beyondCap.length + asked.identity.length;
  const wider = named !== undefined && beyond > 0;
  if (known.length > 0 && !wider) return ok(known);
  return fail(refusal('invalid_scope', 'scope_not_exchangeable', 'The exchange asks for scopes that it may not have: none is issued.'));
}

/** The tokens that the new one follows from, while it was not handed on too often (attack 111). */
export function pastAfter(
  { maxDepth }: Pick<TokenExchangeDeps, 'maxDepth'>,
  { client }: ClientRequest,
  token: AccessToken,
  actor: AccessToken | undefined,
): Result<readonly string[], Refusal> {
  const lineage = [token.jti, ...(actor === undefined ? [] : [actor.jti]), ...token.lineage];
  if (hopsOf(chainAfter(token, { sub: client.id })) > maxDepth() || lineage.length > MAX_LINEAGE)
    return fail(refusal('invalid_request', 'delegation_too_deep', 'The token was handed on too often to be exchanged once more.'));
  return ok(lineage);
}
