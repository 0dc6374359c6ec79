import { newId } from '../../../base/ids.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Agent } from '../../../rooms/agents/agent.ts';
import type { AgentBook } from '../../../rooms/agents/book.store.ts';
import type { EventDraft } from '../../../rooms/audit/event.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import type { HandOut } from '../../../rooms/connections/hand-out.store.ts';
import type { Issuing } from '../../../rooms/connections/issue.store.ts';
import { forceIn, isLabel, type HandOutAsk } from '../../../rooms/connections/hand-out.ts';
import { chainAfter } from '../../../rooms/tokens/lineage.ts';
import { credentialIssue } from './credential-answer.ts';
import type { ClientRequest } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';
import { namedScopes } from './request.ts';
import { IDENTITY_ALONE, loginOf, pastAfter, principalOf, type ExchangeIssuer, type ExchangeParts } from './token-exchange.ts';
import { aboutOf, readActor, type ExchangeSubject, type Refused, type SubjectDeps } from './token-exchange-subject.ts';

export type CredentialDeps = Pick<SubjectDeps, 'tokens'> & {
  audit: Pick<Audit, 'record'>;
  handOut: HandOut;
  issue: Issuing;
  agent: AgentBook;
  maxDepth(): number;
};

/**
 * A credential of a connection by token exchange (`resource=urn:writ:connection:<id>`): the presented token is judged as for any exchange, what
 * follows is the room's, and nothing is signed. The entry is durable before the secret is told; nothing but the answer ever holds it.
 */
export function createCredentialIssuer(deps: CredentialDeps): ExchangeIssuer {
  return async (request, parts) => {
    const { output } = parts.ask;
    const connection = output.kind === 'connection' ? output.connection : '';
    const asked = await askOf(deps, request, parts, connection);
    if (!asked.ok) {
      await deps.audit.record(aboutConnection(parts.refuse(request, asked.error.why, asked.error.about), connection));
      return fail(asked.error.why);
    }
    const outcome = await deps.handOut(asked.value);
    if (!outcome.ok) {
      await deps.audit.record(outcome.error.entry);
      return fail(outcome.error.why);
    }
    const issued = await deps.issue(asked.value, outcome.value);
    return issued.ok ? ok(credentialIssue(issued.value, request.now)) : issued;
  };
}

/** A request that fails before anything of the connection was looked at is a refused hand-out too. */
function aboutConnection(entry: EventDraft, connection: string): EventDraft {
  return { ...entry, type: 'credential.refused', target: { type: 'connection', id: connection } };
}

type Parameters = { force: boolean; label: string | undefined };

function parametersOf({ form }: ClientRequest): Result<Parameters, Refusal> {
  const force = forceIn(form.get('force_refresh'));
  if (force === undefined) return fail(refusal('invalid_request', 'force_refresh', 'The parameter force_refresh is true or false.'));
  const label = form.get('account');
  if (label !== undefined && !isLabel(label))
    return fail(refusal('invalid_request', 'account', 'The parameter account is the label of a connected account.'));
  if (form.get('authorization_details') !== undefined)
    return fail(refusal('invalid_authorization_details', 'details_undeclared', 'A connection knows no authorization_details.'));
  return ok({ force, label });
}

async function askOf(
  deps: CredentialDeps,
  request: ClientRequest,
  parts: ExchangeParts,
  connection: string,
): Promise<Result<HandOutAsk, Refused>> {
  const parameters = parametersOf(request);
  if (!parameters.ok) return fail({ why: parameters.error });
  const presented = await parts.subject();
  if (!presented.ok) return presented;
  const { token } = presented.value;
  const about = aboutOf(token);
  if (token.userId !== undefined && token.scopes.length === 0) return fail({ why: IDENTITY_ALONE, about });
  const { actorToken } = parts.ask;
  const actor = actorToken === undefined ? ok(undefined) : await readActor(deps, request, actorToken, token);
  if (!actor.ok) return actor;
  const tenant = request.form.get('tenant');
  if (tenant !== undefined && tenant !== token.tenantId)
    return fail({ why: refusal('invalid_request', 'tenant_changed', 'An exchange stays in the tenant of the subject_token.'), about });
  const past = pastAfter(deps, request, token, actor.value);
  if (!past.ok) return fail({ why: past.error, about });
  const agent = await deps.agent({ clientId: request.client.id, principal: principalOf(token), tenantId: token.tenantId }, request);
  return ok(toAsk(request, presented.value, { ...parameters.value, connection, agent }));
}

function toAsk(
  request: ClientRequest,
  { token, user, tenant }: ExchangeSubject,
  of: Parameters & { connection: string; agent: Agent },
): HandOutAsk {
  const { client, scope, form, confirmation, origin, ip, now } = request;
  return {
    way: 'exchange',
    ...of,
    scopes: namedScopes(scope),
    client,
    user,
    tenant,
    login: loginOf(token).login,
    jwtClaims: token.claims,
    actors: chainAfter(token, { sub: client.id, agent: of.agent.id }),
    parent: { jti: token.jti, audience: token.audience, client: token.clientId },
    keyProved: confirmation !== undefined,
    approvalId: form.get('approval_id'),
    txn: token.txn ?? newId('txn', now),
    origin,
    ip,
    now,
  };
}
