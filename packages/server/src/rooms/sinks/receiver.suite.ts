import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Received = { path: string; method: string; headers: IncomingHttpHeaders; body: string; at: number };
export type Answering = { status: number; body?: string; headers?: Record<string, string>; delayMs?: number; drip?: true; cut?: true };

/** A receiver on a real socket that answers as the test wants, and keeps what it was sent. */
export type Receiver = {
  url: string;
  port: number;
  received: Received[];
  /** What to answer from now on: given the request and how many came before it. */
  answer(how: (request: Received, count: number) => Answering | Promise<Answering>): void;
  close(): Promise<void>;
};

export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  let how: (request: Received, count: number) => Answering | Promise<Answering> = () => ({ status: 204 });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void (async () => {
        const body = Buffer.concat(chunks).toString('utf8');
        const one = { path: request.url ?? '', method: request.method ?? '', headers: request.headers, body, at: received.length };
        const answering = await how(one, received.length);
        received.push(one);
        if (answering.delayMs !== undefined) await sleep(answering.delayMs);
        if (answering.cut === true) return void request.socket.destroy();
        response.writeHead(answering.status, answering.headers);
        if (answering.drip === true) return void drip(response);
        response.end(answering.body);
      })();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = portOf(server.address());
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    received,
    answer: (next) => void (how = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A byte a second, for ever: what a slow-loris receiver does to whoever waits for its answer. */
function drip(response: { write(text: string): boolean; destroyed: boolean }): void {
  const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : void response.write('.')), 1_000);
  timer.unref();
}

/** The port of a server that listens on TCP. */
export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}
