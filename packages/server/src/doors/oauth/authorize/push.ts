import { json, originOf, type Reply } from '../../../base/http/message.ts';
import type { Call } from '../../../base/http/route.ts';
import type { Client } from '../../../rooms/clients/client.ts';
import { requestRefused } from '../../../rooms/flows/events.ts';
import { savePar } from '../../../rooms/tokens/par.store.ts';
import { parseForm } from '../form.ts';
import { invalidClient, oauthError } from '../wire.ts';
import { redirectFor } from './address.ts';
import { readParameters, type Parameters } from './parameters.ts';
import { toPage, type Refusal } from './refusal.ts';
import type { AuthorizeDeps } from './deps.ts';
import { check } from './table.ts';

/** What proves the client is not part of what it asks for, and is not kept. */
const CREDENTIALS = new Set(['client_secret', 'client_assertion', 'client_assertion_type']);

/**
 * RFC 9126: the client says what it will ask before the browser is involved. The same table judges it, so that a bad request fails here,
 * where a developer sees it, and not in front of a person.
 */
export async function push(deps: AuthorizeDeps, { request, now }: Call): Promise<Reply> {
  const form = parseForm(request);
  const refuse = async (refusal: Refusal, clientId: string | undefined): Promise<Reply> => {
    await deps.audit.record(requestRefused({ clientId, error: refusal.error, reason: refusal.reason, pushed: true }, originOf(request)));
    return oauthError({ status: 400, error: refusal.error, description: refusal.description, requestId: request.requestId });
  };
  if (!form.ok) return refuse(toPage('invalid_request', 'unreadable', form.error.sentence), undefined);
  const who = await deps.authentication.authenticate({
    form: form.value,
    authorization: request.header('authorization'),
    now,
    ip: request.ip,
  });
  if (!who.ok) {
    const { status, error, reason, clientId } = who.error;
    if (status === 400) return refuse(toPage(error, reason, 'The client authentication cannot be read.'), clientId);
    await deps.audit.record(requestRefused({ clientId, error, reason, pushed: true }, originOf(request)));
    return invalidClient(request.requestId);
  }
  const { client } = who.value;
  const parameters = readParameters(request.body);
  if (parameters === undefined) return refuse(toPage('invalid_request', 'unreadable', 'The request cannot be read.'), client.id);
  const fault = await faultOf(deps, client, parameters);
  return fault === undefined ? keep(deps, client, parameters, now) : refuse(fault, client.id);
}

async function faultOf(deps: AuthorizeDeps, client: Client, parameters: Parameters): Promise<Refusal | undefined> {
  // RFC 9126 §2.1: a pushed request cannot itself be a reference (attack 032).
  if (parameters.get('request_uri') !== undefined) return toPage('invalid_request', 'request_uri', 'A pushed request has no request_uri.');
  if (client.state !== 'active') return toPage('unauthorized_client', `client_${client.state}`, 'This client has been stopped.');
  await deps.catalogue.ready();
  const redirectUri = redirectFor(client, parameters);
  // Attack 034: to a program the error is invalid_request; only the page knows a word of its own for it.
  if (!redirectUri.ok) return { ...redirectUri.error, error: 'invalid_request' };
  const checked = check(
    { parameters, client, redirectUri: redirectUri.value, state: undefined, pushed: undefined },
    { resources: deps.catalogue },
    '',
  );
  return checked.ok ? undefined : checked.error;
}

async function keep(deps: AuthorizeDeps, client: Client, parameters: Parameters, now: number): Promise<Reply> {
  const kept = Object.fromEntries(Object.entries(parameters.raw).filter(([name]) => !CREDENTIALS.has(name)));
  const { requestUri, expiresIn } = await savePar(deps.db, { clientId: client.id, parameters: kept, now });
  return json(201, { request_uri: requestUri, expires_in: expiresIn });
}
