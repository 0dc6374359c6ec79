import { createHash, createHmac } from 'node:crypto';

export type AwsKeys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined };

export type SignedRequest = { method: string; url: string; headers: Readonly<Record<string, string>>; body: string };

/**
 * AWS Signature Version 4: the headers to send with a request, those given among them. Signs all of them. `now` in milliseconds since the epoch.
 * Sixty lines instead of the vendor's SDK (docs/decisions/0009-vault-keys.md).
 */
export function signAws(
  request: SignedRequest,
  by: { keys: AwsKeys; region: string; service: string; now: number },
): Record<string, string> {
  const { keys, region, service } = by;
  const url = new URL(request.url);
  const at = new Date(by.now).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const scope = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers: Record<string, string> = {
    ...request.headers,
    host: url.host,
    'x-amz-date': at,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    request.method,
    url.pathname,
    canonicalQuery(url),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const secret: Buffer = Buffer.from(`AWS4${keys.secretAccessKey}`);
  const key = [at.slice(0, 8), region, service, 'aws4_request'].reduce((under, part) => hmac(under, part), secret);
  const signature = hmac(key, text).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

function canonicalQuery(url: URL): string {
  const pairs = [...url.searchParams].map(([name, value]) => `${escape(name)}=${escape(value)}`);
  return pairs.sort().join('&');
}

/** RFC 3986 §2.3: everything but the unreserved characters. */
function escape(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
