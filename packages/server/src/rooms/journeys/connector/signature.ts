import type { Wire } from './request.ts';

/** The algorithms of RFC 9421 §3.3 that the kinds of keys lead to; whoever holds the key chooses by what it is. */
export type SignatureAlgorithm = 'hmac-sha256' | 'ed25519' | 'ecdsa-p256-sha256' | 'rsa-pss-sha512';

/** `created` in seconds. */
export type SignatureParams = { created: number; keyId: string; algorithm: SignatureAlgorithm };

/** What is covered, where it is there: the request itself, its body by digest, and the key that makes it one deed. */
const HEADERS = ['content-type', 'content-digest', 'idempotency-key'] as const;

/**
 * The text that is signed (RFC 9421 §2.5), and the member of Signature-Input that tells how it is made. The target URI is covered whole: a
 * signature for one address is worth nothing at another.
 */
export function signatureBase({ method, url, headers }: Wire, params: SignatureParams): { base: string; input: string } {
  const covered = HEADERS.filter((name) => headers[name] !== undefined);
  const names = ['@method', '@target-uri', ...covered].map(quoted).join(' ');
  const input = `(${names});created=${params.created};keyid=${quoted(params.keyId)};alg=${quoted(params.algorithm)}`;
  const lines = [
    `"@method": ${method}`,
    `"@target-uri": ${url}`,
    ...covered.map((name) => `"${name}": ${(headers[name] ?? '').trim()}`),
    `"@signature-params": ${input}`,
  ];
  return { base: lines.join('\n'), input };
}

/** A string of RFC 8941 §3.3.3. Ids of keys are names that an author chose: they have neither quotes nor backslashes. */
function quoted(text: string): string {
  return `"${text}"`;
}

/** What `hmac` signs, in the form that webhooks use: the time of sending and the body. Whoever checks it refuses what is older than a few minutes. */
export function hmacText(seconds: number, body: string | undefined): string {
  return `${seconds}.${body ?? ''}`;
}
