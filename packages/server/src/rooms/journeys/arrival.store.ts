import type { Arrived, Facts } from '@writ/flow';
import type { Client } from '../clients/client.ts';
import type { Resource } from '../resources/resource.ts';
import type { Held, JourneysDeps, Visit } from './deps.store.ts';
import { clientFacts, resourceFacts, userFacts } from '../flows/facts.ts';
import { requestFacts } from './facts.ts';
import { clientOf, type JourneyRequest } from './journey.ts';
import { proofOf } from './proof.ts';

type PartiesDeps = Pick<JourneysDeps, 'clients' | 'catalogue'>;

/** Who asks, and for what, as they are now. */
async function partiesOf(deps: PartiesDeps, request: JourneyRequest): Promise<{ client?: Client; resource?: Resource }> {
  const clientId = clientOf(request);
  const resourceId = 'resourceId' in request ? request.resourceId : undefined;
  const [found] = await Promise.all([clientId === undefined ? undefined : deps.clients.find(clientId), deps.catalogue.ready()]);
  const resource = resourceId === undefined ? undefined : deps.catalogue.byId(resourceId);
  return { ...(found?.ok === true ? { client: found.value } : {}), ...(resource === undefined ? {} : { resource }) };
}

/** What a journey knows at its beginning. */
export async function factsAtBegin(deps: PartiesDeps, request: JourneyRequest, { origin }: Visit): Promise<Facts> {
  const { client, resource } = await partiesOf(deps, request);
  return {
    request: requestFacts(request, { client, resource, ip: origin.ip }),
    client: clientFacts(client),
    ...(resource === undefined ? {} : { resource: resourceFacts(resource) }),
  };
}

/** Somebody looks at the page, with the session that this browser holds now. */
export async function arrived(deps: PartiesDeps, request: JourneyRequest, held: Held): Promise<Arrived> {
  const { client, resource } = await partiesOf(deps, request);
  return {
    kind: 'arrived',
    ...(client === undefined ? {} : { client: clientFacts(client) }),
    ...(resource === undefined ? {} : { resource: resourceFacts(resource) }),
    ...(held === undefined ? {} : { proof: proofOf(held.session), user: userFacts(held.user) }),
  };
}
