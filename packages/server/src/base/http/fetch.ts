import { isUtf8 } from 'node:buffer';
import type { Dispatch, Raw } from './dispatch.ts';

/** Web Request → dispatch → Response: how tests speak to the house without a socket. `peer` stands for the socket's address. */
export function fetchHandler(dispatch: Dispatch, peer = '127.0.0.1'): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    const reply = await dispatch({
      method: request.method,
      path: url.pathname,
      query: url.search.slice(1),
      header: (name) => (name === 'host' ? (request.headers.get('host') ?? url.host) : (request.headers.get(name) ?? undefined)),
      doubled: undefined,
      peer,
      signal: request.signal,
      read: (max) => readRequest(request, max),
      open: () => ({ headers: [...request.headers], body: request.body ?? undefined }),
    });
    const headers = new Headers();
    for (const [name, value] of Object.entries(reply.headers)) {
      for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one);
    }
    const empty = request.method === 'HEAD' || [204, 304].includes(reply.status);
    const body = reply.body instanceof Uint8Array ? new Uint8Array(reply.body) : reply.body;
    return new Response(empty ? null : (body ?? null), { status: reply.status, headers });
  };
}

async function readRequest(request: Request, max: number): ReturnType<Raw['read']> {
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length > max) return { ok: false, reason: 'too_large' };
  return isUtf8(bytes) ? { ok: true, text: bytes.toString('utf8') } : { ok: false, reason: 'not_utf8' };
}
