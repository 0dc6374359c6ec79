// What a load generator is asked for, and what it answers.
/** What is asked: one of `bodies` with its header by chance, or the refresh tokens in turn, each answered by the next one (or by none: what is good once). */
export type Asking =
  | { kind: 'fixed'; requests: readonly { authorization: string; body: string }[] }
  | { kind: 'refresh'; authorization: string; body: string; tokens: string[] };

/** Latencies in milliseconds. `failed`: answers other than 2xx, and sockets that broke. */
export type Measured = { perSecond: number; p50: number; p99: number; failed: number; answered: number };

export type Load = { name: string; run(of: { url: string; asking: Asking; seconds: number; connections: number }): Promise<Measured> };

/** A whole request as text. Without `authorization` the credentials stand in the body. */
export function requestText(url: string, authorization: string, body: string): string {
  const { host, pathname } = new URL(url);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    ...(authorization === '' ? [] : [`Authorization: ${authorization}`]),
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
