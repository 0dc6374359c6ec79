import { fail, ok, type Result } from '../../../base/result.ts';
import type { ClientAuthentication } from '../../../rooms/clients/authenticate.store.ts';
import type { Client } from '../../../rooms/clients/client.ts';
import type { ProtectionSettings } from '../../../rooms/tokens/protection.store.ts';
import { parametersOf, type Parameters } from './parameters.ts';
import { toClient, type Refusal } from './refusal.ts';

/** The id of a signed request that leads to one code at most. */
export type Once = { jti: string; expiresAt: number };
export type Opened = { parameters: Parameters; signed: boolean; once: Once | undefined };
export type SignedDeps = {
  authentication: Pick<ClientAuthentication, 'openRequest'>;
  protection: Pick<ProtectionSettings, 'current'>;
};

/**
 * A request by value (RFC 9101 §5.1). Only what stands inside counts; of what stands beside it the client id is compared and the rest is not
 * read, or whoever carries the URL could add to what was signed.
 */
export async function openSigned(
  { authentication, protection }: SignedDeps,
  sent: Parameters,
  client: Client,
  now: number,
): Promise<Result<Opened, Refusal>> {
  const request = sent.get('request');
  if (request === undefined) return ok({ parameters: sent, signed: false, once: undefined });
  if (sent.doubled.has('request')) return fail(toClient('invalid_request', 'doubled:request', 'A parameter stands twice.'));
  if (sent.get('request_uri') !== undefined)
    return fail(toClient('invalid_request', 'request_and_request_uri', 'request and request_uri exclude each other.'));
  const { requireId } = protection.current().requestObjects;
  const opened = await authentication.openRequest(client, request, { now, requireId });
  if (!opened.ok) return fail(toClient('invalid_request_object', opened.error, 'The signed request is not valid for this client and hub.'));
  const { parameters, once } = opened.value;
  return ok({ parameters: parametersOf({ ...parameters, client_id: [client.id] }), signed: true, once });
}
