import { createHmac } from 'node:crypto';
import { sameDigest } from './digest.ts';
import { randomFill } from './ids.ts';

/** Codes of an authenticator app (RFC 6238) with what every app knows: SHA-1, six digits, thirty seconds. */
const STEP_MS = 30_000;
const DIGITS = 6;
/** A clock may be half a minute off, either way (RFC 6238 §5.2). */
const DRIFT = 1;

/** 160 bits, the length of the hash (RFC 4226 §4). */
export function newTotpSecret(): Buffer {
  return randomFill(20);
}

/** RFC 4226 §5.3 at the counter `step`. */
export function totpCode(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}

export function totpStep(now: number): number {
  return Math.floor(now / STEP_MS);
}

/** The step that this code is of, as near to `now` (milliseconds) as may be; undefined: of none. The caller has to see to it that a step counts once. */
export function matchTotp(secret: Buffer, code: string, now: number): number | undefined {
  const at = totpStep(now);
  let found: number | undefined;
  for (let step = at - DRIFT; step <= at + DRIFT; step += 1) if (sameDigest(totpCode(secret, step), code)) found = step;
  return found;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 §6 without padding: what apps take for a secret, and people can type. */
export function base32(bytes: Buffer): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** What the square of an enrolment page says (the key URI format that apps agree on). */
export function totpUri(of: { issuer: string; account: string; secret: Buffer }): string {
  const label = `${encodeURIComponent(of.issuer)}:${encodeURIComponent(of.account)}`;
  return `otpauth://totp/${label}?secret=${base32(of.secret)}&issuer=${encodeURIComponent(of.issuer)}`;
}
