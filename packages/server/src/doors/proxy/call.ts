import { pipeline, type Readable } from 'node:stream';
import type { Inbound, OpenRequest, Reply } from '../../base/http/message.ts';
import { decoderFor } from '../../base/outbound/body.ts';
import { FaultError, type Fault } from '../../base/outbound/fault.ts';
import type { Outbound, Streamed } from '../../base/outbound/contract.ts';
import type { HandedOut } from '../../rooms/connections/hand-out.store.ts';
import { attach, withQuery, type Attached } from './attach.ts';
import { toCaller, toService } from './headers.ts';
import { createRedactor, formsOf, withoutSecrets, type Redactor } from './redact.ts';
import { redirectFor, type CallTarget } from './target.ts';

export type Bounds = {
  /** Bytes in one direction. */
  maxRequest: number;
  maxAnswer: number;
  headersTimeoutMs: number;
  idleTimeoutMs: number;
  /** How often a standing call is looked at again. */
  recheckMs: number;
};

export const BOUNDS: Bounds = {
  maxRequest: 64 * 1024 * 1024,
  maxAnswer: 1024 * 1024 * 1024,
  headersTimeoutMs: 60_000,
  idleTimeoutMs: 300_000,
  recheckMs: 2_000,
};

/** Answers of at most so many bytes are read whole before anything of them is told: one write, and an entry that knows everything. */
const SMALL = 256 * 1024;

/** How a call ended, for its entry. */
export type Ended = { status: number; bytesIn: number; bytesOut: number; redacted: number; streamed: boolean; ended: string };

export type Calling = {
  request: Inbound;
  open: OpenRequest;
  target: CallTarget;
  handed: HandedOut;
  /** Our own address of the connection. */
  proxy: string;
  /** Whether the call may go on: token, account and connection still stand. Undefined: yes; otherwise why not. */
  still(): Promise<string | undefined>;
  /** Durable when it resolves. First with what is known when nothing was told yet; a second time at the end of a stream. */
  record(of: Ended): Promise<void>;
  bounds: Bounds;
};

export type CallFault = { fault: Fault; bytesIn: number };

/** One call: the credential goes along, bodies pass through, and nothing that shows the credential comes back. */
export async function call(outbound: Pick<Outbound, 'stream'>, of: Calling): Promise<{ reply: Reply } | CallFault> {
  const { request, open, target, handed, bounds } = of;
  const attached = attach(handed);
  const stop = new AbortController();
  const onLeave = (): void => stop.abort(new FaultError('aborted', 'the caller went away'));
  request.signal.addEventListener('abort', onLeave, { once: true });
  if (request.signal.aborted) onLeave();
  const sent = { bytes: 0 };
  const answer = await outbound.stream({
    method: request.method,
    url: withQuery(target.url, attached),
    headers: { ...toService(open.headers, attached.names), ...lengthOf(open), ...attached.headers, 'accept-encoding': 'identity' },
    body: open.body === undefined ? undefined : counted(open.body, sent, bounds.maxRequest),
    signal: stop.signal,
    headersTimeoutMs: bounds.headersTimeoutMs,
    idleTimeoutMs: bounds.idleTimeoutMs,
    tls: attached.tls,
  });
  if (!answer.ok) return { fault: answer, bytesIn: sent.bytes };
  return passBack(of, { answer, attached, stop, sent });
}

/** Some services take no body whose length they do not know. */
function lengthOf({ body, headers }: OpenRequest): Record<string, string> {
  const length = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  return body !== undefined && length !== undefined && /^\d{1,15}$/.test(length) ? { 'content-length': length } : {};
}

async function* counted(body: AsyncIterable<Uint8Array>, sent: { bytes: number }, max: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    sent.bytes += chunk.byteLength;
    if (sent.bytes > max) throw new FaultError('too_large', `more than ${max} bytes to the service`);
    yield chunk;
  }
}

type Answering = { answer: Streamed; attached: Attached; stop: AbortController; sent: { bytes: number } };

async function passBack(of: Calling, { answer, attached, stop, sent }: Answering): Promise<{ reply: Reply } | CallFault> {
  const forms = formsOf(attached.secrets);
  const coding = one(answer.headers['content-encoding']);
  const decoded = decodedBody(answer.body, coding);
  if (!('pipe' in decoded)) {
    answer.body.destroy();
    return { fault: decoded, bytesIn: sent.bytes };
  }
  const shown = withoutSecrets(headersBack(of, answer, decoded !== answer.body), forms);
  const facts = { status: answer.status, bytesIn: sent.bytes, redacted: shown.found };
  const bodiless = of.request.method === 'HEAD' || answer.status === 204 || answer.status === 304;
  const redactor = createRedactor(forms);
  const small = Number(answer.headers['content-length'] ?? Number.NaN) <= SMALL && decoded === answer.body;
  if (bodiless || small) {
    const bytes = await readWhole(decoded, redactor);
    if (!Buffer.isBuffer(bytes)) return { fault: bytes, bytesIn: sent.bytes };
    const { 'content-length': announced, ...rest } = shown.headers;
    await of.record({
      ...facts,
      bytesIn: sent.bytes,
      bytesOut: bytes.length,
      redacted: shown.found + redactor.found(),
      streamed: false,
      ended: 'done',
    });
    if (!bodiless) return { reply: { status: answer.status, headers: rest, body: bytes } };
    // The length of an answer to HEAD is that of the body which it does not have.
    const headers = announced === undefined ? rest : { ...rest, 'content-length': announced };
    return { reply: { status: answer.status, headers, body: new ReadableStream({ start: (controller) => controller.close() }) } };
  }
  try {
    await of.record({ ...facts, bytesOut: 0, streamed: true, ended: 'open' });
  } catch (error) {
    answer.body.destroy();
    throw error;
  }
  return { reply: { status: answer.status, headers: shown.headers, body: standing(of, { decoded, redactor, stop, sent, facts }) } };
}

function one(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : (value?.join(', ') ?? null);
}

/** Without asking for it some compress; what is compressed cannot be looked through. */
function decodedBody(body: Readable, coding: string | null): Readable | Fault {
  try {
    const decoder = decoderFor(coding);
    // Its faults come to whoever reads from the decoder.
    return decoder === undefined ? body : pipeline(body, decoder, () => undefined);
  } catch (error) {
    if (error instanceof FaultError) return error.fault;
    throw error;
  }
}

function headersBack(of: Calling, { headers }: Streamed, wasDecoded: boolean): Record<string, string | readonly string[]> {
  const back = toCaller(headers);
  if (wasDecoded) {
    delete back['content-encoding'];
    delete back['content-length'];
  }
  const location = one(headers['location']);
  delete back['location'];
  const led =
    location === null ? undefined : redirectFor(location, { connection: of.handed.connection, target: of.target, proxy: of.proxy });
  return {
    ...back,
    ...(led === undefined ? {} : { location: led }),
    // The hub's origin has sign-in cookies: nothing that a service sends runs here as a page, and nothing is kept by a cache.
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'no-store',
    via: '1.1 writ',
  };
}

async function readWhole(body: Readable, redactor: Redactor): Promise<Buffer | Fault> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(redactor.push(chunk));
    chunks.push(redactor.end());
    return Buffer.concat(chunks);
  } catch {
    return { ok: false, reason: 'protocol', detail: 'the answer ended early' };
  }
}

type Standing = {
  decoded: Readable;
  redactor: Redactor;
  stop: AbortController;
  sent: { bytes: number };
  facts: Pick<Ended, 'status' | 'redacted'>;
};

/** The rest of an answer as it comes. It ends when the service ends it, the caller leaves, a bound is met, or what allowed it no longer stands. */
function standing(of: Calling, { decoded, redactor, stop, sent, facts }: Standing): ReadableStream<Uint8Array> {
  const chunks = decoded[Symbol.asyncIterator]();
  let bytesOut = 0;
  let ended: string | undefined;
  const watch = setInterval(() => void look(), of.bounds.recheckMs);
  const cut = (why: string): void => {
    ended ??= why;
    stop.abort(new FaultError('aborted', why));
    decoded.destroy();
  };
  const look = async (): Promise<void> => {
    const why = await of.still().catch(() => 'unknown');
    if (why !== undefined && ended === undefined) cut(why);
  };
  let told = false;
  const finish = async (why: string): Promise<void> => {
    clearInterval(watch);
    ended ??= why;
    if (told) return;
    told = true;
    await of.record({ ...facts, bytesIn: sent.bytes, bytesOut, redacted: facts.redacted + redactor.found(), streamed: true, ended });
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const next = await chunks.next();
            if (ended !== undefined) throw new FaultError('aborted', ended);
            const clean: Buffer = next.done === true ? redactor.end() : redactor.push(next.value);
            bytesOut += clean.length;
            if (bytesOut > of.bounds.maxAnswer) throw new FaultError('too_large', 'too_large');
            if (next.done === true) {
              await finish('done');
              if (clean.length > 0) controller.enqueue(clean);
              controller.close();
              return;
            }
            if (clean.length > 0) {
              controller.enqueue(clean);
              return;
            }
          }
        } catch (error) {
          cut(
            error instanceof FaultError && error.fault.reason === 'too_large'
              ? 'too_large'
              : of.request.signal.aborted
                ? 'caller_left'
                : 'service_broke_off',
          );
          await finish('service_broke_off');
          // The caller must be able to tell half an answer from a whole one.
          controller.error(new FaultError('aborted', ended ?? 'ended'));
        }
      },
      async cancel() {
        if (ended === undefined) cut('caller_left');
        await finish('caller_left');
      },
    },
    { highWaterMark: 0 },
  );
}
