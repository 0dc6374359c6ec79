import { parseAddress, parseNetwork } from './address.ts';
import type { Address } from './address.ts';
import { compileGlob } from './glob.ts';

/** Control characters, odd spaces, and signs that are not seen or turn the direction of text: written as escapes, so that a reviewer sees them. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

function escaped(text: string): string {
  return text.replace(/["\\]/g, '\\$&').replace(UNSEEN, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A text as a Cedar string. */
export function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** The pattern of `like` for a text with this part in it. */
export function likePart(part: string): string {
  return `"*${escaped(part).replaceAll('*', '\\*')}*"`;
}

/** The pattern of `like` that says what a glob says; undefined when the glob has `?`, for which Cedar has no sign. */
export function likeGlob(glob: string): string | undefined {
  if (!compileGlob(glob)) return undefined;
  let pattern = '';
  let literal = false;
  for (const char of glob) {
    if (!literal && char === '\\') {
      literal = true;
      continue;
    }
    if (!literal && char === '?') return undefined;
    if (char === '*') pattern += literal ? '\\*' : '*';
    else pattern += escaped(char);
    literal = false;
  }
  return `"${pattern}"`;
}

/** The text of an address that Cedar reads: IPv6 without `::`, IPv4-mapped addresses as IPv4. */
function addressText(bytes: Address): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0));
  return groups.map((group) => group.toString(16)).join(':');
}

/** An address in the one form that the export uses; undefined when it is none. */
export function plainAddress(text: string): string | undefined {
  const bytes = parseAddress(text);
  return bytes && addressText(bytes);
}

/** A network likewise. */
export function plainNetwork(text: string): string | undefined {
  const parsed = parseNetwork(text);
  return parsed.ok ? `${addressText(parsed.network.bytes)}/${String(parsed.network.prefix)}` : undefined;
}

/** Decimals of Cedar have four places and lie within ±922337203685477.5807. */
const PLACES = 4;
const MOST = '922337203685477.5807';
const LIMIT = 900_000_000_000_000;

type Digits = { readonly negative: boolean; readonly whole: string; readonly fraction: string };

/** The shortest decimal text that stands for this number, without exponent: what JSON and people write. */
function digitsOf(value: number): Digits {
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const [lead = '0', rest = ''] = mantissa.split('.');
  const digits = lead + rest;
  const point = 1 + Number(exponent);
  const whole = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0');
  const fraction = point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point);
  return { negative: value < 0, whole, fraction: fraction.replace(/0+$/, '') };
}

/** A number as a decimal of Cedar; undefined when it has more places or is larger than one can hold. */
export function exactDecimal(value: number): string | undefined {
  if (!(Math.abs(value) <= LIMIT)) return undefined;
  const { negative, whole, fraction } = digitsOf(value);
  return fraction.length > PLACES ? undefined : `${negative ? '-' : ''}${whole}.${fraction.padEnd(1, '0')}`;
}

/** The nearest decimals of Cedar at or below, and at or above a number. */
export function decimalBounds(value: number): { readonly atLeast: string; readonly atMost: string } {
  if (!(Math.abs(value) <= LIMIT)) {
    const end = value < 0 ? `-${MOST}` : MOST;
    return { atLeast: end, atMost: end };
  }
  const exact = exactDecimal(value);
  if (exact !== undefined) return { atLeast: exact, atMost: exact };
  const { negative, whole, fraction } = digitsOf(value);
  const inner = BigInt(whole + fraction.slice(0, PLACES));
  const near = decimalOf(negative ? -inner : inner);
  const far = decimalOf(negative ? -inner - 1n : inner + 1n);
  return negative ? { atLeast: far, atMost: near } : { atLeast: near, atMost: far };
}

/** Ten-thousandths as a decimal. */
function decimalOf(units: bigint): string {
  const text = (units < 0n ? -units : units).toString().padStart(PLACES + 1, '0');
  return `${units < 0n ? '-' : ''}${text.slice(0, -PLACES)}.${text.slice(-PLACES)}`;
}

/** Names that mean something else in the JSON form of Cedar: no attribute may have one. */
export function isCedarWord(name: string): boolean {
  return name === '__entity' || name === '__extn' || name === '__expr';
}

/** The one text of a number, for equality alone. */
export function numberText(value: number): string {
  return String(value === 0 ? 0 : value);
}
