import { randomBytes } from 'node:crypto';

/** Prefixes say what an id names wherever it turns up: in a log line, an event, a support mail. */
export type IdPrefix =
  | 'evt'
  | 'tok'
  | 'agt'
  | 'grt'
  | 'fam'
  | 'jny'
  | 'ses'
  | 'usr'
  | 'dcr'
  | 'cli'
  | 'dec'
  | 'sig'
  | 'key'
  | 'txn'
  | 'req'
  | 'inv'
  | 'sec'
  | 'lnk'
  | 'chk'
  | 'pol'
  | 'ask'
  | 'apr'
  | 'mail'
  | 'dke'
  | 'rot'
  | 'crd'
  | 'cns'
  | 'knk'
  | 'drf'
  | 'nar'
  | 'unf';

const POOL_BYTES = 8192;
let pool: Buffer = Buffer.alloc(0);
let used = 0;

/** Random bytes from a pre-filled pool: one system call serves some hundred ids. The bytes handed out are wiped from the pool. */
export function randomFill(size: number): Buffer {
  if (size > 256) return randomBytes(size);
  const out = Buffer.alloc(size);
  draw(out);
  return out;
}

function draw(into: Uint8Array): void {
  if (used + into.length > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  for (let index = 0; index < into.length; index += 1) {
    into[index] = pool[used] ?? 0;
    pool[used] = 0;
    used += 1;
  }
}

let lastMs = 0;
let sequence = 0;
/** Written over with each id. */
const uuid = Buffer.alloc(16);

/**
 * `<prefix>_<UUIDv7 in base32hex>`: ids sort by time of making, so indexes grow at their end only.
 * A 12-bit counter keeps ids of one process in order within a millisecond (RFC 9562 §6.2, method 1).
 */
export function newId(prefix: IdPrefix, now: number): string {
  if (now > lastMs) {
    lastMs = now;
    sequence = 0;
  } else {
    sequence = (sequence + 1) & 0xfff;
    if (sequence === 0) lastMs += 1;
  }
  draw(uuid);
  uuid.writeUIntBE(lastMs, 0, 6);
  uuid[6] = 0x70 | (sequence >> 8);
  uuid[7] = sequence & 0xff;
  uuid[8] = 0x80 | ((uuid[8] ?? 0) & 0x3f);
  return `${prefix}_${base32hex(uuid)}`;
}

const DIGITS = Buffer.from('0123456789abcdefghijklmnopqrstuv');
/** Written over with each id: a string put together from 26 letters would be 26 strings to the garbage collector. */
const written = Buffer.alloc(26);

function base32hex(bytes: Buffer): string {
  let bits = 0;
  let value = 0;
  let at = 0;
  for (let index = 0; index < 16; index += 1) {
    value = ((value << 8) | (bytes[index] ?? 0)) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      written[at] = DIGITS[(value >> (bits - 5)) & 31] ?? 0;
      at += 1;
      bits -= 5;
    }
  }
  written[at] = DIGITS[(value << (5 - bits)) & 31] ?? 0;
  return written.toString('latin1');
}

/** A 256-bit secret, base64url (43 characters of `[A-Za-z0-9_-]`, so that Basic needs no escaping anywhere). */
export function newSecret(bytes = 32): string {
  return randomFill(bytes).toString('base64url');
}

/** A numeric code for people to type; uniform, by rejection. */
export function newNumericCode(digits: number): string {
  let out = '';
  while (out.length < digits) {
    const byte = randomFill(1)[0] ?? 255;
    if (byte < 250) out += String(byte % 10);
  }
  return out;
}
