import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Outbound, StreamResult } from '../../base/outbound/contract.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { placeOf, type Connection } from './connection.ts';
import type { Secret } from './credential.ts';

/** What somebody typed into the form of a key. */
export type Typed = Extract<Secret, { kind: 'api_key' | 'basic' | 'certificate' }>;

/** A header or address with the secret in it, as the service wants it; a certificate is shown while the connection is made. */
export function tryRequest(
  connection: Connection,
  secret: Typed,
): { url: string; method: string; headers: Record<string, string> } | undefined {
  const { test, baseUrl, query } = connection;
  if (test === undefined || baseUrl === undefined) return undefined;
  const url = new URL(baseUrl.replace(/\/$/, '') + test.path);
  if (secret.kind === 'certificate') return { url: url.href, method: test.method, headers: {} };
  if (secret.kind === 'basic') {
    const pair = Buffer.from(`${secret.username}:${secret.password}`).toString('base64');
    return { url: url.href, method: test.method, headers: { authorization: `Basic ${pair}` } };
  }
  if (query !== undefined) {
    url.searchParams.set(query, secret.value);
    return { url: url.href, method: test.method, headers: {} };
  }
  const { header, prefix } = placeOf(connection);
  return { url: url.href, method: test.method, headers: { [header]: `${prefix}${secret.value}` } };
}

const BOUNDS = { maxBytes: 256 * 1024, timeoutMs: 10_000 };

/** Whether the service takes it, asked by the call that the connection names; where it names none, only its form is judged. The words may be shown. */
export async function tryKey(
  outbound: Pick<Outbound, 'request' | 'stream'>,
  connection: Connection,
  secret: Typed,
  now: number,
): Promise<Result<'tried' | 'untried', string>> {
  const wrong = secret.kind === 'certificate' ? certificateFault(secret, now) : undefined;
  if (wrong !== undefined) return fail(wrong);
  const asked = tryRequest(connection, secret);
  if (asked === undefined) return ok('untried');
  const answer =
    secret.kind === 'certificate' ? await withCertificate(outbound, asked, secret) : await outbound.request({ ...asked, ...BOUNDS });
  // A server that takes no such certificate breaks off while the connection is made, or after it.
  if (!answer.ok && secret.kind === 'certificate' && REFUSED_TLS.has(answer.reason))
    return fail(`No connection to the service came about with this certificate (${answer.reason}). Nothing was stored.`);
  // A body that is too large came with a status that we do not see; who sends so much has let us in.
  if (!answer.ok && answer.reason !== 'too_large')
    return fail(`The service could not be asked whether it takes this (${answer.reason}). Nothing was stored; try again later.`);
  if (!answer.ok) return ok('tried');
  if (answer.status === 401 || answer.status === 403)
    return fail(`The service does not take this (it answered ${answer.status}). Nothing was stored.`);
  if (answer.status === 429 || answer.status >= 500)
    return fail(`The service answered ${answer.status} when it was asked. Nothing was stored; try again later.`);
  return ok('tried');
}

const REFUSED_TLS: ReadonlySet<string> = new Set(['tls', 'protocol', 'connect']);

/** Only the status is looked at. */
async function withCertificate(
  outbound: Pick<Outbound, 'stream'>,
  asked: NonNullable<ReturnType<typeof tryRequest>>,
  { certificate: cert, privateKey: key }: Extract<Typed, { kind: 'certificate' }>,
): Promise<StreamResult> {
  const signal = AbortSignal.timeout(BOUNDS.timeoutMs);
  const answer = await outbound.stream({
    ...asked,
    signal,
    headersTimeoutMs: BOUNDS.timeoutMs,
    idleTimeoutMs: BOUNDS.timeoutMs,
    tls: { cert, key },
  });
  if (answer.ok) answer.body.destroy();
  return answer;
}

function certificateFault({ certificate, privateKey }: Extract<Typed, { kind: 'certificate' }>, now: number): string | undefined {
  try {
    const read = new X509Certificate(certificate);
    const key = createPrivateKey(privateKey);
    if (!read.checkPrivateKey(key)) return 'This private key does not belong to this certificate.';
    return Date.parse(read.validTo) <= now ? 'This certificate is no longer valid.' : undefined;
  } catch {
    return 'A certificate and its private key are needed, both as PEM text, the key without a passphrase.';
  }
}
