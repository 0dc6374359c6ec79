import type { Purpose, RequestFacts } from '@writ/flow';
import type { Client } from '../clients/client.ts';
import { riskFacts } from '../flows/facts.ts';
import { narrowScopes } from '../resources/narrow.ts';
import type { Resource } from '../resources/resource.ts';
import type { JourneyRequest } from './journey.ts';

/** What expressions may read of the request. `scopes`: those that it reaches; a client that named none may be given any, so they are all in it. */
export function requestFacts(
  request: JourneyRequest,
  { client, resource, ip }: { client: Client | undefined; resource: Resource | undefined; ip: string | undefined },
): RequestFacts {
  const { ask } = request;
  const named = 'scopes' in request ? request.scopes : undefined;
  const scopes = resource === undefined ? [] : narrowScopes(resource, named, client?.scopes).known;
  return {
    scopes,
    identityScopes: 'identityScopes' in request ? request.identityScopes : [],
    ...riskFacts(scopes, resource?.scopes ?? []),
    acrValues: ask.acr ?? [],
    tenant: ask.tenant ?? '',
    email: ask.email ?? '',
    ip: ip ?? '',
  };
}

export function purposeOf(request: JourneyRequest): Purpose {
  switch (request.kind) {
    case 'authorize':
      return 'authorize';
    case 'decoupled':
      return request.grant === 'device_code' ? 'device' : 'ciba';
    case 'sign-in':
      return request.returnTo.startsWith('/connect') ? 'connect' : 'sign_in';
    case 'registration':
      return 'registration';
  }
}
