import type { Agent, Dispatcher } from 'undici';
import { ACCEPT_ENCODING, readBody } from './body.ts';
import type { OutboundRequest, OutboundResult } from './contract.ts';
import { fault } from './fault.ts';
import type { Target } from './target.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Headers that belong to the connection. `host` above all: undici would take the TLS server name from it, and the name that was
 * judged would no longer be the name that is asked.
 */
export const RESERVED: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'transfer-encoding',
  'content-length',
  'te',
  'trailer',
  'expect',
]);

/** One request on the wire and its whole answer. Rejects with errors that `toFault` names. */
export async function exchange(agent: Agent, target: Target, request: OutboundRequest, signal: AbortSignal): Promise<OutboundResult> {
  const headers: Record<string, string> = { 'user-agent': 'writ', 'accept-encoding': ACCEPT_ENCODING };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lower = name.toLowerCase();
    if (RESERVED.has(lower)) return fault('bad_request', `header ${lower} is not the caller's to set`);
    headers[lower] = value;
  }
  const { origin, path } = target;
  const response = await agent.request({ origin, path, method: request.method, headers, body: request.body ?? null, signal });
  return receive(response, request);
}

async function receive(response: Dispatcher.ResponseData, request: OutboundRequest): Promise<OutboundResult> {
  const { statusCode: status, body } = response;
  // Breaking off a body that nobody reads is an error event; without a listener it would end the process.
  body.on('error', () => undefined);
  const refusal = refused(response, request);
  if (refusal !== undefined) {
    body.destroy();
    return refusal;
  }
  const headers = toHeaders(response.headers);
  const bytes = await readBody(body, isBodiless(request, status) ? null : headers.get('content-encoding'), request.maxBytes);
  headers.delete('content-encoding');
  headers.delete('content-length');
  return { ok: true, status, headers, body: bytes };
}

function refused({ statusCode: status, headers }: Dispatcher.ResponseData, request: OutboundRequest): OutboundResult | undefined {
  if (REDIRECTS.has(status)) return fault('redirect', `status ${status}`);
  if (!isBodiless(request, status) && Number(headers['content-length'] ?? 0) > request.maxBytes) {
    return fault('too_large', `announces more than ${request.maxBytes} bytes`);
  }
  return undefined;
}

/** Answers that name a length and a coding without having a body (RFC 9110 §8.6). */
function isBodiless(request: OutboundRequest, status: number): boolean {
  return request.method === 'HEAD' || status === 204 || status === 304;
}

function toHeaders(raw: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, one);
    }
  }
  return headers;
}
