import { isObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { isTime } from '../issuers/judge.ts';
import { subjectId, type SimpleSubject, type SubjectId } from './subject.ts';
import { EVENT, SET_TYP } from './words.ts';

type Members = Readonly<Record<string, unknown>>;

/** Why a SET is refused, in the words of RFC 8935 §2.4; `reason` is for the entry. */
export type SetFault = {
  err: 'invalid_request' | 'invalid_key' | 'invalid_issuer' | 'invalid_audience' | 'authentication_failed' | 'access_denied';
  description: string;
  reason: string;
};

export function setFault(err: SetFault['err'], reason: string, description: string): SetFault {
  return { err, reason, description };
}

/** A SET whose signature was good and which is for us. */
/** `saidAt`: when its transmitter made it, in milliseconds. */
export type ReceivedSet = { jti: string; saidAt: number; events: readonly string[]; subject: SubjectId | undefined };

const SKEW_S = 60;
/** Older ones are not taken; ids are remembered for longer than this. */
export const OLDEST_S = 7 * 86_400;
const MOST_EVENTS = 20;

/** The header is the sender's word: it chooses among the algorithms that were agreed on, and asks for nothing more (RFC 8725 §3.1, RFC 8417 §2.3). */
export function headerFault(header: Members, algorithms: readonly string[]): SetFault | undefined {
  const { alg, typ } = header;
  if (['crit', 'b64', 'zip', 'enc'].some((name) => name in header))
    return setFault('invalid_request', 'set_header', 'The header asks for crit, b64, zip or enc.');
  if (typeof typ !== 'string' || typ.toLowerCase().replace(/^application\//, '') !== SET_TYP)
    return setFault('invalid_request', 'set_type', `The typ of a SET is ${SET_TYP}.`);
  if (typeof alg !== 'string' || !algorithms.includes(alg))
    return setFault('invalid_key', 'set_algorithm', `SETs are signed with ${algorithms.join(' or ')}.`);
  return undefined;
}

/** RFC 8417 §2.2 and SSF 1.0 §4, after the signature. */
export function judgeSet(claims: Members, of: { issuer: string; audience: string; now: number }): Result<ReceivedSet, SetFault> {
  const { iss, aud, iat, exp, jti, events, sub } = claims;
  if (iss !== of.issuer) return fail(setFault('invalid_issuer', 'set_issuer', 'The issuer is not the one that is trusted here.'));
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(of.audience)) return fail(setFault('invalid_audience', 'set_audience', 'The SET is for somebody else.'));
  if (typeof jti !== 'string' || jti === '' || jti.length > 255 || !jti.isWellFormed() || jti.includes('\0'))
    return fail(malformed('jti is missing or longer than 255 characters.'));
  if (!isTime(iat) || iat > of.now / 1_000 + SKEW_S) return fail(malformed('iat is missing or lies ahead.'));
  if (iat < of.now / 1_000 - OLDEST_S) return fail(setFault('invalid_request', 'set_old', 'The SET is older than seven days.'));
  if (exp !== undefined && (!isTime(exp) || exp <= of.now / 1_000 - SKEW_S))
    return fail(setFault('invalid_request', 'set_expired', 'The SET has expired.'));
  // SSF 1.0 §4.1: whom it is about is said by sub_id; `sub` could be read as another person by another reader.
  if (sub !== undefined) return fail(malformed('sub must not be in a SET.'));
  if (!isObject(events)) return fail(malformed('events is missing.'));
  const uris = Object.keys(events);
  if (uris.length === 0 || uris.length > MOST_EVENTS || !Object.values(events).every(isObject))
    return fail(malformed('events holds one to twenty events, each an object.'));
  if (!isObject(claims['sub_id'])) return fail(malformed('sub_id is missing.'));
  const subject = subjectId.safeParse(claims['sub_id']);
  return ok({ jti, saidAt: iat * 1_000, events: uris, subject: subject.success ? subject.data : undefined });
}

function malformed(description: string): SetFault {
  return setFault('invalid_request', 'set_malformed', description);
}

export type Does = { accountDisabled: 'freeze' | 'ignore'; sessionRevoked: 'end' | 'ignore'; credentialChange: 'end' | 'ignore' };

/** What an event asks for here. */
export type Deed = 'freeze' | 'let_go' | 'end_sessions';

/** Each deed once, and the gravest last: sessions end before anybody is frozen, so that the entries of both are there. */
export function deedsOf(events: readonly string[], does: Does): Deed[] {
  const wanted = new Set(events.map((uri) => deedOf(uri, does)));
  // Both in one SET contradict each other: the one that stops counts.
  const order: readonly Deed[] = wanted.has('freeze') ? ['end_sessions', 'freeze'] : ['end_sessions', 'let_go'];
  return order.filter((deed) => wanted.has(deed));
}

function deedOf(uri: string, does: Does): Deed | undefined {
  switch (uri) {
    case EVENT.accountDisabled:
    case EVENT.accountPurged:
      return does.accountDisabled === 'freeze' ? 'freeze' : undefined;
    case EVENT.accountEnabled:
      return 'let_go';
    case EVENT.sessionRevoked:
    case EVENT.sessionsRevoked:
      return does.sessionRevoked === 'end' ? 'end_sessions' : undefined;
    case EVENT.credentialChange:
    case EVENT.credentialCompromise:
      return does.credentialChange === 'end' ? 'end_sessions' : undefined;
    default:
      return undefined;
  }
}

/** The person that a subject names: itself, or the user of several that are one principal. */
export function personIn(subject: SubjectId): SimpleSubject | undefined {
  return subject.format === 'complex' ? subject.user : subject;
}
