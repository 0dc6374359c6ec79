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
  const passed = await passBack(of, { answer, attached, stop, sent });
  // What is over cannot be broken off; only a standing answer still listens.
  if (!('reply' in passed) || !(passed.reply.body instanceof ReadableStream)) request.signal.removeEventListener('abort', onLeave);
  return passed;
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
  // Such an answer names a coding without having a body (RFC 9110 §8.6).
  const bodiless = of.request.method === 'HEAD' || answer.status === 204 || answer.status === 304;
  const coding = bodiless ? null : one(answer.headers['content-encoding']);
  const decoded = decodedBody(answer.body, coding);
  if (!('pipe' in decoded)) {
    answer.body.destroy();
    return { fault: decoded, bytesIn: sent.bytes };
  }
  const shown = withoutSecrets(headersBack(of, answer, decoded !== answer.body), forms);
  const redactor = createRedactor(forms);
  const chunks = decoded[Symbol.asyncIterator]();
  const isStream = one(answer.headers['content-type'])?.toLowerCase().startsWith('text/event-stream') === true;
  const start = isStream ? NOTHING_YET : await begin(chunks, redactor);
  if ('reason' in start) return { fault: start, bytesIn: sent.bytes };
  const facts = { status: answer.status, redacted: shown.found };
  if (start.done) {
    const body = Buffer.concat(start.pieces);
    const redacted = shown.found + redactor.found();
    await of.record({ ...facts, bytesIn: sent.bytes, bytesOut: body.length, redacted, streamed: false, ended: 'done' });
    return { reply: wholeReply(of, answer.status, shown.headers, body) };
  }
  try {
    await of.record({ ...facts, bytesIn: sent.bytes, bytesOut: 0, streamed: true, ended: 'open' });
  } catch (error) {
    stop.abort(new FaultError('aborted', 'not recorded'));
    throw error;
  }
  const body = standing(of, { decoded, chunks, start, redactor, stop, sent, facts });
  return { reply: { status: answer.status, headers: shown.headers, body } };
}

function wholeReply({ request }: Calling, status: number, headers: Reply['headers'], body: Buffer): Reply {
  const { 'content-length': announced, ...rest } = headers;
  if (request.method !== 'HEAD' && status !== 204 && status !== 304) return { status, headers: rest, body };
  // The length of an answer to HEAD is that of the body which it does not have.
  const kept = announced === undefined ? rest : { ...rest, 'content-length': announced };
  return { status, headers: kept, body: new ReadableStream({ start: (controller) => controller.close() }) };
}

/** What came of an answer before anything of it is told. `next`: what is being waited for. */
type Start = { done: boolean; pieces: readonly Buffer[]; next?: Promise<IteratorResult<Buffer>> };
const NOTHING_YET: Start = { done: false, pieces: [] };
/** Longer nobody is kept waiting for an answer that may be a stream. */
const BEGIN_MS = 100;

/** Reads an answer whole if it is small and comes at once; otherwise as far as it got. */
async function begin(chunks: AsyncIterator<Buffer>, redactor: Redactor): Promise<Start | Fault> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, BEGIN_MS, 'late');
  });
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    while (size <= SMALL) {
      const next = chunks.next();
      const first = await Promise.race([next, tooLate]);
      if (first === 'late') {
        next.catch(() => undefined);
        return { done: false, pieces, next };
      }
      const piece = first.done === true ? redactor.end() : redactor.push(first.value);
      size += piece.length;
      if (piece.length > 0) pieces.push(piece);
      if (first.done === true) return { done: true, pieces };
    }
    return { done: false, pieces };
  } catch {
    return { ok: false, reason: 'protocol', detail: 'the answer ended early' };
  } finally {
    clearTimeout(timer);
  }
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

type Standing = {
  decoded: Readable;
  chunks: AsyncIterator<Buffer>;
  start: Start;
  redactor: Redactor;
  stop: AbortController;
  sent: { bytes: number };
  facts: Pick<Ended, 'status' | 'redacted'>;
};

/** The rest of an answer as it comes. It ends when the service ends it, the caller leaves, a bound is met, or what allowed it no longer stands. */
function standing(of: Calling, { decoded, chunks, start, redactor, stop, sent, facts }: Standing): ReadableStream<Uint8Array> {
  const ready = [...start.pieces];
  let { next: awaited } = start;
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
            const piece = ready.shift();
            if (piece !== undefined) {
              bytesOut += piece.length;
              controller.enqueue(piece);
              return;
            }
            const next = await (awaited ?? chunks.next());
            awaited = undefined;
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
