const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Bytes of base64 or base64url text, padded or not; undefined when it is neither. Strict about what stands in it, because Node's own decoder
 * skips what it does not know, and two spellings of one credential are one too many.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const body = text
    .replace(/={1,2}$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
  if (body.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((body.length * 3) / 4));
  let bits = 0;
  let value = 0;
  let at = 0;
  for (const character of body) {
    const six = ALPHABET.indexOf(character);
    if (six < 0) return undefined;
    value = ((value << 6) | six) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (value >> bits) & 0xff;
    at += 1;
  }
  return bytes;
}
