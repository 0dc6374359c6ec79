import type { GrantName, PolicyRequest } from '@writ/policy';
import type { Agent } from '../agents/agent.ts';
import type { Resource } from '../resources/resource.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { Membership } from '../users/membership.ts';
import type { User } from '../users/user.ts';

/** Everybody who has a part in a token, and the circumstances. What a journey or a grant does not have is left out. */
export type Question = {
  grant: GrantName;
  client: PolicyRequest['client'];
  user?: (Pick<User, 'id' | 'attributes'> & { tenants: readonly { id: string }[] }) | undefined;
  /** Of the user in the tenant. */
  membership: Membership;
  tenant?: Pick<Tenant, 'id' | 'attributes'> | undefined;
  /** Absent at a first consent: the agent comes to be with it. */
  agent?: Pick<Agent, 'id' | 'state'> | undefined;
  login?: { acr: string; amr: readonly string[] } | undefined;
  ip?: string | undefined;
  now: number;
  /** Claims of the token that was presented. */
  jwtClaims?: Readonly<Record<string, unknown>> | undefined;
  /** Who acted, nearest first; last who got the first token of the chain. */
  actors?: readonly { readonly sub: string }[] | undefined;
} & ({ resource: Reached; connection?: undefined } | { connection: Reached; resource?: undefined });

/** What is reached for: a resource, or a connection whose credential is to be handed out. */
type Reached = Pick<Resource, 'id' | 'tags' | 'proxied'> & { type: string };

/**
 * The question to policy: may this client have these scopes. One wording for the consent page, its rehearsal and the token endpoint: were they
 * to ask differently, a person could allow what is then refused, or a refresh could obtain what nobody was asked about.
 */
export function policyRequest(question: Question, scopes: readonly string[]): PolicyRequest {
  const { client, user, membership, tenant, agent, login, ip, jwtClaims, actors = [] } = question;
  const behind = question.resource?.proxied?.connection;
  // Whoever calls a proxy with a token of its own has acted by then.
  const acted = actors.length === 0 && behind !== undefined ? [{ sub: client.id }] : actors;
  return {
    // A call through the proxy is judged as an exchange, and so is who may have a token for it.
    grant: behind === undefined ? question.grant : 'token_exchange',
    target: targetOf(question),
    scopes: behind === undefined ? scopes : behind.scopes,
    client: {
      id: client.id,
      name: client.name,
      registrationType: client.registrationType,
      status: client.status,
      tags: client.tags,
      ...(client.owner === undefined ? {} : { owner: client.owner }),
    },
    ...(user === undefined
      ? {}
      : { user: { id: user.id, ...membership, tenantIds: user.tenants.map(({ id }) => id), attributes: user.attributes } }),
    ...(tenant === undefined ? {} : { tenant: { id: tenant.id, attributes: tenant.attributes } }),
    ...(agent === undefined ? {} : { agent: { id: agent.id, state: agent.state } }),
    request: { time: question.now, ...(ip === undefined ? {} : { ip }) },
    ...(login === undefined ? {} : { token: { acr: login.acr, amr: login.amr } }),
    ...(jwtClaims === undefined ? {} : { jwtClaims }),
    // Who got the first token acts too, but nothing was handed on to it.
    delegation: { depth: Math.max(0, acted.length - 1), actors: acted.map(({ sub }) => sub) },
  };
}

function targetOf({ resource, connection }: Question): PolicyRequest['target'] {
  const behind = connection ?? resource.proxied?.connection;
  const { id, type, tags } = behind ?? resource ?? connection;
  return { kind: behind === undefined ? 'resource' : 'connection', id, type, tags };
}
