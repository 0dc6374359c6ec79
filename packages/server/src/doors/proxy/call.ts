import { pipeline, Readable } from 'node:stream';
import type { Inbound, OpenRequest, Reply } from '../../base/http/message.ts';
import { decoderFor } from '../../base/outbound/body.ts';
import { FaultError, type Fault } from '../../base/outbound/fault.ts';
import type { Gathered, Outbound } from '../../base/outbound/contract.ts';
import type { HandedOut } from '../../rooms/connections/hand-out.store.ts';
import { attach, withQuery, type Attached } from './attach.ts';
import { toCaller, toService } from './headers.ts';
import { blotted, createRedactor, formsOf, withoutSecrets, type Redactor } from './redact.ts';
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
/** Longer nobody is kept waiting for an answer that may be a stream. */
const BEGIN_MS = 100;
const GATHER = { bytes: SMALL, ms: BEGIN_MS };
const SMALL_REQUEST = 64 * 1024;

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
export async function call(outbound: Pick<Outbound, 'pass'>, of: Calling): Promise<{ reply: Reply } | CallFault> {
  const { request, open, target, handed, bounds } = of;
  const attached = attach(handed);
  const sent = { bytes: 0 };
  const length = lengthOf(open);
  const body = await bodyOf(open, length, sent, bounds.maxRequest);
  if (body === 'aborted') return { fault: { ok: false, reason: 'aborted', detail: 'the caller went away' }, bytesIn: 0 };
  const headers = toService(open.headers, attached.names);
  if (length !== undefined) headers['content-length'] = String(length);
  const asked = {
    method: request.method,
    url: withQuery(target.url, attached),
    headers: Object.assign(headers, attached.headers, IDENTITY),
    body,
    signal: request.signal,
    headersTimeoutMs: bounds.headersTimeoutMs,
    idleTimeoutMs: bounds.idleTimeoutMs,
    tls: attached.tls,
  };
  const answer = await outbound.pass(asked, GATHER);
  return answer.ok ? passBack(of, { answer, attached, sent }) : { fault: answer, bytesIn: sent.bytes };
}

/** What is compressed cannot be looked through. */
const IDENTITY = { 'accept-encoding': 'identity' };

/** Some services take no body whose length they do not know. */
function lengthOf({ body, headers }: OpenRequest): number | undefined {
  if (body === undefined) return undefined;
  const length = headers.find(([name]) => name.length === 14 && name.toLowerCase() === 'content-length')?.[1];
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

/** A small body is read first and goes in one piece: a stream of its own would cost more than it does. */
async function bodyOf(
  { body, whole }: OpenRequest,
  length: number | undefined,
  sent: { bytes: number },
  max: number,
): Promise<AsyncIterable<Uint8Array> | Uint8Array | undefined | 'aborted'> {
  if (body === undefined) return undefined;
  if (whole === undefined || length === undefined || length > Math.min(SMALL_REQUEST, max)) return counted(body, sent, max);
  const bytes = await whole();
  sent.bytes = bytes?.length ?? 0;
  return bytes ?? 'aborted';
}

async function* counted(body: AsyncIterable<Uint8Array>, sent: { bytes: number }, max: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    sent.bytes += chunk.byteLength;
    if (sent.bytes > max) throw new FaultError('too_large', `more than ${max} bytes to the service`);
    yield chunk;
  }
}

type Answering = { answer: Gathered; attached: Attached; sent: { bytes: number } };

async function passBack(of: Calling, { answer, attached, sent }: Answering): Promise<{ reply: Reply } | CallFault> {
  const forms = formsOf(attached.secrets);
  if (!(answer.body instanceof Readable)) return wholeBack(of, { answer, forms, sent, body: answer.body });
  const { status, body: streaming } = answer;
  // Such an answer names a coding, or a stream, without having a body (RFC 9110 §8.6): nobody would ever read one to its end.
  if (of.request.method === 'HEAD' || status === 204 || status === 304) {
    streaming.resume();
    return wholeBack(of, { answer, forms, sent, body: Buffer.alloc(0) });
  }
  const decoded = decodedBody(streaming, one(answer.headers['content-encoding']));
  if (!('pipe' in decoded)) {
    streaming.destroy();
    return { fault: decoded, bytesIn: sent.bytes };
  }
  const shown = withoutSecrets(headersBack(of, answer, decoded !== streaming), forms);
  const redactor = createRedactor(forms);
  const chunks = decoded[Symbol.asyncIterator]();
  // What is undone here may be small too; everything else that is small and soon came whole.
  const start = decoded === streaming ? NOTHING_YET : await begin(chunks, redactor);
  if ('reason' in start) return { fault: start, bytesIn: sent.bytes };
  const facts = { status, redacted: shown.found };
  if (start.done) {
    const body = Buffer.concat(start.pieces);
    const redacted = shown.found + redactor.found();
    await of.record({ ...facts, bytesIn: sent.bytes, bytesOut: body.length, redacted, streamed: false, ended: 'done' });
    return { reply: wholeReply(of, status, shown.headers, body) };
  }
  try {
    await of.record({ ...facts, bytesIn: sent.bytes, bytesOut: 0, streamed: true, ended: 'open' });
  } catch (error) {
    streaming.destroy(new FaultError('aborted', 'not recorded'));
    throw error;
  }
  const body = standing(of, { streaming, decoded, chunks, start, redactor, sent, facts });
  return { reply: { status, headers: shown.headers, body } };
}

type Whole = { answer: Gathered; forms: readonly Buffer[]; sent: { bytes: number }; body: Buffer };

/** One look through all of it, one entry, one write. */
async function wholeBack(of: Calling, { answer, forms, sent, body }: Whole): Promise<{ reply: Reply }> {
  const { status } = answer;
  const shown = withoutSecrets(headersBack(of, answer, false), forms);
  const clean = blotted(body, forms);
  const redacted = shown.found + clean.found;
  await of.record({ status, bytesIn: sent.bytes, bytesOut: body.length, redacted, streamed: false, ended: 'done' });
  return { reply: wholeReply(of, status, shown.headers, clean.data) };
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

function headersBack(of: Calling, { headers }: Gathered, wasDecoded: boolean): Record<string, string | readonly string[]> {
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
  /** As the service sends it. */
  streaming: Readable;
  decoded: Readable;
  chunks: AsyncIterator<Buffer>;
  start: Start;
  redactor: Redactor;
  sent: { bytes: number };
  facts: Pick<Ended, 'status' | 'redacted'>;
};

/** The rest of an answer as it comes. It ends when the service ends it, the caller leaves, a bound is met, or what allowed it no longer stands. */
function standing(of: Calling, { streaming, decoded, chunks, start, redactor, sent, facts }: Standing): ReadableStream<Uint8Array> {
  const ready = [...start.pieces];
  let { next: awaited } = start;
  let bytesOut = 0;
  let ended: string | undefined;
  const watch = setInterval(() => void look(), of.bounds.recheckMs);
  const cut = (why: string): void => {
    ended ??= why;
    streaming.destroy(new FaultError('aborted', why));
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
