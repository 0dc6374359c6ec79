import { createHash } from 'node:crypto';
import { signAws } from './sign.ts';

type Bucket = { url?: string | undefined; region?: string | undefined; accessKeyId?: string | undefined };

export type PutObject = { key: string; contentType: string; body: string; headers?: Readonly<Record<string, string>>; now: number };

/** The request that writes one object, with the checksum that buckets with object lock demand. `now` in milliseconds. */
export function putObject({ url: base = '', region = 'us-east-1', accessKeyId = '' }: Bucket, secret: string, of: PutObject) {
  const { key, contentType, body, now } = of;
  const url = `${base.replace(/\/$/, '')}/${key}`;
  const sum = createHash('sha256').update(body).digest();
  const { host: _host, ...headers } = signAws(
    {
      method: 'PUT',
      url,
      headers: {
        'content-type': contentType,
        'x-amz-content-sha256': sum.toString('hex'),
        'x-amz-checksum-sha256': sum.toString('base64'),
        ...of.headers,
      },
      body,
    },
    { keys: { accessKeyId, secretAccessKey: secret }, region, service: 's3', now },
  );
  return { method: 'PUT' as const, url, headers, body };
}
