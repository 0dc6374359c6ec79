import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Cidr = [Address, number];

/** Which addresses beyond the public ones may be reached. */
export interface AddressRules {
  readonly allowLoopback: boolean;
  readonly allowPrivate: readonly Cidr[];
}

/** `range` is a word for the log (`private`, `loopback`, `ipv4Compatible`); the caller of the hub is never told it. */
export type Judged = { allowed: true; loopback: boolean } | { allowed: false; range: string };

/** Reads the operator's networks (`10.1.0.0/16`, `fd00::/8`). Throws on a malformed one: config is checked before the house is built. */
export function parseNetworks(cidrs: readonly string[]): readonly Cidr[] {
  return cidrs.map((cidr) => {
    if (!ipaddr.isValidCIDR(cidr)) throw new Error(`not a network in CIDR form: ${cidr}`);
    return ipaddr.parseCIDR(cidr);
  });
}

/**
 * Judges one address as text, in the form that DNS or the URL parser gave it. Everything that is not plainly global unicast is
 * refused, so that a range which nobody thought of is refused too. An embedded IPv4 address is never unwrapped and believed:
 * the wrappers (NAT64, 6to4, Teredo, ISATAP, IPv4-compatible) are refused as such; only v4-mapped is the v4 address itself.
 */
export function judgeAddress(text: string, rules: AddressRules): Judged {
  if (isIP(text) === 0) return { allowed: false, range: 'notAnAddress' };
  const address: Address = ipaddr.process(text);
  const range = rangeOf(address);
  if (range === 'unicast') return { allowed: true, loopback: false };
  if (range === 'loopback' && rules.allowLoopback) return { allowed: true, loopback: true };
  if (rules.allowPrivate.some(([net, bits]) => net.kind() === address.kind() && address.match(net, bits))) {
    return { allowed: true, loopback: range === 'loopback' };
  }
  return { allowed: false, range };
}

function rangeOf(address: Address): string {
  const range = address.range();
  if (range !== 'unicast') return range;
  if (address instanceof ipaddr.IPv4) return address.toString() === AZURE_HOST ? 'hostAgent' : range;
  return odd(address.parts) ?? range;
}

/** Globally routable by number, but answered by the machine's own host: metadata and secrets of an Azure VM. */
const AZURE_HOST = '168.63.129.16';

function odd([first = 0, , , , fifth = 0, sixth = 0]: readonly number[]): string | undefined {
  // ::a.b.c.d (RFC 4291 §2.5.5.1, deprecated) and every other prefix that IANA has not given out lie outside 2000::/3.
  if (first >> 13 !== 1) return 'notGlobal';
  // ISATAP (RFC 5214 §6.1): the v4 address stands behind 0000:5efe or 0200:5efe in an ordinary prefix.
  if (sixth === 0x5efe && (fifth & 0xfdff) === 0) return 'isatap';
  return undefined;
}
