import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';

/** A wire between two programs that can be cut. Connections made after a cut are good. */
export type Wire = {
  port: number;
  /** Ends every connection that stands, as a restart of a proxy does: both sides hear of it. */
  reset(): void;
  /** Keeps every connection that stands and carries nothing any more, as a lost route does: nobody hears of it. */
  stall(): void;
  close(): Promise<void>;
};

export async function openWire(to: number): Promise<Wire> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
      one.on('data', (chunk) => void (other.writable && other.write(chunk)));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const reset = (): void => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    port: address.port,
    reset,
    stall() {
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      reset();
      await closed;
    },
  };
}
