import { errors } from 'undici';

export type Reason =
  | 'blocked_address'
  | 'bad_url'
  | 'bad_request'
  | 'busy'
  | 'timeout'
  | 'too_large'
  | 'redirect'
  | 'tls'
  | 'connect'
  | 'dns'
  | 'protocol'
  | 'aborted';

/** Why no answer came. `detail` is for log and audit, never for the wire: it may name an inner address. It never holds path, query or header. */
export interface Fault {
  readonly ok: false;
  readonly reason: Reason;
  readonly detail: string;
}

export const fault = (reason: Reason, detail: string): Fault => ({ ok: false, reason, detail });

/** Carries a fault through code that only knows thrown errors (the connector, the stream pipeline). */
export class FaultError extends Error {
  readonly fault: Fault;
  constructor(reason: Reason, detail: string) {
    super(`${reason}: ${detail}`);
    this.fault = fault(reason, detail);
  }
}

const BY_CODE: ReadonlyMap<string, Reason> = new Map([
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
  ['ETIMEDOUT', 'timeout'],
  ['UND_ERR_HEADERS_OVERFLOW', 'too_large'],
  ['UND_ERR_INVALID_ARG', 'bad_request'],
  ['UND_ERR_NOT_SUPPORTED', 'bad_request'],
  ['ECONNREFUSED', 'connect'],
  ['ECONNRESET', 'connect'],
  ['EHOSTUNREACH', 'connect'],
  ['ENETUNREACH', 'connect'],
  ['EADDRNOTAVAIL', 'connect'],
  ['EMFILE', 'connect'],
  ['EPIPE', 'connect'],
  ['EPROTO', 'tls'],
  ['UND_ERR_SOCKET', 'connect'],
  ['UND_ERR_CLOSED', 'connect'],
  ['UND_ERR_DESTROYED', 'connect'],
]);

/**
 * Names an error of undici, node:tls or node:zlib. The text of such an error is not repeated, because it can quote what was sent;
 * its code is. An error without a code is a bug of ours and is thrown on.
 */
export function toFault(error: unknown): Fault {
  if (error instanceof FaultError) return error.fault;
  // undici leaves some of its parser errors without a code.
  if (error instanceof errors.HTTPParserError) return fault('protocol', error.code ?? 'not HTTP');
  const code = codeOf(error);
  if (code === undefined) throw error;
  const known = BY_CODE.get(code);
  if (known !== undefined) return fault(known, code);
  return fault(/CERT|SIGNATURE|ISSUER|CRL|HOSTNAME_MISMATCH|_TLS_|_SSL_|_OSSL/.test(code) ? 'tls' : 'protocol', code);
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
