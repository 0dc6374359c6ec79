import type { AuthInfo } from '@modelcontextprotocol/server';
import type { Caller, Resource } from '@writ/sdk';

/** The caller in the form of the MCP SDK, for handlers that read `ctx.http.authInfo`. What has no field there stands in `extra`. */
export function toAuthInfo(resource: Resource, token: string, caller: Caller): AuthInfo {
  const { subject, agent, tenant, actors, chain, grantId, txn, jti } = caller;
  return {
    token,
    clientId: caller.clientId,
    scopes: [...caller.scopes],
    expiresAt: caller.expiresAt,
    resource: new URL(resource.identifier),
    resourceMetadataUrl: new URL(resource.metadataPath, resource.identifier).href,
    extra: { subject, agent, tenant, actors, chain, grantId, txn, jti },
  };
}
