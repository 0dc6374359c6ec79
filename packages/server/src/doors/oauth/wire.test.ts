import { describe, expect, it } from 'vitest';
import { asciiDescription, invalidClient, oauthError } from './wire.ts';

const bodyOf = (reply: ReturnType<typeof oauthError>): Record<string, unknown> =>
  JSON.parse(typeof reply.body === 'string' ? reply.body : '');

describe('an OAuth error', () => {
  it('is JSON, never cached, and names the request', () => {
    const reply = oauthError({ status: 400, error: 'invalid_grant', description: 'No.', requestId: 'req_1' });
    expect(reply).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache' },
    });
    expect(bodyOf(reply)).toEqual({ error: 'invalid_grant', error_description: 'No.', request_id: 'req_1' });
  });

  it('names the decision where a policy spoke, and what else the caller needs', () => {
    const reply = oauthError({
      status: 400,
      error: 'invalid_scope',
      description: 'No.',
      requestId: 'req_1',
      decisionId: 'dec_1',
      extra: { interval: 5 },
    });
    expect(bodyOf(reply)).toMatchObject({ decision_id: 'dec_1', interval: 5 });
  });

  it('cannot have its word or its request id replaced by what is added to it', () => {
    const reply = oauthError({
      status: 400,
      error: 'invalid_grant',
      description: 'No.',
      requestId: 'req_1',
      extra: { request_id: 'forged' },
    });
    expect(bodyOf(reply)['request_id']).toBe('req_1');
  });

  it('O4 keeps its description to the characters of RFC 6749 §5.2, whatever went in', () => {
    const everything = Array.from({ length: 0x250 }, (_, code) => String.fromCodePoint(code)).join('') + '😀\u2028"\\';
    expect(asciiDescription(everything)).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
  });

  it('of client authentication carries a challenge', () => {
    expect(invalidClient('req_1')).toMatchObject({ status: 401, headers: { 'www-authenticate': expect.stringMatching(/^Basic realm=/) } });
  });
});
