import { numberIn, textIn } from './json.ts';
import type { Form, Outcome } from './outcome.ts';
import { readOutcome } from './outcome.ts';
import type { TokenDoor } from './token-door.ts';

export type PersonWish = {
  readonly resource: string;
  readonly scope: readonly string[];
  /** Who is asked: an e-mail address or a user id (CIBA Core §7.1). */
  readonly loginHint: string;
  /** Shown to the person, so that they know what they agree to. Short. */
  readonly bindingMessage?: string | undefined;
  /** What exactly is to be allowed (RFC 9396); it comes back in the token. */
  readonly authorizationDetails?: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly acrValues?: readonly string[] | undefined;
  readonly tenant?: string | undefined;
};

export type DeviceWish = { readonly resource: string; readonly scope?: readonly string[] | undefined };

const CIBA = 'urn:openid:params:grant-type:ciba';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const INTERVAL = 5;

/** CIBA Core §7: the hub asks the person by its own means, and the agent waits. */
export async function askPerson(door: TokenDoor, wish: PersonWish): Promise<Outcome> {
  const form: Form = {
    resource: wish.resource,
    scope: wish.scope.join(' '),
    login_hint: wish.loginHint,
    binding_message: wish.bindingMessage,
    authorization_details: wish.authorizationDetails && JSON.stringify(wish.authorizationDetails),
    acr_values: wish.acrValues?.join(' '),
    tenant: wish.tenant,
  };
  const { status, body } = await door.post('backchannelEndpoint', form);
  const id = textIn(body, 'auth_req_id');
  if (status !== 200 || id === undefined) return readOutcome(status, body, form, 0);
  const request = { grant_type: CIBA, auth_req_id: id };
  return { kind: 'approvalRequired', approval: { id, interval: numberIn(body, 'interval') ?? INTERVAL, request } };
}

/** RFC 8628 §3.1. */
export async function askDevice(door: TokenDoor, { resource, scope }: DeviceWish): Promise<Outcome> {
  const form: Form = { resource, scope: scope?.join(' ') };
  const { status, body } = await door.post('deviceEndpoint', form);
  const [id, userCode, verificationUri] = [textIn(body, 'device_code'), textIn(body, 'user_code'), textIn(body, 'verification_uri')];
  if (status !== 200 || id === undefined || userCode === undefined || verificationUri === undefined)
    return readOutcome(status, body, form, 0);
  const request = { grant_type: DEVICE, device_code: id };
  return {
    kind: 'approvalRequired',
    approval: { id, interval: numberIn(body, 'interval') ?? INTERVAL, request },
    show: { userCode, verificationUri, verificationUriComplete: textIn(body, 'verification_uri_complete') },
  };
}
