import { parseJson } from '../json.ts';
import { codeOf } from '../refused.ts';

/** What came back from one address; `status` 0 with `failure` when nothing did. */
export type Probe = {
  address: string;
  status: number;
  failure: string | undefined;
  body: unknown;
  header(name: string): string | undefined;
};

const PATIENCE_MS = 10_000;
const LARGEST = 1_000_000;
/** A browser client's origin, so that what CORS allows can be seen. */
const ORIGIN = 'http://localhost:6274';

/** Asks once, as a client in a browser would, and follows no redirect: clients of the MCP do not either. Never throws. */
export async function probe(
  address: string,
  init: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Probe> {
  try {
    const answer = await fetch(address, {
      ...init,
      headers: { accept: 'application/json, text/event-stream', origin: ORIGIN, ...init.headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = /event-stream/.test(answer.headers.get('content-type') ?? '') ? '' : (await answer.text()).slice(0, LARGEST);
    await answer.body?.cancel().catch(() => undefined);
    return {
      address,
      status: answer.status,
      failure: undefined,
      body: parseJson(text),
      header: (name) => answer.headers.get(name) ?? undefined,
    };
  } catch (error) {
    const failure = error instanceof Error && error.name === 'TimeoutError' ? 'no answer within 10 s' : (codeOf(error) ?? String(error));
    return { address, status: 0, failure, body: undefined, header: () => undefined };
  }
}

/** The address with a well-known name put before its path (RFC 8414 §3.1, RFC 9728 §3.1). */
export function wellKnown(name: string, address: string): string {
  const { origin, pathname, search } = new URL(address);
  return `${origin}/.well-known/${name}${pathname === '/' ? '' : pathname}${search}`;
}

/** The value of one parameter of a Bearer challenge (RFC 9110 §11.6.1). */
export function challengeParameter(challenge: string | undefined, name: string): string | undefined {
  const [, quoted, token] = new RegExp(`(?:^|[\\s,])${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,]+))`, 'i').exec(challenge ?? '') ?? [];
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? token;
}
