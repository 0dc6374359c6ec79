import { fail, ok, type Result } from '../../base/result.ts';
import { originOf, type Inbound } from '../../base/http/message.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import type { ClientAuthentication } from '../../rooms/clients/authenticate.store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import { requestRefused } from '../../rooms/journeys/events.ts';
import type { PendingRequest } from '../../rooms/approvals/pending.ts';
import type { Catalogue } from '../../rooms/resources/catalogue.store.ts';
import { chooseDetails } from './authorize/choose-details.ts';
import { chooseResource } from './authorize/choose-resource.ts';
import { chooseScopes } from './authorize/choose-scopes.ts';
import { readParameters, type Parameters } from './authorize/parameters.ts';
import type { Check, Pieces } from './authorize/pieces.ts';
import { readAsk } from './authorize/read-ask.ts';
import { refuseMalformed } from './authorize/refuse-malformed.ts';
import { parseForm } from './form.ts';
import { invalidClient, oauthError } from './wire.ts';
import type { OAuthErrorCode } from '@writ/protocol';
import type { Reply } from '../../base/http/message.ts';

export type AskDeps = {
  audit: Pick<Audit, 'record'>;
  /** False when this address has had so many refusals recorded that more would only fill the log. */
  mayRecord(ip: string, now: number): boolean;
  authentication: ClientAuthentication;
  catalogue: Pick<Catalogue, 'ready' | 'all' | 'match' | 'identity'>;
};

/** A client that asks for something without a browser, and has proved itself. */
export type Asking = { client: Client; parameters: Parameters; request: Inbound; now: number };
export type AskFault = { error: OAuthErrorCode; reason: string; description: string; status?: number; headers?: Record<string, string> };

/** Reads form and client of a device or backchannel request; the refusal is recorded. `confidentialOnly`: CIBA §7.1 wants a client that proves itself. */
export async function readAsking(
  deps: AskDeps,
  call: { request: Inbound; now: number },
  of: { grant: string; confidentialOnly: boolean },
): Promise<Result<Asking, Reply>> {
  const { request, now } = call;
  const form = parseForm(request);
  if (!form.ok) return fail(await refuseAsking(deps, call, undefined, bad('invalid_request', 'unreadable_form', form.error.sentence)));
  if (request.query !== '')
    return fail(
      await refuseAsking(
        deps,
        call,
        undefined,
        bad('invalid_request', 'query_parameters', 'Parameters belong in the body, never in the URL.'),
      ),
    );
  const who = await deps.authentication.authenticate({
    form: form.value,
    authorization: request.header('authorization'),
    now,
    ip: request.ip,
  });
  if (!who.ok) {
    const { status, error, reason, clientId } = who.error;
    if (status === 400)
      return fail(await refuseAsking(deps, call, clientId, bad('invalid_request', reason, 'The client authentication is malformed.')));
    if (deps.mayRecord(request.ip, now))
      await deps.audit.record(requestRefused({ clientId, error, reason, pushed: false }, originOf(request)));
    return fail(invalidClient(request.requestId));
  }
  const { client } = who.value;
  const parameters = readParameters(request.body);
  const fault = parameters === undefined ? bad('invalid_request', 'unreadable_form', 'The request cannot be read.') : mayAsk(client, of);
  if (parameters === undefined || fault !== undefined)
    return fail(
      await refuseAsking(deps, call, client.id, fault ?? bad('invalid_request', 'unreadable_form', 'The request cannot be read.')),
    );
  return ok({ client, parameters, request, now });
}

export const bad = (error: OAuthErrorCode, reason: string, description: string): AskFault => ({ error, reason, description });

function mayAsk(client: Client, { grant, confidentialOnly }: { grant: string; confidentialOnly: boolean }): AskFault | undefined {
  if (client.state !== 'active') return bad('invalid_client', `client_${client.state}`, 'Client authentication failed.');
  if (confidentialOnly && client.public) return bad('unauthorized_client', 'public_client', 'A public client cannot use this grant.');
  if (!client.grants.includes(grant))
    return bad('unauthorized_client', 'grant_not_registered', 'The client is not registered for this grant.');
  return undefined;
}

/** One entry, up to what one stranger may write, and the RFC's word. */
export async function refuseAsking(
  deps: AskDeps,
  { request, now }: { request: Inbound; now: number },
  clientId: string | undefined,
  fault: AskFault,
): Promise<Reply> {
  const { error, reason, description, status = 400, headers } = fault;
  if (deps.mayRecord(request.ip, now))
    await deps.audit.record(requestRefused({ clientId, error, reason, pushed: false }, originOf(request)));
  if (error === 'invalid_client') return invalidClient(request.requestId);
  return oauthError({ status, error, description, requestId: request.requestId, ...(headers === undefined ? {} : { headers }) });
}

/** The same lines as of an authorization request, less what is about browser and redirect. */
const CHECKS: readonly Check[] = [refuseMalformed, readAsk, chooseResource, chooseDetails, chooseScopes];

/** Judges what is asked for and freezes it. `prompt` says nothing where there is no browser to be silent in. */
export async function judgeAsking(
  deps: AskDeps,
  { client, parameters, request }: Asking,
  txn: string,
): Promise<Result<PendingRequest, AskFault>> {
  await deps.catalogue.ready();
  const asked = { parameters: withoutPrompt(parameters), client, redirectUri: '', state: undefined, pushed: undefined };
  const found: Partial<Pieces> = {};
  for (const check of CHECKS) {
    const judged = check(asked, found, { resources: deps.catalogue });
    if (!judged.ok) return fail(judged.error);
    Object.assign(found, judged.value);
  }
  const { ask, resource, details, scopes, identityScopes } = found;
  if (ask === undefined || resource === undefined || identityScopes === undefined) throw new Error('a check did not run');
  const userAgent = request.header('user-agent')?.slice(0, 256).toWellFormed();
  return ok({
    clientId: client.id,
    resourceId: resource.id,
    ...(scopes === undefined ? {} : { scopes }),
    identityScopes,
    ...(details === undefined ? {} : { authorizationDetails: details }),
    ask: { ...ask, silent: false },
    txn,
    from: { ip: request.ip, ...(userAgent === undefined ? {} : { userAgent }) },
  });
}

function withoutPrompt(parameters: Parameters): Parameters {
  return { ...parameters, get: (name) => (name === 'prompt' ? undefined : parameters.get(name)) };
}
