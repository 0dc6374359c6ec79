import { newId } from '../../../base/ids.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Principal } from '../../../rooms/agents/agent.ts';
import type { AgentBook } from '../../../rooms/agents/book.store.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import { narrowScopes } from '../../../rooms/resources/narrow.ts';
import type { Tenant } from '../../../rooms/tenants/tenant.ts';
import type { ClientRequest, Grant, Proof } from './grant.ts';
import { recorded } from './recorded.ts';
import { refusal, type Refusal } from './refusal.ts';
import { namedScopes } from './request.ts';
import { targetOf, type TargetDeps } from './target.ts';

export type ClientCredentialsDeps = {
  audit: Pick<Audit, 'record'>;
  catalogue: TargetDeps;
  tenant(id: string): Tenant | undefined | Promise<Tenant | undefined>;
  /** The agent of that client and principal: from memory, or made (with its event) on the first grant. */
  agent: AgentBook;
};

/** RFC 6749 §4.4: the client acts for itself, or for the tenant it serves. Nothing to prove beyond its authentication. No refresh token (§4.4.3). */
export function clientCredentials(deps: ClientCredentialsDeps): Grant {
  return {
    type: 'client_credentials',
    confidentialOnly: true,
    async redeem(request, settle, refuse) {
      const proved = await prove(deps, request);
      if (!proved.ok) {
        await deps.audit.record(refuse(request, proved.error));
        return proved;
      }
      return recorded(deps.audit, settle(request, proved.value, 'token.issued'));
    },
  };
}

async function prove(deps: ClientCredentialsDeps, request: ClientRequest): Promise<Result<Proof, Refusal>> {
  const { client, scope } = request;
  const target = targetOf(deps.catalogue, request.targets, scope);
  if (!target.ok) return target;
  const { resource, matchedByAlias } = target.value;
  const wanted = namedScopes(scope);
  const asked = narrowScopes(resource, wanted, client.scopes);
  const beyond = asked.unknown.length + asked.beyondCap.length;
  if (asked.known.length === 0 || (beyond > 0 && wanted !== undefined && resource.settings.onExcess === 'reject')) {
    return fail(refusal('invalid_scope', 'scope_not_assigned', 'The client may have none of the requested scopes.'));
  }
  const tenantId = tenantOf(request);
  if (!tenantId.ok) return tenantId;
  // Awaited only when memory does not have it: on the hot path nothing here leaves the turn.
  let tenant: Tenant | undefined;
  if (tenantId.value !== undefined) {
    const found = deps.tenant(tenantId.value);
    tenant = found instanceof Promise ? await found : found;
    if (tenant === undefined) return fail(refusal('invalid_client', 'tenant_unknown', 'Client authentication failed.'));
  }
  const principal: Principal = tenant === undefined ? { kind: 'client', id: client.id } : { kind: 'tenant', id: tenant.id };
  const known = deps.agent({ clientId: client.id, principal, tenantId: tenant?.id }, request);
  const agent = known instanceof Promise ? await known : known;
  return ok({
    judgedAs: 'client_credentials',
    resource,
    matchedByAlias,
    scopes: asked.known,
    identityOnly: false,
    openEnded: wanted === undefined,
    mayPropose: true,
    identityScopes: [],
    agent,
    tenant,
    txn: newId('txn', request.now),
  });
}

/** Which tenant the client acts in: its only one, or the one it names among its own. A foreign one is answered as an unknown one. */
function tenantOf({ client, form }: ClientRequest): Result<string | undefined, Refusal> {
  const named = form.get('tenant');
  if (named === undefined && client.tenants.length <= 1) return ok(client.tenants[0]);
  if (named === undefined)
    return fail(
      refusal('invalid_request', 'tenant_missing', 'This client serves several tenants: say which one with the parameter tenant.'),
    );
  return client.tenants.includes(named)
    ? ok(named)
    : fail(refusal('invalid_request', 'tenant_not_served', 'This client does not serve that tenant.'));
}
