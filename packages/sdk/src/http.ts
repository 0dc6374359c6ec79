import type { JsonObject } from './json.ts';
import { parseObject } from './json.ts';

const TIMEOUT = 5_000;
const MAX_BYTES = 256 * 1024;

async function readBounded(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > MAX_BYTES) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** A JSON object from the hub, or undefined: unreachable, slow, redirected, too large, not JSON. Bounded in time and size. */
export async function fetchObject(fetcher: typeof fetch, url: string): Promise<JsonObject | undefined> {
  try {
    const response = await fetcher(url, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      return undefined;
    }
    const text = await readBounded(response.body);
    return text === undefined ? undefined : parseObject(text);
  } catch {
    return undefined;
  }
}
