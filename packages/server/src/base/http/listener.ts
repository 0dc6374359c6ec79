import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenRequest, Reply } from './message.ts';
import type { Dispatch, Raw } from './dispatch.ts';

type Read = Awaited<ReturnType<Raw['read']>>;

/** One for all: every answer ends so, and making an exception with its stack for each costs more than parsing its request. */
const OVER = new Error('the answer is over');

/** Node's sockets → dispatch, without building web Request and Response objects: on the token endpoint those cost a tenth of the whole. */
export function nodeListener(dispatch: Dispatch): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    dispatch(new SocketRequest(request, response)).then(
      (reply) => send(request, response, reply),
      () => response.destroy(),
    );
  };
}

/**
 * A class for the sake of `signal`: an accessor in an object literal makes V8 a hidden class for each object, which lives until the next full
 * collection and keeps its request alive so long: a third of what an answer costs without its token.
 */
class SocketRequest implements Raw {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly doubled: Raw['doubled'];
  readonly peer: string;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #aborter: AbortController | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.method = request.method ?? 'GET';
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = mark < 0 ? '' : url.slice(mark + 1);
    this.doubled = doubledHeader(request.rawHeaders);
    this.peer = plainAddress(request.socket.remoteAddress ?? '');
    this.#request = request;
    this.#response = response;
  }

  header(name: string): string | undefined {
    return single(this.#request.headers[name]);
  }

  read(max: number): Promise<Read> {
    return readBody(this.#request, max);
  }

  open(): OpenRequest {
    const { rawHeaders, headers } = this.#request;
    const pairs: [string, string][] = [];
    for (let index = 0; index < rawHeaders.length; index += 2) pairs.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
    // RFC 9112 §6.3: a request without either has no body. Who stops reading does not hang up: there is still an answer to give.
    const has = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    const request = this.#request;
    if (!has) return { headers: pairs, body: undefined };
    return { headers: pairs, body: request.iterator({ destroyOnReturn: false }), whole: () => wholeBody(request) };
  }

  /** Made when it is asked for: most requests never do. */
  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      const made = new AbortController();
      this.#response.once('close', () => made.abort(OVER));
      this.#aborter = made;
    }
    return this.#aborter.signal;
  }
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Node keeps the first of two Authorization or Host headers; a proxy before us may have read the second (RFC 9112 §3.2: two Hosts are 400). */
function doubledHeader(raw: readonly string[]): Raw['doubled'] {
  let authorizations = 0;
  let hosts = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index];
    if (name === undefined) continue;
    if (name.length === 13 && name.toLowerCase() === 'authorization') authorizations += 1;
    else if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) return 'Host';
  return authorizations > 1 ? 'Authorization' : undefined;
}

function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

function readBody(request: IncomingMessage, max: number): Promise<Read> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > max) {
    request.resume();
    return Promise.resolve({ ok: false, reason: 'too_large' });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= max) chunks.push(chunk);
      else resolve({ ok: false, reason: 'too_large' });
    });
    request.once('end', () => resolve(decodeBody(joined(chunks))));
    request.once('error', () => resolve({ ok: false, reason: 'aborted' }));
  });
}

/** Node lets no more in than was announced. */
function wholeBody(request: IncomingMessage): Promise<Buffer | undefined> {
  // Who has left already says nothing any more.
  if (request.destroyed) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.once('end', () => resolve(joined(chunks)));
    request.once('error', () => resolve(undefined));
    request.once('close', () => resolve(undefined));
  });
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function decodeBody(bytes: Buffer): Read {
  return isUtf8(bytes) ? { ok: true, text: bytes.toString('utf8') } : { ok: false, reason: 'not_utf8' };
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { body } = reply;
  const silent = request.method === 'HEAD' || reply.status === 204 || reply.status === 304;
  if (body instanceof ReadableStream) {
    response.writeHead(reply.status, headersOf(reply));
    if (silent) {
      response.end();
      // Nobody reads it: whoever makes it has to hear that.
      void body.cancel().catch(() => {});
    } else void pump(body, response);
    return;
  }
  const headers = headersOf(reply);
  const bytes = body === undefined ? 0 : Buffer.byteLength(body);
  if (reply.status !== 204) headers['content-length'] = bytes;
  if (!request.complete) headers['connection'] = 'close';
  response.writeHead(reply.status, headers);
  if (silent || body === undefined) response.end();
  // As many bytes as characters is ASCII, which the socket takes as it is; UTF-8 would be written character by character.
  else response.end(body, bytes === body.length ? 'latin1' : 'utf8');
}

function headersOf(reply: Reply): Record<string, string | number | string[]> {
  const headers: Record<string, string | number | string[]> = {};
  for (const name in reply.headers) {
    const value = reply.headers[name];
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : [...value];
  }
  return headers;
}

async function pump(body: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  response.flushHeaders();
  const reader = body.getReader();
  const leave = (): void => void reader.cancel().catch(() => {});
  // Who left before there was an answer does not leave again, and takes nothing any more.
  if (response.destroyed) return leave();
  response.once('close', leave);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!response.write(value)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    }
    response.end();
  } catch {
    response.destroy();
  }
}
