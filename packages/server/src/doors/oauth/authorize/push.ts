import { json, originOf, type Reply } from '../../../base/http/message.ts';
import type { Call } from '../../../base/http/route.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Client } from '../../../rooms/clients/client.ts';
import { requestRefused } from '../../../rooms/journeys/events.ts';
import { spendRequest } from '../../../rooms/clients/request-object.store.ts';
import { savePar } from '../../../rooms/tokens/par.store.ts';
import { proveKey } from '../dpop.ts';
import { parseForm } from '../form.ts';
import { invalidClient, oauthError } from '../wire.ts';
import { redirectFor } from './address.ts';
import { aroundOf } from './around.ts';
import { openSigned } from './open-signed.ts';
import { parametersOf, readParameters, type Parameters } from './parameters.ts';
import { toPage, type Addressed, type Refusal } from './refusal.ts';
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
  const refuse = async (refusal: Refusal, clientId: string | undefined, headers: Reply['headers'] = {}): Promise<Reply> => {
    const { error, reason } = refusal;
    if (deps.mayRecord(request.ip, now))
      await deps.audit.record(requestRefused({ clientId, error, reason, pushed: true }, originOf(request)));
    return oauthError({ status: 400, error: refusal.error, description: refusal.description, requestId: request.requestId, headers });
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
    if (deps.mayRecord(request.ip, now))
      await deps.audit.record(requestRefused({ clientId, error, reason, pushed: true }, originOf(request)));
    return invalidClient(request.requestId);
  }
  const { client } = who.value;
  const sent = readParameters(request.body);
  if (sent === undefined) return refuse(toPage('invalid_request', 'unreadable', 'The request cannot be read.'), client.id);
  let headers: Reply['headers'] = {};
  let jkt: string | undefined;
  if (request.header('dpop') !== undefined) {
    const proved = await proveKey(deps, request, { path: request.path, client, targets: sent.all('resource'), now });
    if (!proved.ok) return refuse({ to: 'page', ...proved.error }, client.id, proved.error.headers);
    jkt = proved.value.key?.jkt;
    headers = proved.value.headers;
  }
  if (client.public && !deps.mayPush(request.ip, now)) {
    const { error, reason, description } = TOO_MANY;
    if (deps.mayRecord(request.ip, now))
      await deps.audit.record(requestRefused({ clientId: client.id, error, reason, pushed: true }, originOf(request)));
    // RFC 9126 §2.3.
    return oauthError({ status: 429, error, description, requestId: request.requestId, headers: { ...headers, 'retry-after': '60' } });
  }
  const judged = await judge(deps, client, sent, { jkt, now });
  return judged.ok ? keep(deps, client, judged.value, now, headers) : refuse(judged.error, client.id, headers);
}

const TOO_MANY = toPage('temporarily_unavailable', 'too_many', 'Too many requests were pushed from this network. Try again later.');

type Proved = { jkt: string | undefined; now: number };

/** The request as it will be followed: opened if it was signed, bound to the key that was proved, and found good. */
async function judge(deps: AuthorizeDeps, client: Client, sent: Parameters, of: Proved): Promise<Result<Parameters, Refusal>> {
  // RFC 9126 §2.1: a pushed request cannot itself be a reference (attack 032).
  if (sent.get('request_uri') !== undefined) return fail(toPage('invalid_request', 'request_uri', 'A pushed request has no request_uri.'));
  if (client.state !== 'active') return fail(toPage('unauthorized_client', `client_${client.state}`, 'This client has been stopped.'));
  await deps.catalogue.ready();
  const opened = await openSigned(deps, sent, client, of.now);
  if (!opened.ok) return opened;
  const { signed, once } = opened.value;
  const parameters = boundTo(opened.value.parameters, of.jkt);
  if (!parameters.ok) return parameters;
  const fault = faultOf(deps, client, parameters.value, signed);
  if (fault !== undefined) return fail(fault);
  // Here, not at the code: what was pushed once can only be named, and the name leads to one code.
  if (once !== undefined && !(await spendRequest(deps.db, client.id, once, of.now)))
    return fail(toPage('invalid_request_object', 'request_object_replayed', 'The signed request was used before.'));
  return parameters;
}

/** RFC 9449 §10.1: a proof with the push binds the code as `dpop_jkt` would; both together must mean one key. */
function boundTo(parameters: Parameters, jkt: string | undefined): Result<Parameters, Refusal> {
  if (jkt === undefined) return ok(parameters);
  const named = parameters.get('dpop_jkt');
  if (named !== undefined && named !== jkt)
    return fail(toPage('invalid_dpop_proof', 'dpop_jkt_of_another_key', 'dpop_jkt is not the key of the DPoP proof.'));
  return ok(parametersOf({ ...parameters.raw, dpop_jkt: [jkt] }));
}

function faultOf(deps: AuthorizeDeps, client: Client, parameters: Parameters, signed: boolean): Refusal | undefined {
  const redirectUri = redirectFor(client, parameters);
  // Attack 034: to a program the error is invalid_request; only the page knows a word of its own for it.
  if (!redirectUri.ok) return { ...redirectUri.error, error: 'invalid_request' };
  const addressed: Addressed = { parameters, client, redirectUri: redirectUri.value, state: undefined, pushed: undefined, signed };
  const checked = check(addressed, aroundOf(deps, true), '');
  return checked.ok ? undefined : checked.error;
}

async function keep(deps: AuthorizeDeps, client: Client, parameters: Parameters, now: number, headers: Reply['headers']): Promise<Reply> {
  const kept = Object.fromEntries(Object.entries(parameters.raw).filter(([name]) => !CREDENTIALS.has(name)));
  const { requestUri, expiresIn } = await savePar(deps.db, { clientId: client.id, parameters: kept, now });
  return json(201, { request_uri: requestUri, expires_in: expiresIn }, headers);
}
