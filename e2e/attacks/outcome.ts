import { expect } from 'vitest';
import { header, jsonOf } from './ask.ts';
import type { Answer } from './ask.ts';

/** Checks one answer against the code of the attack list. */
export type Outcome = { says: string; check(answer: Answer, origin: string): void };

/** P(e): a page of the hub at 400, no redirect, the error's word on it. */
export function P(error: string): Outcome {
  return {
    says: `P(${error})`,
    check(answer) {
      expect({ status: answer.status, location: answer.location }).toEqual({ status: 400, location: undefined });
      expect(header(answer, 'content-type')).toMatch(/^text\/html/);
      expect(answer.text).toContain(error);
    },
  };
}

/** R(e): sent to the registered address with the error, the state as it was, and `iss`; 302 or 303, never 307 (RFC 9700 §4.12). */
export function R(error: string, of: { redirectUri?: string; state?: string | null } = {}): Outcome {
  const { redirectUri = 'https://app.example/cb', state = 'st-1 +&' } = of;
  return {
    says: `R(${error})`,
    check(answer, origin) {
      expect([302, 303]).toContain(answer.status);
      expect(answer.location).toMatch(/^[!-~]+$/);
      expect(answer.location?.startsWith(`${redirectUri}?error=`)).toBe(true);
      const { searchParams } = new URL(answer.location ?? '');
      expect({ error: searchParams.get('error'), state: searchParams.getAll('state'), iss: searchParams.get('iss') }).toEqual({
        error,
        state: state === null ? [] : [state],
        iss: origin,
      });
      expect(searchParams.get('error_description') ?? '').toMatch(ALLOWED);
    },
  };
}

/** T(e): JSON 400. U(e): JSON 401 with a challenge. J: JSON with a status of its own. */
export const T = (error: string): Outcome => J(400, error);

export function U(error: string): Outcome {
  const base = J(401, error);
  return {
    says: `U(${error})`,
    check(answer, origin) {
      base.check(answer, origin);
      expect(header(answer, 'www-authenticate')).not.toBe('');
    },
  };
}

export function J(status: number, error: string): Outcome {
  return {
    says: status === 400 ? `T(${error})` : `${status} ${error}`,
    check(answer) {
      expect(header(answer, 'content-type')).toMatch(/^application\/(json|problem\+json)/);
      const body = jsonOf(answer);
      const word = body['error'] ?? String(body['type']).replace('urn:writ:problem:', '');
      expect({ status: answer.status, error: word }).toEqual({ status, error });
    },
  };
}

/** A page with another status. */
export function S(status: number): Outcome {
  return {
    says: String(status),
    check: (answer) => expect({ status: answer.status, location: answer.location }).toEqual({ status, location: undefined }),
  };
}

/** Not an error: what came back is looked at by the row itself. */
export function ok(says: string, look: (answer: Answer) => void): Outcome {
  return { says, check: (answer) => look(answer) };
}

/** RFC 6749 §5.2: no quote, no backslash, no control character, ASCII only. */
export const ALLOWED = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

/** 200 with exactly this body: JSON, or nothing at all. */
export function exactly(body: object | ''): Outcome {
  return {
    says: `200 ${body === '' ? 'and nothing else' : JSON.stringify(body)}`,
    check(answer) {
      expect({ status: answer.status, body: answer.text === '' ? '' : jsonOf(answer) }).toEqual({ status: 200, body });
    },
  };
}

/** For what an attack needs beforehand: it must have worked, or the attack proves nothing. */
export function mustBe(status: number, answer: Answer): Answer {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${answer.text.slice(0, 300)}`);
  return answer;
}
