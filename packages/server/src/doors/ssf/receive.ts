import { json, originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { digest, sameDigest } from '../../base/digest.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { setFault, type SetFault } from '../../rooms/streams/received.ts';
import { receive, refusedSet, type ReceiveDeps } from '../../rooms/streams/receive.store.ts';
import { findTransmitter, openTransmitterSecret } from '../../rooms/streams/transmitter.store.ts';
import { PATHS } from './metadata.ts';

export type ReceiveDoorDeps = ReceiveDeps & { box: SecretBox; mayRecord(ip: string, now: number): boolean };

/** `POST /ssf/receive/<transmitter>` (RFC 8935): 202 once what the SET asks for was done. */
export function receiveRoute(deps: ReceiveDoorDeps): Route {
  return route({
    method: 'POST',
    path: PATHS.receive,
    access: 'token',
    audit: ['transmitter.heard', 'transmitter.refused', 'user.frozen', 'user.unfrozen', 'login.ended', 'signal.sent'],
    summary: 'Push a security event token of a trusted transmitter (RFC 8935)',
    handle: (call) => take(deps, call),
  });
}

async function take(deps: ReceiveDoorDeps, { request, params, now }: Call): Promise<Reply> {
  const transmitter = await findTransmitter(deps.database.db, params['id'] ?? '');
  if (transmitter === undefined || transmitter.state === 'off' || transmitter.delivery !== 'push') return NOBODY;
  const fault = (await authenticationFault(deps, request, transmitter)) ?? typeFault(request);
  const heard =
    fault === undefined ? await receive(deps, transmitter, { token: request.body.trim(), origin: originOf(request) }) : undefined;
  if (heard?.ok === true) return { status: 202, headers: { 'cache-control': 'no-store' } };
  const why = fault ?? heard?.error;
  // Its keys cannot be had now: not its fault, and it should come again (RFC 8935 §2.3: a general HTTP error).
  if (why === undefined || why === 'unavailable') return { status: 503, headers: { 'retry-after': '30', 'cache-control': 'no-store' } };
  if (deps.mayRecord(request.ip, now)) await deps.audit.record(refusedSet(transmitter, why.reason, originOf(request)));
  return json(400, { err: why.err, description: why.description }, { 'content-language': 'en' });
}

/** There is nobody here who takes SETs; which transmitters there are is not told to strangers. */
const NOBODY: Reply = { status: 404, headers: { 'cache-control': 'no-store' } };

/** Where a bearer was agreed on, it is shown (RFC 8935 §2.4 has a word for when it is not). */
async function authenticationFault(
  deps: ReceiveDoorDeps,
  request: Inbound,
  { id, hasSecret }: { id: string; hasSecret: boolean },
): Promise<SetFault | undefined> {
  if (!hasSecret) return undefined;
  const secret = await openTransmitterSecret(deps.database.db, deps.box, id);
  const shown = /^Bearer +(\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
  if (secret !== undefined && shown !== undefined && sameDigest(digest(shown), digest(secret))) return undefined;
  return setFault('authentication_failed', 'transmitter_bearer', 'The bearer that was agreed on is missing or wrong.');
}

function typeFault(request: Inbound): SetFault | undefined {
  const type = (request.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  return type === 'application/secevent+jwt'
    ? undefined
    : setFault('invalid_request', 'set_media_type', 'A SET comes as application/secevent+jwt.');
}
