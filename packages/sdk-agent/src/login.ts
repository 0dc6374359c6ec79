import { digest } from './dpop.ts';
import type { HubMetadata } from './hub.ts';
import { HubUnreachableError } from './hub.ts';
import type { Form, Refused } from './outcome.ts';

export type LoginWish = {
  readonly redirectUri: string;
  readonly resource: string;
  readonly scope?: readonly string[] | undefined;
  readonly tenant?: string | undefined;
  /** From a `stepUpRequired`: how the user must log in this time. */
  readonly acrValues?: readonly string[] | undefined;
  readonly maxAge?: number | undefined;
  readonly loginHint?: string | undefined;
  readonly prompt?: string | undefined;
};

/** A login under way. Plain data: keep it in the session of the person who was sent to `url`, and nowhere they could swap it. */
export type Login = {
  readonly url: string;
  readonly state: string;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly resource: string;
};

function random(): string {
  return btoa(String.fromCodePoint(...crypto.getRandomValues(new Uint8Array(32))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** Authorization code with PKCE S256 (RFC 7636) for one resource (RFC 8707). */
export async function beginLogin(hub: HubMetadata, clientId: string, wish: LoginWish, dpopJkt: string | undefined): Promise<Login> {
  if (hub.authorizationEndpoint === undefined) throw new HubUnreachableError(`${hub.issuer} has no authorization endpoint`);
  const { redirectUri, resource } = wish;
  const [state, verifier] = [random(), random()];
  const url = new URL(hub.authorizationEndpoint);
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: await digest(verifier),
    code_challenge_method: 'S256',
    resource,
    scope: wish.scope?.join(' '),
    tenant: wish.tenant,
    acr_values: wish.acrValues?.join(' '),
    max_age: wish.maxAge === undefined ? undefined : String(wish.maxAge),
    login_hint: wish.loginHint,
    prompt: wish.prompt,
    dpop_jkt: dpopJkt,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined && value !== '') url.searchParams.set(name, value);
  return { url: url.href, state, verifier, redirectUri, resource };
}

function refusedHere(error: string, description: string | undefined): { readonly refused: Refused } {
  const nothing = { requestId: undefined, decisionId: undefined, retryAfter: undefined, response: {} };
  return { refused: { kind: 'refused', error, description, status: 0, ...nothing } };
}

/** The token request of a login that came back to `callback`, or why it did not succeed. */
export function redeemable(login: Login, callback: string, issuer: string): { readonly form: Form } | { readonly refused: Refused } {
  const { searchParams: query } = new URL(callback);
  if (query.get('state') !== login.state) return refusedHere('invalid_request', 'the answer does not belong to this login');
  // RFC 9207 §2.4: an answer in the name of another server is a mix-up.
  if (query.get('iss') !== issuer) return refusedHere('invalid_request', `the answer came from "${query.get('iss') ?? ''}"`);
  const error = query.get('error');
  if (error !== null) return refusedHere(error, query.get('error_description') ?? undefined);
  const code = query.get('code');
  if (code === null) return refusedHere('invalid_request', 'the answer has neither a code nor an error');
  const { redirectUri, verifier, resource } = login;
  return { form: { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier, resource } };
}
