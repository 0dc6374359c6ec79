import type { JsonObject } from './json.ts';
import { parseObject, textIn } from './json.ts';

/** Where a hub's endpoints are, by its own metadata (RFC 8414). */
export type HubMetadata = {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly authorizationEndpoint: string | undefined;
  readonly backchannelEndpoint: string | undefined;
  readonly deviceEndpoint: string | undefined;
  readonly revocationEndpoint: string | undefined;
};

/** The hub cannot be reached or is not one: nothing it said, so no outcome. Worth another try later. */
export class HubUnreachableError extends Error {
  override readonly name = 'HubUnreachableError';
}

const TIMEOUT = 10_000;
const MAX_CHARACTERS = 256 * 1024;

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: JsonObject };

/** One bounded request to the hub. @throws HubUnreachableError when nothing came back, or no JSON */
export async function askHub(fetcher: typeof fetch, url: string, init: RequestInit): Promise<Answer> {
  try {
    const signal = init.signal ? AbortSignal.any([init.signal, AbortSignal.timeout(TIMEOUT)]) : AbortSignal.timeout(TIMEOUT);
    const response = await fetcher(url, { ...init, redirect: 'error', signal });
    const text = await response.text();
    const body = text.length > MAX_CHARACTERS ? undefined : parseObject(text);
    if (body === undefined) throw new HubUnreachableError(`${url} answered ${response.status} without a JSON object`);
    return { status: response.status, headers: response.headers, body };
  } catch (error) {
    if (error instanceof HubUnreachableError || init.signal?.aborted === true) throw error;
    throw new HubUnreachableError(`${url} cannot be reached`, { cause: error });
  }
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Secrets travel encrypted, or on loopback. */
export function isSafeForSecrets(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
}

function endpoint(document: JsonObject, name: string, allowHttp: boolean): string | undefined {
  const url = textIn(document, name);
  return url !== undefined && (isSafeForSecrets(url) || (allowHttp && URL.canParse(url))) ? url : undefined;
}

/**
 * Reads the metadata. A document that names another issuer is refused (RFC 8414 §3.3): else one server could speak for another, and get
 * what was meant for it.
 */
export async function discover(fetcher: typeof fetch, issuer: string, allowHttp: boolean): Promise<HubMetadata> {
  const { origin, pathname } = new URL(issuer);
  const url = `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
  const { status, body } = await askHub(fetcher, url, { headers: { accept: 'application/json' } });
  if (status !== 200) throw new HubUnreachableError(`${url} answered ${status}`);
  if (textIn(body, 'issuer') !== issuer)
    throw new HubUnreachableError(`${url} speaks for "${textIn(body, 'issuer') ?? ''}", not for ${issuer}`);
  const tokenEndpoint = endpoint(body, 'token_endpoint', allowHttp);
  if (tokenEndpoint === undefined) throw new HubUnreachableError(`${url} names no token endpoint that is safe for secrets`);
  return {
    issuer,
    tokenEndpoint,
    authorizationEndpoint: endpoint(body, 'authorization_endpoint', allowHttp),
    backchannelEndpoint: endpoint(body, 'backchannel_authentication_endpoint', allowHttp),
    deviceEndpoint: endpoint(body, 'device_authorization_endpoint', allowHttp),
    revocationEndpoint: endpoint(body, 'revocation_endpoint', allowHttp),
  };
}

/** Reads the metadata once and keeps it; a failure is not kept. */
export function keepMetadata(fetcher: typeof fetch, issuer: string, allowHttp: boolean): () => Promise<HubMetadata> {
  let kept: Promise<HubMetadata> | undefined;
  return () => {
    kept ??= discover(fetcher, issuer, allowHttp).catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
}
