import { WELL_KNOWN } from '@writ/protocol';
import { unreachable } from '../hub/api.ts';
import { isSafeForSecrets } from '../hub/target.ts';
import { parseJson, textAt } from '../json.ts';
import { Refused } from '../refused.ts';

/** Where a hub's endpoints are, by its own metadata (RFC 8414). */
export type HubMetadata = {
  issuer: string;
  tokenEndpoint: string;
  authorizationEndpoint: string;
  jwksUri: string;
  registrationEndpoint: string | undefined;
  introspectionEndpoint: string | undefined;
  deviceEndpoint: string | undefined;
  revocationEndpoint: string | undefined;
};

const PATIENCE_MS = 10_000;

/** Reads the metadata and refuses what names another issuer (RFC 8414 §3.3: else one server could speak for another). */
export async function discover(url: string): Promise<HubMetadata> {
  const document = await getJson(`${url}${WELL_KNOWN.authorizationServer}`, url);
  const issuer = textAt(document, 'issuer');
  if (issuer !== url)
    throw new Refused(`The hub at ${url} calls itself "${issuer ?? 'nothing'}". Use that address (WRIT_ISSUER names it).`);
  return {
    issuer,
    tokenEndpoint: endpointIn(document, 'token_endpoint'),
    authorizationEndpoint: endpointIn(document, 'authorization_endpoint'),
    jwksUri: endpointIn(document, 'jwks_uri'),
    registrationEndpoint: textAt(document, 'registration_endpoint'),
    introspectionEndpoint: textAt(document, 'introspection_endpoint'),
    deviceEndpoint: textAt(document, 'device_authorization_endpoint'),
    revocationEndpoint: textAt(document, 'revocation_endpoint'),
  };
}

function endpointIn(document: unknown, name: string): string {
  const endpoint = textAt(document, name);
  if (endpoint === undefined || !URL.canParse(endpoint)) throw new Refused(`The hub's metadata has no ${name}.`);
  return endpoint;
}

export async function getJson(address: string, hub: string): Promise<unknown> {
  const answer = await reach(hub, address, { headers: { accept: 'application/json' } });
  if (answer.status !== 200) throw new Refused(`${address} answers ${answer.status}. Is ${hub} a Writ hub?`);
  return parseJson(await answer.text());
}

export async function reach(hub: string, address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...init, redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    throw new Refused(unreachable(hub, error));
  }
}

export type Form = Readonly<Record<string, string | undefined>>;
export type Sender = { basic?: { id: string; secret: string } | undefined; bearer?: string | undefined };

/** Posts a form and answers the JSON; an OAuth error becomes one sentence with its word first. */
export async function postForm(endpoint: string, form: Form, by: Sender = {}): Promise<unknown> {
  const { status, value } = await sendForm(endpoint, form, by);
  if (status >= 200 && status < 300) return value;
  throw new Refused(oauthSentence(status, value));
}

/** Posts a form and answers whatever came back; `request` is the id by which the audit trail knows it. */
export async function sendForm(
  endpoint: string,
  form: Form,
  by: Sender = {},
): Promise<{ status: number; value: unknown; request: string | undefined }> {
  const url = new URL(endpoint);
  if (!isSafeForSecrets(url)) throw new Refused(`${endpoint} is not encrypted; no secret is sent there.`);
  const body = new URLSearchParams(
    Object.entries(form).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])),
  );
  const answer = await reach(url.origin, endpoint, { method: 'POST', headers: headersOf(by), body });
  return { status: answer.status, value: parseJson(await answer.text()), request: answer.headers.get('x-request-id') ?? undefined };
}

function headersOf({ basic, bearer }: Sender): Record<string, string> {
  // RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
  const pair = basic === undefined ? undefined : `${encodeURIComponent(basic.id)}:${encodeURIComponent(basic.secret)}`;
  const authorization = pair === undefined ? bearer && `Bearer ${bearer}` : `Basic ${Buffer.from(pair).toString('base64')}`;
  return { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) };
}

/** `invalid_scope: nothing of what was asked is allowed (decision dec_…, request req_…)` */
export function oauthSentence(status: number, value: unknown): string {
  const word = textAt(value, 'error') ?? `the hub answered ${status}`;
  const description = textAt(value, 'error_description');
  const ids = [
    ['decision', textAt(value, 'decision_id')],
    ['request', textAt(value, 'request_id')],
  ].flatMap(([name, id]) => (id === undefined ? [] : [`${name} ${id}`]));
  return `${word}${description === undefined ? '' : `: ${description}`}${ids.length === 0 ? '' : ` (${ids.join(', ')})`}`;
}
