import { originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { EventDraft, EventType } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import type { ClientAuthentication } from '../../rooms/clients/authenticate.store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import { parseForm, type Form } from './form.ts';
import { invalidClient, oauthError } from './wire.ts';

export type CallerDeps = {
  audit: Pick<Audit, 'record'>;
  authentication: ClientAuthentication;
  /** False when this address has had so many refusals recorded that more would only fill the log. */
  mayRecord(ip: string, now: number): boolean;
};

/** A client that posts a form about a token. */
export type TokenQuery = { client: Client; token: string; form: Form };

/**
 * Reads a post to the introspection or revocation endpoint: the form, the client, the one parameter that both have. A refusal is written down
 * as `type` and answered in the words of RFC 6749 §5.2. `secretOnly`: a client that proves nothing is nobody here.
 */
export async function readTokenQuery(
  deps: CallerDeps,
  { request, now }: { request: Inbound; now: number },
  of: { type: EventType; secretOnly: boolean },
): Promise<Result<TokenQuery, Reply>> {
  const refuse = async (reply: Reply, reason: string, client?: string): Promise<Result<TokenQuery, Reply>> => {
    if (deps.mayRecord(request.ip, now)) await deps.audit.record(refusedEntry(of.type, request, reason, client));
    return fail(reply);
  };
  const form = parseForm(request);
  if (!form.ok) return refuse(malformed(request, form.error.sentence), 'unreadable_form');
  const proved = await deps.authentication.authenticate({
    form: form.value,
    authorization: request.header('authorization'),
    now,
    ip: request.ip,
  });
  if (!proved.ok) {
    const { error, reason, clientId } = proved.error;
    return refuse(
      error === 'invalid_client' ? invalidClient(request.requestId) : malformed(request, 'The client authentication is malformed.'),
      reason,
      clientId,
    );
  }
  const { client, method } = proved.value;
  if (of.secretOnly && method === 'none') return refuse(invalidClient(request.requestId), 'no_credentials', client.id);
  if (client.state !== 'active') return refuse(invalidClient(request.requestId), `client_${client.state}`, client.id);
  const token = form.value.get('token');
  if (token === undefined) return refuse(malformed(request, 'The parameter token is missing.'), 'token_missing', client.id);
  return ok({ client, token, form: form.value });
}

export function malformed(request: Inbound, description: string): Reply {
  return oauthError({ status: 400, error: 'invalid_request', description, requestId: request.requestId });
}

export function refusedEntry(
  type: EventType,
  request: Inbound,
  reason: string,
  client: string | undefined,
  more: Partial<EventDraft> = {},
): EventDraft {
  return { type, initiator: 'agent', actor: { client }, outcome: 'refused', reason, origin: originOf(request), ...more };
}
