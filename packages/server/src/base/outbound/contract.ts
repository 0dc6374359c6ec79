import type { Readable } from 'node:stream';
import type { Fault } from './fault.ts';
import type { Resolve } from './resolve.ts';

/** `body` is decoded; `headers` no longer name its coding or length. Any status but a redirect arrives here: 404 is an answer. */
export interface Answer {
  readonly ok: true;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export type OutboundResult = Answer | Fault;

export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Bound on the body, decoded and on the wire. */
  readonly maxBytes: number;
  /** Bound on everything: waiting for a slot, DNS, TLS, headers, body. */
  readonly timeoutMs: number;
}

export type OutboundGet = Omit<OutboundRequest, 'method' | 'url' | 'body'> & { readonly accept?: string };

/** One per request, for log and metrics. No path and no query: they may hold a secret. `host` is empty for a URL that was refused. */
export interface OutboundEntry {
  readonly method: string;
  readonly host: string;
  /** The HTTP status, or why there is none. */
  readonly outcome: number | Fault['reason'];
  readonly detail?: string;
}

export interface OutboundOptions {
  /** Loopback addresses may be reached, by http too: development and tests. */
  readonly allowLoopback: boolean;
  /** Networks in CIDR form that may be reached although they are not public; https still. */
  readonly allowPrivate?: readonly string[];
  /** Ports below 1024 that may be reached besides 443 (and 80 on loopback). */
  readonly allowPorts?: readonly number[];
  /** Requests at once to one host, and how many may wait for it. Default 16 and 64. */
  readonly perHost?: { readonly slots: number; readonly queue: number };
  readonly log?: (entry: OutboundEntry) => void;
  /** Instead of the system's resolver. */
  readonly resolve?: Resolve;
}

/** A request that is passed on. Its headers are the caller's to judge; none of the connection's own (`host` above all) may be among them. */
export interface StreamRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array | undefined;
  /** Breaks off whatever is under way. */
  readonly signal: AbortSignal;
  /** Until the head of the answer, and between two pieces of its body. */
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** PEM: the client's certificate (mTLS). */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** Answers of at most so many bytes that are all there so soon after their head. */
export type Gather = { readonly bytes: number; readonly ms: number };

/** As it came: not decoded, redirects among it. Whoever does not read `body` to its end destroys it. */
export interface Streamed {
  readonly ok: true;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

export type StreamResult = Streamed | Fault;

/** The same; a Buffer is all of the body. */
export type Gathered = Omit<Streamed, 'body'> & { readonly body: Readable | Buffer };

export interface Outbound {
  stream(request: StreamRequest): Promise<StreamResult>;
  /** The same, but small answers are handed over whole: a stream of its own would cost more than such an answer. */
  pass(request: StreamRequest, gather: Gather): Promise<Gathered | Fault>;
  get(url: string, options: OutboundGet): Promise<OutboundResult>;
  request(request: OutboundRequest): Promise<OutboundResult>;
  /** Breaks off what is under way; later requests answer `connect`. */
  close(): Promise<void>;
}
