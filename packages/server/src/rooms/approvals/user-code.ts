/** RFC 8628 §6.1: consonants only, so that no word and no digit is mistaken for another; 20^8 is 34 bits. */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;

/** A code for a person to type, `WDJB-MJHT`, from random bytes; undefined when there were too few good ones among them. */
export function userCodeFrom(random: Uint8Array): string | undefined {
  // 240 is the largest multiple of 20 below 256: bytes above it would make some letters likelier than others.
  const letters = [...random].filter((byte) => byte < 240).map((byte) => ALPHABET[byte % ALPHABET.length] ?? '');
  if (letters.length < LENGTH) return undefined;
  return `${letters.slice(0, 4).join('')}-${letters.slice(4, LENGTH).join('')}`;
}

/** What a person typed, however they typed it: lower case, spaces, no dash. Undefined: no code of ours. */
export function readUserCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
  if (letters.length !== LENGTH || [...letters].some((letter) => !ALPHABET.includes(letter))) return undefined;
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
