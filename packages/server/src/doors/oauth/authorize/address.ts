import type { Db } from '../../../base/db.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Client } from '../../../rooms/clients/client.ts';
import { matchRedirect } from '../../../rooms/clients/redirect.ts';
import { findPar, isPushedUri } from '../../../rooms/tokens/par.store.ts';
import { openSigned, type Opened, type SignedDeps } from './open-signed.ts';
import { parametersOf, type Parameters } from './parameters.ts';
import { toPage, type Addressed, type Refusal } from './refusal.ts';

export type AddressDeps = SignedDeps & {
  db: Db;
  clients: { find(id: string): Promise<Result<Client, { reason: string; message?: string }>> };
};

/**
 * The first half of the checks: who asks, and is the address to answer to really theirs. Everything that fails here stays on a page of
 * the hub; a redirect would make the hub send people wherever the sender of a link likes.
 */
export async function address(deps: AddressDeps, sent: Parameters, now: number): Promise<Result<Addressed, Refusal>> {
  const named = namedClient(sent);
  if (!named.ok) return named;
  const found = await deps.clients.find(named.value);
  if (!found.ok) return fail(toPage('invalid_client', found.error.reason, found.error.message ?? 'This app is not known here.'));
  const client = found.value;
  if (client.underReview === true)
    return fail(
      toPage('invalid_client', 'client_under_review', 'This app has not been let in here yet. People were asked; try again later.'),
    );
  if (client.state !== 'active') return fail(toPage('invalid_client', `client_${client.state}`, 'An administrator has stopped this app.'));
  const opened = await openPushed(deps.db, sent, client, now);
  if (!opened.ok) return opened;
  const { pushed } = opened.value;
  const read = pushed === undefined ? await openSigned(deps, opened.value.parameters, client, now) : ok(asPushed(opened.value.parameters));
  // What cannot be opened names no address; the one beside it will do, if it is the client's.
  const { parameters, signed, once } = read.ok ? read.value : asPushed(sent);
  const redirectUri = redirectFor(client, parameters);
  if (!redirectUri.ok) return read.ok ? redirectUri : fail({ ...read.error, to: 'page' });
  const state = parameters.doubled.has('state') ? undefined : parameters.get('state');
  return ok({
    parameters,
    client,
    redirectUri: redirectUri.value,
    state,
    pushed,
    signed,
    once,
    ...(read.ok ? {} : { fault: read.error }),
  });
}

/** What was signed within a pushed request was opened when it was pushed. */
function asPushed(parameters: Parameters): Opened {
  return { parameters, signed: false, once: undefined };
}

/** Attacks 002, 013. */
export function namedClient(sent: Parameters): Result<string, Refusal> {
  if (sent.doubled.has('client_id')) return fail(toPage('invalid_request', 'doubled:client_id', 'The request names its client twice.'));
  const clientId = sent.get('client_id');
  if (clientId === undefined)
    return fail(toPage('invalid_request', 'no_client_id', 'The request does not say which app it comes from (client_id is missing).'));
  // A NUL is refused here because no database column can even be asked about it.
  if (clientId.includes('\0') || clientId.length > 2_048)
    return fail(toPage('invalid_client', 'unknown_client', 'This app is not known here.'));
  return ok(clientId);
}

/**
 * RFC 9126 §4: a pushed request replaces everything in the URL but the client id. Looking does not spend it: clients and mail scanners
 * open the address before the person does. Attacks 029, 031.
 */
async function openPushed(
  db: Db,
  sent: Parameters,
  client: Client,
  now: number,
): Promise<Result<{ parameters: Parameters; pushed: string | undefined }, Refusal>> {
  const requestUri = sent.get('request_uri');
  if (requestUri === undefined || !isPushedUri(requestUri)) return ok({ parameters: sent, pushed: undefined });
  const refused = (reason: string) =>
    fail(toPage('invalid_request_uri', reason, 'This request is no longer valid. Go back to the app and start again.'));
  if (sent.doubled.has('request_uri')) return refused('doubled:request_uri');
  const found = await findPar(db, requestUri, now);
  if (found === undefined) return refused('pushed_request_unknown');
  if (found.clientId !== client.id) return refused('pushed_request_of_another_client');
  return ok({ parameters: parametersOf({ ...found.parameters, client_id: [client.id] }), pushed: found.digest });
}

/** Attacks 003 to 009, 011, 012. Also with one registered URI it has to be named: what is not said cannot be compared at the token endpoint. */
export function redirectFor(client: Client, parameters: Parameters): Result<string, Refusal> {
  if (parameters.doubled.has('redirect_uri'))
    return fail(toPage('invalid_request', 'doubled:redirect_uri', 'The request names its redirect_uri twice.'));
  const requested = parameters.get('redirect_uri');
  if (requested === undefined)
    return fail(toPage('invalid_request', 'no_redirect_uri', 'The request does not say where to return to (redirect_uri is missing).'));
  if (matchRedirect(client.redirectUris, requested)) return ok(requested);
  return fail(toPage('invalid_redirect_uri', 'redirect_uri', 'The address to return to is not one that this app has registered.'));
}
