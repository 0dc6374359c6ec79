import type { Registration } from '../resources/resource.ts';
import type { Client } from './client.ts';
import { hostListed } from './hosts.ts';

/**
 * Whether a resource lets this client in by the way it registered; undefined when it does, else a word for the audit entry. Registered by an
 * administrator: always. The hub's own setting was asked when the client was registered or its document fetched.
 */
export function registrationFault(
  registration: Registration,
  client: Client,
): 'dcr_disabled' | 'cimd_disabled' | 'cimd_host_not_listed' | undefined {
  if (client.registrationType === 'dcr') return registration.dcr.enabled ? undefined : 'dcr_disabled';
  if (client.registrationType !== 'cimd') return undefined;
  if (!registration.cimd.enabled) return 'cimd_disabled';
  return cimdHostAllowed(registration.cimd.hosts, client.id) ? undefined : 'cimd_host_not_listed';
}

/** An empty list allows every host. */
export function cimdHostAllowed(hosts: readonly string[], clientId: string): boolean {
  if (hosts.length === 0) return true;
  const { hostname, host } = new URL(clientId);
  return hostListed(hosts, hostname) || hostListed(hosts, host);
}
