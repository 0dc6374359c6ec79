import { request } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';

/** What came back, whole. `location`: undefined unless the answer redirects. */
export type Answer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  location: string | undefined;
  cookies: string[];
};

export type Asked = { method?: string; headers?: OutgoingHttpHeaders; body?: string | Buffer };

const LIMIT_MS = 60_000;

/**
 * One request exactly as written: the path is not normalised, headers may be doubled or wrong, no redirect is followed. An answer that does
 * not come within a minute is a hang, and throws.
 */
export function ask(origin: string, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = request({
      host: hostname === 'localhost' ? '127.0.0.1' : hostname,
      port,
      path,
      method,
      headers: { host: `${hostname}:${port}`, ...headers },
    });
    sent.setTimeout(LIMIT_MS, () => sent.destroy(new Error(`no answer to ${method} ${path.slice(0, 100)}`)));
    sent.once('error', reject);
    sent.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => void parts.push(part));
      response.once('error', reject);
      response.once('end', () => {
        const cookies = response.headers['set-cookie'] ?? [];
        const text = Buffer.concat(parts).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, location: response.headers.location, cookies });
      });
    });
    sent.end(body);
  });
}

/** Parameters as pairs, so that one may stand twice; null leaves one out. */
export type Params = Record<string, string | readonly string[] | null>;

export function encode(params: Params): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of value === null ? [] : typeof value === 'string' ? [value] : value) pairs.append(name, one);
  }
  return pairs.toString();
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export function basic(id: string, secret: string): { authorization: string } {
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

export function header(answer: Answer, name: string): string {
  const value = answer.headers[name];
  return Array.isArray(value) ? value.join(', ') : (value ?? '');
}

export function jsonOf(answer: Answer): Record<string, unknown> {
  const value: unknown = JSON.parse(answer.text);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

export function textIn(value: Record<string, unknown>, name: string): string {
  const found = value[name];
  if (typeof found !== 'string') throw new Error(`no ${name} in ${JSON.stringify(value).slice(0, 300)}`);
  return found;
}
