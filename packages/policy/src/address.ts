/** An IP address as bytes: 4 for IPv4 (also when written as IPv4-mapped IPv6), 16 for IPv6. */
export type Address = readonly number[];
export type Network = { readonly bytes: Address; readonly prefix: number };

const V4_MAPPED_BITS = 96;

function parseV4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    // A leading zero is octal to some readers and decimal to others (CVE-2021-29921), so it is neither here.
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes.push(Number(part));
  }
  return bytes;
}

/** Groups of one side of `::`; a dotted quad may stand for the last two (RFC 4291 §2.2). */
function parseGroups(text: string, quadAllowed: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [at, group] of groups.entries()) {
    if (quadAllowed && at === groups.length - 1 && group.includes('.')) {
      const quad = parseV4(group);
      if (!quad) return undefined;
      bytes.push(...quad);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

function parseV6(text: string): number[] | undefined {
  const sides = text.split('::');
  if (sides.length > 2) return undefined;
  const head = parseGroups(sides[0] ?? '', sides.length === 1);
  if (!head) return undefined;
  if (sides.length === 1) return head.length === 16 ? head : undefined;
  const tail = parseGroups(sides[1] ?? '', true);
  // `::` stands for at least one group.
  if (!tail || head.length + tail.length > 14) return undefined;
  return [...head, ...Array.from({ length: 16 - head.length - tail.length }, () => 0), ...tail];
}

function isMapped(bytes: Address): boolean {
  return bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
}

function parseRaw(text: string): number[] | undefined {
  if (text.length > 45) return undefined;
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

/** Reads an address without zone. `::ffff:10.0.0.1` is 10.0.0.1: a socket listening on both families reports it so. */
export function parseAddress(text: string): Address | undefined {
  const bytes = parseRaw(text);
  return bytes && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** True when the addresses are the same, however they were written. */
export function sameAddress(a: Address, b: Address): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** True when the address lies in the network. IPv4 never lies in an IPv6 network, nor the other way round. */
export function inNetwork(address: Address, { bytes, prefix }: Network): boolean {
  if (address.length !== bytes.length) return false;
  const whole = prefix >> 3;
  for (let at = 0; at < whole; at += 1) if (address[at] !== bytes[at]) return false;
  const rest = prefix & 7;
  if (rest === 0) return true;
  return (((address[whole] ?? 0) ^ (bytes[whole] ?? 0)) & (0xff00 >> rest) & 0xff) === 0;
}

/** Why a text is no network, or the network. A bare address is a network of one. */
export function parseNetwork(text: string): { ok: true; network: Network } | { ok: false; reason: string } {
  const parts = text.split('/');
  const bytes = parseRaw(parts[0] ?? '');
  if (!bytes || parts.length > 2)
    return { ok: false, reason: 'it is not an address, a slash and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32' };
  const length = parts[1] ?? String(bytes.length * 8);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length) || Number(length) > bytes.length * 8) {
    return { ok: false, reason: `the prefix length must be a whole number from 0 to ${String(bytes.length * 8)}` };
  }
  const prefix = Number(length);
  const masked = bytes.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - at * 8))) & 0xff);
  // 10.0.0.1/8 may mean the host or the network; guessing wrong opens or closes 16 million addresses.
  if (!sameAddress(masked, bytes))
    return { ok: false, reason: 'it has bits set beyond its prefix length; write the first address of the network' };
  if (isMapped(bytes) && prefix >= V4_MAPPED_BITS)
    return { ok: true, network: { bytes: bytes.slice(12), prefix: prefix - V4_MAPPED_BITS } };
  return { ok: true, network: { bytes, prefix } };
}
