/** RFC 9110 §7.6.1, and what proxies add to it. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * What the service must not get from the caller: the caller's own proofs, who the caller is, another place or method than the one that was allowed
 * (frameworks that read these undo the allow lists), and what is ours to say.
 */
const NOT_PASSED_ON = new Set([
  'host',
  'authorization',
  'cookie',
  'cookie2',
  'dpop',
  'content-length',
  'expect',
  'accept-encoding',
  'forwarded',
  'via',
  'x-real-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-client-ip',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-host',
  'origin',
  'referer',
]);
const NOT_PASSED_PREFIXES = ['proxy-', 'x-forwarded-', 'x-writ-', 'writ-', 'sec-'];

/**
 * What the caller must not get from the service: it would be taken for ours, by a browser (cookies, policies of our origin) or by an agent (a
 * challenge, with whatever address it names).
 */
const NOT_HANDED_BACK = new Set([
  'set-cookie',
  'set-cookie2',
  'www-authenticate',
  'authentication-info',
  'strict-transport-security',
  'alt-svc',
  'clear-site-data',
  'public-key-pins',
  'nel',
  'report-to',
  'reporting-endpoints',
  'content-security-policy',
  'content-security-policy-report-only',
  'x-frame-options',
  'service-worker-allowed',
  'refresh',
  'cache-control',
  'pragma',
  'via',
  'x-request-id',
  'x-content-type-options',
]);
const NOT_HANDED_PREFIXES = ['access-control-', 'proxy-', 'x-writ-'];

/** What is to be known of a header's name. `lower`: as keys are written; `plain`: as it is judged. */
type Name = { lower: string; plain: string; toService: boolean; toCaller: boolean };

/** Names come again and again. Bounded, for callers and services make them up. */
const MOST_NAMES = 1_000;
const names = new Map<string, Name>();

function nameOf(name: string): Name {
  const known = names.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  // To some servers `X_Api_Key` is `X-Api-Key`: a caller could send a key of its own beside ours.
  const plain = lower.replaceAll('_', '-');
  const made = {
    lower,
    plain,
    toService: !HOP_BY_HOP.has(plain) && !NOT_PASSED_ON.has(plain) && !NOT_PASSED_PREFIXES.some((prefix) => plain.startsWith(prefix)),
    toCaller: !HOP_BY_HOP.has(lower) && !NOT_HANDED_BACK.has(lower) && !NOT_HANDED_PREFIXES.some((prefix) => lower.startsWith(prefix)),
  };
  if (names.size >= MOST_NAMES) names.clear();
  names.set(name, made);
  return made;
}

const NONE: ReadonlySet<string> = new Set();

/** RFC 9110 §7.6.1: what `Connection` names belongs to the connection too. */
function namedIn(connection: string, before: ReadonlySet<string> = NONE): ReadonlySet<string> {
  return new Set([...before, ...connection.split(',').map((one) => one.trim().toLowerCase())]);
}

/** The headers that go to the service. `own`: names that the credential takes. */
export function toService(
  sent: readonly (readonly [name: string, value: string])[],
  own: readonly string[],
): Record<string, string | string[]> {
  let named = NONE;
  for (const [name, value] of sent) if (nameOf(name).lower === 'connection') named = namedIn(value, named);
  const taken = new Set(own.map((name) => nameOf(name).plain));
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of sent) {
    const { lower, plain, toService: passes } = nameOf(name);
    if (!passes || named.has(lower) || taken.has(plain)) continue;
    const before = passed[lower];
    passed[lower] = before === undefined ? value : [...(typeof before === 'string' ? [before] : before), value];
  }
  return passed;
}

/** The headers that go back, before anything is looked for in them. */
export function toCaller(answered: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | readonly string[]> {
  const { connection } = answered;
  const named = connection === undefined ? NONE : namedIn([connection].flat().join(','));
  const passed: Record<string, string | readonly string[]> = {};
  for (const name in answered) {
    const value = answered[name];
    const { lower, toCaller: passes } = nameOf(name);
    if (value !== undefined && passes && !named.has(lower)) passed[lower] = value;
  }
  return passed;
}
