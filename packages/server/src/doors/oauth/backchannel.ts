import { GRANT_TYPES, ID_TOKEN_TYP } from '@writ/protocol';
import { json, originOf, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId } from '../../base/ids.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Backchannel } from '../../rooms/approvals/backchannel.store.ts';
import { RETRY_AFTER } from '../../rooms/approvals/limits.store.ts';
import { isPlainMessage } from '../../rooms/approvals/message.ts';
import type { ApprovalSettings } from '../../rooms/approvals/setting.store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import type { KeyRing } from '../../rooms/keys/ring.store.ts';
import type { Parameters } from './authorize/parameters.ts';
import { bad, judgeAsking, readAsking, refuseAsking, type AskDeps, type AskFault } from './decoupled.ts';

export type BackchannelDoorDeps = AskDeps & { backchannel: Backchannel; asking: ApprovalSettings; keys: Pick<KeyRing, 'verify'> };

/** Seconds: what a request lives when it says nothing, and how long at most (CIBA §7.1 `requested_expiry`). */
const EXPIRY = { normal: 300, longest: 3_600 } as const;

/** `POST /oauth/backchannel` (CIBA Core §7): a client asks for a user who is not at its screen. Poll and ping; no push, no signed requests, no user codes. */
export function backchannelRoutes(deps: BackchannelDoorDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: '/oauth/backchannel',
      access: 'client',
      audit: ['approval.requested', 'approval.rate_limited', 'journey.refused'],
      maxBody: 16_384,
      summary: 'Ask a user for authorization behind the back of any browser (CIBA)',
      handle: (call) => ask(deps, call),
    }),
  ];
}

async function ask(deps: BackchannelDoorDeps, call: Call): Promise<Reply> {
  const { request, now } = call;
  const asking = await readAsking(deps, call, { grant: GRANT_TYPES.ciba, confidentialOnly: true });
  if (!asking.ok) return asking.error;
  const { client, parameters } = asking.value;
  const refuse = (fault: AskFault): Promise<Reply> => refuseAsking(deps, call, client.id, fault);
  const own = readOwn(deps, client, parameters, now);
  if (!own.ok) return refuse(own.error);
  const judged = await judgeAsking(deps, asking.value, newId('txn', now));
  if (!judged.ok) return refuse(judged.error);
  const { hint, bindingMessage, expiresIn, notificationToken } = own.value;
  await deps.asking.ready();
  const asked = await deps.backchannel.ask({
    client,
    request: { ...judged.value, ...(bindingMessage === undefined ? {} : { bindingMessage }) },
    hint,
    expiresIn,
    notificationToken,
    tellUnknown: deps.asking.current().unknownUsers === 'tell',
    origin: originOf(request),
    now,
  });
  if (!asked.ok) return asked.error === 'too_many' ? tooMany(request.requestId) : refuse(UNKNOWN);
  const { authReqId, interval } = asked.value;
  return json(200, { auth_req_id: authReqId, expires_in: asked.value.expiresIn, interval });
}

const UNKNOWN = bad('unknown_user_id', 'unknown_user', 'The hint names nobody here.');

function tooMany(requestId: string): Reply {
  const description = 'This user is asked too often. Wait a minute.';
  return json(
    429,
    { error: 'slow_down', error_description: description, request_id: requestId },
    { 'retry-after': String(RETRY_AFTER.ask) },
  );
}

type Own = {
  hint: { login: string } | { subject: string };
  bindingMessage: string | undefined;
  expiresIn: number;
  notificationToken: string | undefined;
};

/** The parameters that only CIBA has. */
function readOwn(deps: BackchannelDoorDeps, client: Client, parameters: Parameters, now: number): Result<Own, AskFault> {
  if (parameters.get('request') !== undefined)
    return fail(bad('invalid_request', 'request_object', 'Signed authentication requests are not supported.'));
  const hint = readHint(deps, client, parameters, now);
  if (!hint.ok) return hint;
  const bindingMessage = parameters.get('binding_message');
  if (bindingMessage !== undefined && !isPlainMessage(bindingMessage))
    return fail(bad('invalid_binding_message', 'binding_message', 'binding_message is at most 200 characters of plain text on one line.'));
  const wanted = parameters.get('requested_expiry');
  if (wanted !== undefined && !/^[1-9]\d{0,8}$/.test(wanted))
    return fail(bad('invalid_request', 'requested_expiry', 'requested_expiry is a number of seconds.'));
  const token = readToken(client, parameters);
  if (!token.ok) return token;
  return ok({
    hint: hint.value,
    bindingMessage,
    expiresIn: Math.min(wanted === undefined ? EXPIRY.normal : Number(wanted), EXPIRY.longest),
    notificationToken: token.value,
  });
}

/** CIBA §7.1: exactly one of the three hints. */
function readHint({ keys }: BackchannelDoorDeps, client: Client, parameters: Parameters, now: number): Result<Own['hint'], AskFault> {
  const [login, idToken, token] = ['login_hint', 'id_token_hint', 'login_hint_token'].map((name) => parameters.get(name));
  if (token !== undefined) return fail(bad('invalid_request', 'login_hint_token', 'login_hint_token is not supported.'));
  if ((login === undefined) === (idToken === undefined))
    return fail(bad('invalid_request', 'hints', 'Say who is meant by exactly one of login_hint and id_token_hint.'));
  if (login !== undefined) return ok({ login });
  const read = keys.verify(idToken ?? '', { typ: ID_TOKEN_TYP, now, leewayMs: Number.POSITIVE_INFINITY });
  const claims = read.ok ? read.value : {};
  const { sub, aud } = claims;
  return typeof sub === 'string' && aud === client.id
    ? ok({ subject: sub })
    : fail(bad('invalid_request', 'id_token_hint', 'id_token_hint is not an id_token that this client got here.'));
}

/** RFC 6750 §2.1 `b64token`, up to 1024 characters (CIBA §7.1). Clients that poll have no use for one. */
function readToken(client: Client, parameters: Parameters): Result<string | undefined, AskFault> {
  if (client.settings.backchannel?.delivery !== 'ping') return ok(undefined);
  const token = parameters.get('client_notification_token');
  return token !== undefined && /^[A-Za-z0-9\-._~+/]{1,1022}={0,2}$/.test(token)
    ? ok(token)
    : fail(bad('invalid_request', 'client_notification_token', 'A client that is registered for ping sends a client_notification_token.'));
}
