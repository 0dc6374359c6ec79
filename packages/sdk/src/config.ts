import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

/** Signature algorithms a resource may accept. Symmetric ones are not among them: a resource never holds a signing secret. */
export type Algorithm = 'ES256' | 'EdDSA' | 'RS256';

/** How this resource server proves who it is to the hub when it listens for signals. */
export type Credentials = { readonly clientId: string; readonly clientSecret: string } | { readonly adminToken: string };

/** Tokens that are bound to a key (RFC 9449) are always taken with their proof; this says what else is asked. */
export type DpopOptions = {
  /** Only bound tokens are taken. Published as `dpop_bound_access_tokens_required`. Off by default. */
  readonly required?: boolean;
  /** At least 32 characters, the same in every process of this resource: proofs must then hold a nonce made with it. Off by default. */
  readonly nonceSecret?: string;
  /** How many used proofs to remember. Default 100,000. */
  readonly maxProofs?: number;
};

export type ResourceOptions = {
  /** The hub's issuer, byte for byte as in its metadata and in `iss`. */
  readonly issuer: string;
  /** The resource identifier (RFC 8707). Tokens must carry exactly this string as `aud`. */
  readonly resource: string;
  /** Other addresses of the same server. Each gets its own metadata document; tokens still carry `resource` as `aud`. */
  readonly aliases?: readonly string[];
  /** Published as `scopes_supported`, and asked for in the 401 challenge unless `initialScopes` says less. */
  readonly scopes?: readonly string[];
  /** What the 401 challenge asks for. Fewer scopes here means consent grows step by step through 403 challenges. */
  readonly initialScopes?: readonly string[];
  readonly name?: string;
  readonly documentation?: string;
  /** With credentials the resource listens for revocations; without, a token lives until it expires. */
  readonly credentials?: Credentials;
  /** What this process calls itself to the hub, which shows when each acted on a signal: a host or pod. At random unless said. */
  readonly instance?: string;
  readonly algorithms?: readonly Algorithm[];
  /** Seconds of clock difference to forgive. At most 60; 30 by default. */
  readonly leeway?: number;
  /** Seconds. A token that lives longer is refused, so that a remembered revocation never expires before its tokens. Default a day. */
  readonly maxTokenLifetime?: number;
  /** Milliseconds without a caught-up signal stream after which every token is refused with 503. Off by default. */
  readonly failClosedAfter?: number;
  /** How many revocations to remember. Default 100,000. */
  readonly maxRevocations?: number;
  /** Allow an http issuer or resource that is not on a loopback address (a private network). Off by default. */
  readonly allowHttp?: boolean;
  readonly dpop?: DpopOptions;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
};

export type Settings = {
  readonly issuer: string;
  readonly resource: string;
  readonly aliases: readonly string[];
  readonly scopes: readonly string[];
  readonly initialScopes: readonly string[];
  readonly name: string | undefined;
  readonly documentation: string | undefined;
  readonly credentials: Credentials | undefined;
  readonly instance: string;
  readonly algorithms: readonly Algorithm[];
  readonly leeway: number;
  readonly maxTokenLifetime: number;
  readonly failClosedAfter: number | undefined;
  readonly maxRevocations: number;
  readonly dpop: { readonly required: boolean; readonly nonceSecret: string | undefined; readonly maxProofs: number };
  readonly fetch: typeof fetch;
  readonly clock: Clock;
};

/** The program that calls createResource is wrong: which option, and why. */
export class ResourceConfigError extends Error {
  override readonly name = 'ResourceConfigError';
  readonly option: string;

  constructor(option: string, reason: string) {
    super(`${option}: ${reason}`);
    this.option = option;
  }
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
// RFC 6749 §3.3: the characters of one scope token. A quote or a backslash would also break out of the challenge header.
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

function checkUrl(option: string, value: string, allowHttp: boolean): void {
  if (!URL.canParse(value)) throw new ResourceConfigError(option, 'is not an absolute URL');
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new ResourceConfigError(option, 'must be http or https');
  if (url.protocol === 'http:' && !allowHttp && !LOOPBACK.has(url.hostname)) {
    throw new ResourceConfigError(option, 'must be https outside loopback (or set allowHttp)');
  }
  if (value.includes('#') || url.username !== '' || url.password !== '') {
    throw new ResourceConfigError(option, 'must have neither fragment nor user name');
  }
}

function checkNumber(option: string, value: number, low: number, high: number): number {
  if (!Number.isFinite(value) || value < low || value > high) throw new ResourceConfigError(option, `must be ${low} to ${high}`);
  return value;
}

function checkScopes(option: string, scopes: readonly string[]): readonly string[] {
  for (const scope of scopes)
    if (!SCOPE.test(scope)) throw new ResourceConfigError(option, `'${scope}' is not a scope token (RFC 6749 §3.3)`);
  return [...scopes];
}

function settleDpop({ required = false, nonceSecret, maxProofs = 100_000 }: DpopOptions): Settings['dpop'] {
  if (nonceSecret !== undefined && nonceSecret.length < 32)
    throw new ResourceConfigError('dpop.nonceSecret', 'must have at least 32 characters');
  return { required, nonceSecret, maxProofs: checkNumber('dpop.maxProofs', maxProofs, 1, 10_000_000) };
}

function checkInstance(instance: string): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(instance))
    throw new ResourceConfigError('instance', 'must be 1 to 64 letters, digits, dots, dashes or underscores');
  return instance;
}

/** Checks every option and fills in defaults. @throws ResourceConfigError */
export function settle(options: ResourceOptions): Settings {
  const allowHttp = options.allowHttp ?? false;
  const aliases = options.aliases ?? [];
  checkUrl('issuer', options.issuer, allowHttp);
  // RFC 8414 §2: an issuer has no query. With one, the metadata address could not be built.
  if (options.issuer.includes('?')) throw new ResourceConfigError('issuer', 'must have no query');
  checkUrl('resource', options.resource, allowHttp);
  for (const alias of aliases) checkUrl('aliases', alias, allowHttp);
  const algorithms = options.algorithms ?? ['ES256', 'EdDSA', 'RS256'];
  if (algorithms.length === 0) throw new ResourceConfigError('algorithms', 'must name at least one');
  const scopes = checkScopes('scopes', options.scopes ?? []);
  return Object.freeze({
    issuer: options.issuer,
    resource: options.resource,
    aliases: [...aliases],
    scopes,
    initialScopes: checkScopes('initialScopes', options.initialScopes ?? scopes),
    name: options.name,
    documentation: options.documentation,
    credentials: options.credentials,
    instance: checkInstance(options.instance ?? crypto.randomUUID().slice(0, 8)),
    algorithms: [...algorithms],
    leeway: checkNumber('leeway', options.leeway ?? 30, 0, 60),
    maxTokenLifetime: checkNumber('maxTokenLifetime', options.maxTokenLifetime ?? 86_400, 1, 31 * 86_400),
    failClosedAfter:
      options.failClosedAfter === undefined ? undefined : checkNumber('failClosedAfter', options.failClosedAfter, 0, 86_400_000),
    maxRevocations: checkNumber('maxRevocations', options.maxRevocations ?? 100_000, 1, 10_000_000),
    dpop: settleDpop(options.dpop ?? {}),
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    clock: options.clock ?? systemClock,
  });
}
