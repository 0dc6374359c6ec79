const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** What each character stands for, by its code; both alphabets. 255: nothing. */
const SIXES = new Uint8Array(128).fill(255);
for (const [six, character] of [...ALPHABET].entries()) SIXES[character.charCodeAt(0)] = six;
SIXES['+'.charCodeAt(0)] = 62;
SIXES['/'.charCodeAt(0)] = 63;

/**
 * Bytes of base64 or base64url text, padded or not; undefined when it is neither. Strict about what stands in it, because Node's own decoder
 * skips what it does not know, and two spellings of one credential are one too many.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const length = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  if (length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let value = 0;
  let at = 0;
  for (let index = 0; index < length; index += 1) {
    const six = SIXES[text.charCodeAt(index)] ?? 255;
    if (six === 255) return undefined;
    value = ((value << 6) | six) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (value >> bits) & 0xff;
    at += 1;
  }
  return bytes;
}
