import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createResource } from '@writ/sdk';
import type { Resource } from '@writ/sdk';

/** A resource server of its own: an HTTP server whose every answer asks its own instance of the SDK. */
export type Guarded = { name: string; resource: Resource; url: string; close(): Promise<void> };

/** `via`: where it reaches the hub instead, for wires that are cut. */
export async function startGuarded(of: {
  name: string;
  issuer: string;
  resource: string;
  secret: string;
  via?: number | undefined;
}): Promise<Guarded> {
  const { name, issuer, via } = of;
  const elsewhere = via === undefined ? issuer : `http://localhost:${via}`;
  const resource = createResource({
    issuer,
    resource: of.resource,
    credentials: { clientId: name, clientSecret: of.secret },
    instance: `${name}.local`,
    fetch: (input, init) => fetch((input instanceof Request ? input.url : input.toString()).replace(issuer, elsewhere), init),
  });
  const server = createServer((req, res) => {
    void resource.authenticate(req.headers.authorization).then((verified) => res.writeHead(verified.ok ? 200 : 401).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    name,
    resource,
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      resource.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What one server said to one token, in order: when its answer came (milliseconds of this process) and whether it took it. */
export type Said = readonly { at: number; ok: boolean }[];

const keepAlive = new Agent({ keepAlive: true, maxSockets: 200 });

/** One call with the token. */
export function call(url: string, token: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: keepAlive, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode === 200));
    });
    asked.once('error', reject);
    asked.end();
  });
}

/** Calls again and again, `every` so many milliseconds, until it has been refused `enough` times in a row or is told to stop. */
export function probe({ url }: Guarded, token: string, of: { every: number; enough: number; isOver(): boolean }): Promise<Said> {
  const said: { at: number; ok: boolean }[] = [];
  const run = async (): Promise<Said> => {
    for (let refused = 0; refused < of.enough && !of.isOver();) {
      const ok = await call(url, token);
      said.push({ at: performance.now(), ok });
      refused = ok ? 0 : refused + 1;
      await sleep(of.every);
    }
    return said;
  };
  return run();
}

export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;
