import { createHmac } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The key on an enrolment page, as people would type it; empty when there is none. */
export function keyOn(html: string): string {
  return /id="secret">([A-Z2-7 ]+)</.exec(html)?.[1] ?? '';
}

/** What an authenticator app makes of such a key (RFC 6238), so many half minutes from now: 0 or 1, for what is past when it arrives late is over. */
export function appCode(key: string, off: number): string {
  const bits = [...key.replaceAll(' ', '')].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0'));
  const secret = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + off));
  const mac = createHmac('sha1', secret).update(counter).digest();
  return String((mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
