import type { HttpCall } from '@writ/flow';

/** A request as it goes out, before anything secret is put in. Header names in lower case. */
export type Wire = { method: string; url: string; headers: Readonly<Record<string, string>>; body?: string };

/** RFC 9110 §9.2.1: asks for nothing to be done, so asking twice does nothing twice. */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

/**
 * The request of a call. Whatever is not safe carries a key that is the same for every try, and for a step that is repeated after a crash
 * (Idempotency-Key, draft-ietf-httpapi-idempotency-key-header): who honours it does the deed once. A key that the author wrote stays.
 */
export function wireOf(call: HttpCall, idempotencyKey: string): Wire {
  const { method, url, headers, body } = call;
  const written = bodyOf(body);
  return {
    method,
    // As it is sent, so that what is signed is what arrives; a fragment is never sent.
    url: withoutFragment(url),
    headers: {
      accept: 'application/json, text/plain;q=0.5, */*;q=0.1',
      ...(written === undefined ? {} : { 'content-type': written.type }),
      ...(isSafe(method) ? {} : { 'idempotency-key': idempotencyKey }),
      ...headers,
    },
    ...(written === undefined ? {} : { body: written.text }),
  };
}

function bodyOf(body: HttpCall['body']): { type: string; text: string } | undefined {
  if (body === undefined) return undefined;
  if (body.kind === 'json') return { type: 'application/json', text: JSON.stringify(body.value) };
  return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(body.fields).toString() };
}

function withoutFragment(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  parsed.hash = '';
  return parsed.href;
}

const FIRST_PAUSE_MS = 100;

/** Whether the same request may be sent again after this answer. Everything that is sent is safe, or carries its key. */
export function mayRepeat(status: number): boolean {
  return status === 429 || status >= 500;
}

/** Milliseconds until the next try: what the answer says (RFC 9110 §10.2.3), or twice as long each time. */
export function pauseBefore(attempt: number, retryAfter: string | undefined): number {
  const said = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter.trim()) ? Number(retryAfter) * 1_000 : 0;
  return Math.max(said, FIRST_PAUSE_MS * 2 ** attempt);
}
