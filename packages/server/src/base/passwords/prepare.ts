/** Far above anything a person types, far below what makes hashing or normalising a cost of its own. */
export const MAX_BYTES = 1024;
const MAX_RAW = 4096;

export type Prepared = { ok: true; text: string; bytes: Buffer } | { ok: false; reason: 'too_long' | 'malformed' };

/**
 * The one form of a password that is judged, hashed and compared: NFKC (NIST SP 800-63B-4 §3.1.1.2), so that the same password
 * typed on another keyboard is the same password; then UTF-8, at most 1024 bytes. Lone surrogates are refused, because all of them
 * would become the same replacement character, and NUL is kept: nothing below takes it for an end.
 */
export function prepare(password: string): Prepared {
  // Before NFKC, whose output can be eighteen times as long as its input.
  if (password.length > MAX_RAW) return { ok: false, reason: 'too_long' };
  if (!password.isWellFormed()) return { ok: false, reason: 'malformed' };
  const text = password.normalize('NFKC');
  const bytes = Buffer.from(text);
  return bytes.length > MAX_BYTES ? { ok: false, reason: 'too_long' } : { ok: true, text, bytes };
}
