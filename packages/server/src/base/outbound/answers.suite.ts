import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

const emptyMember = gzipSync('');
export const bomb = gzipSync(Buffer.alloc(20_000_000));

async function pour(response: ServerResponse, chunk: string | Buffer, pause: number): Promise<void> {
  while (!response.destroyed) {
    response.write(chunk);
    await new Promise((next) => setTimeout(next, pause));
  }
}

/** What a peer may send, by path; a bound of 10,000 bytes is assumed. */
export const ANSWERS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => unknown>> = {
  '/plain': (_, response) => response.end('plain'),
  '/404': (_, response) => response.writeHead(404).end('nothing'),
  '/304': (_, response) => response.writeHead(304, { 'content-encoding': 'gzip', etag: 'x' }).end(),
  '/gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed')),
  '/deflate': (_, response) => response.writeHead(200, { 'content-encoding': 'deflate' }).end(deflateSync('packed')),
  '/br': (_, response) => response.writeHead(200, { 'content-encoding': 'BR' }).end(brotliCompressSync('packed')),
  '/broken': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip at all'),
  '/stacked': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(gzipSync('packed'))),
  '/bomb': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  '/endless-members': (_, response) => pour(response.writeHead(200, { 'content-encoding': 'gzip' }), emptyMember, 0),
  '/endless': (_, response) => pour(response, 'x'.repeat(1000), 0),
  '/trickle': (_, response) => pour(response, 'x', 10),
  '/silent': () => undefined,
  '/announced': (_, response) => response.writeHead(200, { 'content-length': '10001' }).flushHeaders(),
  '/exact': (_, response) => response.end('x'.repeat(10_000)),
  '/cut': (_, response) => response.writeHead(200, { 'content-length': '100' }).end('short', () => response.destroy()),
  '/fat': (_, response) => response.writeHead(200, { 'x-fat': 'x'.repeat(40_000) }).end(),
  '/echo': (request, response) =>
    request.pipe(response.writeHead(200, { 'x-method': request.method, 'x-type': request.headers['content-type'] })),
  '/cookies': (_, response) => response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end(),
};
