import { isDeadWord, type Quirks } from './quirks.ts';

/** Tokens as a provider gave them, checked and bounded. `expiresAt` in milliseconds; undefined: the provider did not say. */
export type ProviderTokens = {
  accessToken: string;
  refreshToken?: string;
  expiresAt?: number;
  /** What the provider says it granted; undefined: it said nothing, which means what was asked (RFC 6749 §5.1). */
  said?: readonly string[];
};

/** An answer of a token endpoint, as it came over the wire. */
export type RawAnswer = { status: number; retryAfter?: string | undefined; body: string };

/**
 * `dead`: the grant is over. `refused`: the provider does not take this request, and will not take it next time (a wrong client secret, an
 * unknown scope). `unavailable`: it may do better later. `words`: what it said, made safe to show and keep.
 */
export type TokenAnswer =
  | { kind: 'tokens'; tokens: ProviderTokens }
  | { kind: 'dead'; error: string; words: string }
  | { kind: 'refused'; error: string; words: string }
  | { kind: 'unavailable'; reason: string; words: string; retryAt?: number };

const MAX_TOKEN = 16_384;
const LONGEST_S = 10 * 365 * 86_400;
const MAX_SCOPES = 500;
/** Errors that pass (RFC 6749 §4.1.2.1 names two of them for another endpoint; providers use them here). */
const PASSING = new Set(['temporarily_unavailable', 'server_error', 'slow_down', 'rate_limited', 'ratelimited', 'internal_error']);

/** Reads a token endpoint's answer and trusts nothing of it: not its status, not its media type, not its types. `now` in milliseconds. */
export function readTokenAnswer(raw: RawAnswer, quirks: Quirks, now: number): TokenAnswer {
  const members = membersOf(raw.body);
  const error = text(members?.['error'], 200);
  const words = safeWords([error, text(members?.['error_description'], 1_000)]);
  if (raw.status === 429) return unavailable('429', words, retryAt(raw.retryAfter, now));
  if (raw.status >= 500) return unavailable(String(raw.status), words, retryAt(raw.retryAfter, now));
  if (members === undefined) return unavailable('not_json', `It answered ${raw.status} with something that is no JSON object.`);
  // Some say an error with status 200.
  if (error !== undefined || members['ok'] === false) return errorOf(error ?? 'not_ok', words, quirks);
  if (raw.status < 200 || raw.status > 299) return unavailable(String(raw.status), words);
  return tokensOf(members, quirks, now);
}

function errorOf(error: string, words: string, quirks: Quirks): TokenAnswer {
  const word = safeWords([error]).slice(0, 60);
  if (isDeadWord(error, quirks)) return { kind: 'dead', error: word, words };
  return PASSING.has(error) ? unavailable(word, words) : { kind: 'refused', error: word, words };
}

function tokensOf(top: Readonly<Record<string, unknown>>, quirks: Quirks, now: number): TokenAnswer {
  const inner = quirks.answerIn === undefined ? top : (record(top[quirks.answerIn]) ?? top);
  const accessToken = visible(inner['access_token']);
  if (accessToken === undefined) return unavailable('no_token', 'It answered without an access token.');
  const type = inner['token_type'];
  // RFC 6749 §7.1: a client must not use a token whose type it does not understand. Absent means bearer: half of the providers forget it.
  if (type !== undefined && !isBearer(type, quirks))
    return unavailable('token_type', 'It answered with a token of a type that is not Bearer.');
  const refreshToken = visible(inner['refresh_token']);
  const lifetime = seconds(inner['expires_in']) ?? quirks.lifetime;
  const said = scopesSaid(inner['scope'], quirks);
  return {
    kind: 'tokens',
    tokens: {
      accessToken,
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(lifetime === undefined ? {} : { expiresAt: now + lifetime * 1_000 }),
      ...(said === undefined ? {} : { said }),
    },
  };
}

/**
 * What counts as granted: of the scopes that were asked, those that the provider says it gave. What it claims beyond is not counted, because
 * nobody was asked about it here.
 */
export function grantedOf(asked: readonly string[], said: readonly string[] | undefined, quirks: Quirks): string[] {
  if (said === undefined) return [...asked];
  return asked.filter((scope) => said.includes(scope) || said.includes(quirks.scopeAliases?.[scope] ?? scope));
}

/** Whoever may stay has been given leave to stay (OIDC Core §11), also where the answer names only the scopes of the resource. */
export function saidOf({ said }: Pick<ProviderTokens, 'said'>, stays: boolean): readonly string[] | undefined {
  return said === undefined || !stays ? said : [...said, 'offline_access'];
}

function scopesSaid(value: unknown, quirks: Quirks): string[] | undefined {
  // An empty text from a provider that was asked for scopes says nothing more than a missing one would.
  const list = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split((quirks.answerSeparator ?? quirks.scopeSeparator) === ',' ? /[ ,]+/ : / +/)
      : undefined;
  return list?.flatMap((one) => (typeof one === 'string' && /^[\x21-\x7e]{1,256}$/.test(one) ? [one] : [])).slice(0, MAX_SCOPES);
}

function isBearer(type: unknown, quirks: Quirks): boolean {
  return typeof type === 'string' && (type.toLowerCase() === 'bearer' || quirks.bearerWords?.includes(type) === true);
}

/** Zero and less are said by providers whose tokens do not end; taken at their word, every use would be a refresh. */
function seconds(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) && number > 0 ? Math.min(number, LONGEST_S) : undefined;
}

/** RFC 6749 A.12: visible ASCII. Anything else would break out of the header that it is sent in. */
function visible(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_TOKEN && /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}

function retryAt(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^\d{1,7}$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(wait) && wait > 0 ? now + Math.min(wait, 86_400_000) : undefined;
}

function unavailable(reason: string, words: string, retryAt?: number): TokenAnswer {
  return { kind: 'unavailable', reason, words, ...(retryAt === undefined ? {} : { retryAt }) };
}

/** JSON, or for the few that answer so whatever is asked, a form. */
function membersOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(JSON.parse(body));
  } catch {
    return /^(access_token|error)=[^<\s]*$/.test(body) ? Object.fromEntries(new URLSearchParams(body)) : undefined;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function text(value: unknown, max: number): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, max) : undefined;
}

const LONGEST_WORDS = 200;

/**
 * What a provider said, fit for a page, an event and an error: one line of printable ASCII, bounded, and nothing in it that could be a token,
 * because some repeat what they were sent.
 */
export function safeWords(parts: readonly (string | undefined)[]): string {
  const line = parts.filter((part) => part !== undefined).join(': ');
  return line
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .replaceAll(/[^\s"'<>:;,()=]{24,}/g, '…')
    .replaceAll(/[<>"\\]/g, '')
    .slice(0, LONGEST_WORDS)
    .trim();
}
