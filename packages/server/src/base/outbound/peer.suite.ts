import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';

/** A server on loopback that counts who came. */
export interface Peer {
  readonly port: number;
  readonly connections: () => number;
  close(): Promise<void>;
}

async function listen(server: Server | TcpServer): Promise<Peer> {
  const open = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: portOf(server.address()),
    connections: () => connections,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

export const httpPeer = (answer: RequestListener): Promise<Peer> => listen(createHttp(answer));

export const httpsPeer = (identity: { key: string; cert: string }, answer: RequestListener): Promise<Peer> => {
  const server = createHttps(identity, answer);
  server.on('tlsClientError', () => undefined);
  return listen(server);
};

/** Speaks whatever bytes the test wants, once something was asked. */
export const rawPeer = (speak: (socket: Socket) => void): Promise<Peer> =>
  listen(createTcp((socket) => socket.once('data', () => speak(socket))));
