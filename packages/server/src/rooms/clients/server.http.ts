import type { Inbound } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ClientAuthentication } from './authenticate.store.ts';
import { isWrittenHere, type Client } from './client.ts';

/**
 * Which server asks, by its Authorization header alone; the error is the reason for the entry. Whoever registered itself is nobody's server, whatever it
 * says of itself: strangers would hear of every tenant.
 */
export async function serverBehind(
  { authenticate }: Pick<ClientAuthentication, 'authenticate'>,
  request: Inbound,
  now: number,
): Promise<Result<Client, string>> {
  const proved = await authenticate({ form: NO_FORM, authorization: request.header('authorization'), now, ip: request.ip });
  if (!proved.ok) return fail(proved.error.reason);
  const { client } = proved.value;
  if (client.state !== 'active') return fail(`client_${client.state}`);
  return isWrittenHere(client) ? ok(client) : fail('registered_itself');
}

const NO_FORM = { get: () => undefined };
