import { numberAt, textAt } from '../json.ts';
import type { Reading, SignatureVerdict } from './look.ts';

/** What the hub itself says about a token: `live` when asked and honoured, `dead` when asked and not, `unasked` without an admin token. */
export type Standing = { state: 'live' } | { state: 'dead' } | { state: 'unasked'; why: string };

export type TokenVerdict = { good: boolean; sentence: string };

/** Whether a token is still good, in words: the first thing that speaks against it, else that nothing does. `now` in milliseconds. */
export function judgeToken(of: {
  reading: Reading | undefined;
  issuer: string;
  signature: SignatureVerdict | undefined;
  standing: Standing;
  now: number;
}): TokenVerdict {
  const { reading, issuer, signature, standing, now } = of;
  const bad = (sentence: string): TokenVerdict => ({ good: false, sentence });
  if (reading === undefined) return opaque(standing);
  const { claims } = reading;
  const said = textAt(claims, 'iss');
  if (said !== issuer) return bad(`it was issued by "${said ?? 'nobody'}", not by ${issuer}`);
  if (signature?.good === false) return bad(signature.why);
  const [expires, from] = [numberAt(claims, 'exp'), numberAt(claims, 'nbf')];
  if (expires === undefined) return bad('it never expires, which no token of the hub does');
  if (expires * 1_000 <= now) return bad(`it expired ${lengthOf(now - expires * 1_000)} ago`);
  if (from !== undefined && from * 1_000 > now) return bad(`it is not valid for another ${lengthOf(from * 1_000 - now)}`);
  if (standing.state === 'dead') return bad('the hub has revoked it, or froze or revoked whom it speaks for');
  const left = `it expires in ${lengthOf(expires * 1_000 - now)}`;
  if (standing.state === 'live') return { good: true, sentence: `genuine, the hub honours it, and ${left}` };
  return { good: true, sentence: `genuine, and ${left}; whether it was revoked is not known (${standing.why})` };
}

function opaque(standing: Standing): TokenVerdict {
  if (standing.state === 'live') return { good: true, sentence: 'an opaque token that the hub honours' };
  if (standing.state === 'dead') return { good: false, sentence: 'no JWT, and the hub does not honour it' };
  return { good: false, sentence: `no JWT, so only the hub could tell (${standing.why})` };
}

/** `4 min`, rounded down, in the largest unit that says something. */
export function lengthOf(milliseconds: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const found = units.find(([, size]) => milliseconds >= size);
  return found === undefined ? `${Math.floor(milliseconds / 1_000)} s` : `${Math.floor(milliseconds / found[1])} ${found[0]}`;
}
