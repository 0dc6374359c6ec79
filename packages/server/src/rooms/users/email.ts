/** An e-mail address in the two forms the house knows: `address` to send to and show, `key` to compare by. */
export type Email = { address: string; key: string };

const MAX_RAW = 1_000;
const LOCAL = /^(?=.{1,64}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN_TYPED = /^[\p{L}\p{M}\p{N}.-]+$/u;
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/;
/** RFC 5321 §4.5.3.1.3: a path of 256 octets with its angle brackets. */
const MAX_ADDRESS = 254;

/**
 * Reads an address: normalised (NFKC) first, then judged, then lowered. In another order a character that only becomes an `@`, a
 * space or a letter by normalisation passes the judgement as something else (CVE-2026-40574, GHSA-7rqj-j65f-68wh).
 * One plain address: no name, no quotes, no comment, no control character, ASCII before the `@`. An international domain becomes its
 * ASCII form, so that two spellings of it are one account.
 */
export function parseEmail(text: string): Email | undefined {
  if (text.length > MAX_RAW || !text.isWellFormed()) return undefined;
  const parts = text.normalize('NFKC').trim().split('@');
  const [local = '', typed = ''] = parts;
  if (parts.length !== 2 || !LOCAL.test(local)) return undefined;
  const domain = asciiDomain(typed);
  if (domain === undefined) return undefined;
  const address = `${local}@${domain}`;
  return address.length > MAX_ADDRESS ? undefined : { address, key: address.toLowerCase() };
}

/** What accounts, counters and codes are found by, whatever the spelling; undefined when it is no address. */
export function emailKey(text: string): string | undefined {
  return parseEmail(text)?.key;
}

function asciiDomain(typed: string): string | undefined {
  if (!DOMAIN_TYPED.test(typed)) return undefined;
  const url = `http://${typed}`;
  const domain = URL.canParse(url) ? new URL(url).hostname : undefined;
  return domain !== undefined && DOMAIN.test(domain) ? domain : undefined;
}
