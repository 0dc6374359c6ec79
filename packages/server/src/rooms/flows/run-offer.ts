import type { JourneyState } from '@writ/flow';
import { decide, type PolicyRequest } from '@writ/policy';
import { setFor, type Rulebook } from '../policies/rulebook.ts';
import type { Resource } from '../resources/resource.ts';

/** A scope as the consent page would show it. `offered`: policy would grant it to this person through this client, as far as it can be known here. */
export type OfferedScope = { name: string; title: string; description: string; risk: string; required: boolean; offered: boolean };

/**
 * What a consent page would offer: by the rules in force, with the claims that the flow has set. Of what the real page looks up too (older consent, the
 * agent's state, approvals), nothing is known of a made-up request.
 */
export function offeredScopes(
  state: JourneyState,
  { resource, book, now }: { resource: Resource | undefined; book: Rulebook; now: number },
): OfferedScope[] {
  const { request } = state.facts;
  const described = new Map(resource?.scopes.map((scope) => [scope.name, scope]));
  const granted = resource === undefined ? request.scopes : decidedScopes(state, resource, book, now);
  return request.scopes.map((name) => {
    const { title = name, description = '', risk = request.risks[name] ?? 'low', required = false } = described.get(name) ?? {};
    return { name, title, description, risk, required, offered: granted.includes(name) };
  });
}

function decidedScopes({ facts, claims, proof }: JourneyState, resource: Resource, book: Rulebook, now: number): readonly string[] {
  const { client, user, tenant, request } = facts;
  const question: PolicyRequest = {
    grant: 'authorization_code',
    target: { kind: 'resource', id: resource.id, type: resource.type, tags: resource.tags },
    scopes: request.scopes,
    client: {
      id: client.id,
      name: client.name,
      registrationType: client.registrationType,
      status: client.status,
      tags: client.tags,
      ...(client.owner === '' ? {} : { owner: client.owner }),
    },
    ...(user === undefined
      ? {}
      : {
          user: { id: user.id, roles: user.roles, permissions: user.permissions, tenantIds: user.tenantIds, attributes: user.attributes },
        }),
    ...(tenant === undefined ? {} : { tenant: { id: tenant.id, attributes: tenant.attributes } }),
    request: { time: now, ip: request.ip },
    ...(proof === undefined ? {} : { token: { acr: proof.acr, amr: proof.amr } }),
    jwtClaims: claims,
    delegation: { depth: 0, actors: [] },
  };
  return decide(setFor(book, question), question).granted;
}
