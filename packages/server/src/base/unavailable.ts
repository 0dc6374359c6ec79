import { KekUnavailable } from './kek/kek.ts';
import { Overloaded } from './group.ts';
import { sqlState } from './db.ts';

/** Classes of SQLSTATE that say "not now": connection, resources (disk full among them), operator intervention, system, read-only standby. */
const PASSING = [/^08/, /^53/, /^57/, /^58/, /^25006$/, /^40001$/, /^40P01$/, /^55P03$/, /^XX/];
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
const DRIVER =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Query read timeout|pool after calling end/;

/** True when the database is away or overrun, or whoever holds the KEK is, and the same request may work in a moment. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof Overloaded || error instanceof KekUnavailable) return true;
  const state = sqlState(error);
  if (state !== undefined) return PASSING.some((pattern) => pattern.test(state));
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && SOCKET.has(error.code)) return true;
  return DRIVER.test(error.message) || (error instanceof AggregateError && error.errors.some(isUnavailable)) || isUnavailable(error.cause);
}
