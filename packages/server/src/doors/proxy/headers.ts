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

/** To some servers `X_Api_Key` is `X-Api-Key`: a caller could send a key of its own beside ours. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** The headers that go to the service. `own`: names that the credential takes. */
export function toService(
  sent: readonly (readonly [name: string, value: string])[],
  own: readonly string[],
): Record<string, string | string[]> {
  const named = connectionNames(sent);
  const taken = new Set(own.map(plain));
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of sent) {
    const lower = plain(name);
    if (named.has(name.toLowerCase()) || taken.has(lower) || HOP_BY_HOP.has(lower) || NOT_PASSED_ON.has(lower)) continue;
    if (NOT_PASSED_PREFIXES.some((prefix) => lower.startsWith(prefix))) continue;
    const key = name.toLowerCase();
    const before = passed[key];
    passed[key] = before === undefined ? value : [...(typeof before === 'string' ? [before] : before), value];
  }
  return passed;
}

/** RFC 9110 §7.6.1: what `Connection` names belongs to the connection too. */
function connectionNames(sent: readonly (readonly [name: string, value: string])[]): ReadonlySet<string> {
  const values = sent.filter(([name]) => name.toLowerCase() === 'connection').map(([, value]) => value);
  return new Set(values.flatMap((value) => value.split(',').map((one) => one.trim().toLowerCase())));
}

/** The headers that go back, before anything is looked for in them. */
export function toCaller(answered: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | readonly string[]> {
  const named = connectionNames(
    Object.entries(answered).flatMap(([name, value]) => [value ?? []].flat().map((one) => [name, one] as const)),
  );
  const passed: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(answered)) {
    const lower = name.toLowerCase();
    if (value === undefined || named.has(lower) || HOP_BY_HOP.has(lower) || NOT_HANDED_BACK.has(lower)) continue;
    if (NOT_HANDED_PREFIXES.some((prefix) => lower.startsWith(prefix))) continue;
    passed[lower] = value;
  }
  return passed;
}
