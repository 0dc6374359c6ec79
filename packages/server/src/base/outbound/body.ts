import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { FaultError } from './fault.ts';

/** What we can undo, and therefore ask for. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/**
 * Reads a body to its end and undoes its content coding. Both the bytes on the wire and the decoded bytes stay within `maxBytes`:
 * a bomb is small on the wire, an endless row of empty gzip members is small when decoded. Rejects with a FaultError or a coded error.
 */
export async function readBody(body: Readable, coding: string | null, maxBytes: number): Promise<Buffer> {
  const decoder = decoderFor(coding);
  const chunks: Buffer[] = [];
  const keep = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of bounded(source, maxBytes)) chunks.push(chunk);
  };
  if (decoder === undefined) await pipeline(body, keep);
  else await pipeline(body, (source: AsyncIterable<Buffer>) => bounded(source, maxBytes), decoder, keep);
  return Buffer.concat(chunks);
}

async function* bounded(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of source) {
    total += chunk.length;
    if (total > maxBytes) throw new FaultError('too_large', `more than ${maxBytes} bytes`);
    yield chunk;
  }
}

/** Undefined: nothing to undo. Throws a FaultError for a coding that was not asked for. Codings may be stacked (RFC 9110 §8.4), but only bombs are; one is enough. */
export function decoderFor(coding: string | null): Transform | undefined {
  switch (coding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new FaultError('protocol', 'a content coding that was not asked for');
  }
}
