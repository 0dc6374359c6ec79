import { describe, expect, it } from 'vitest';
import { toAccessToken } from './access.ts';
import { chainAfter, hopsOf, pastOf } from './lineage.ts';

const act = { sub: 'b', agent: 'agt_b', act: { sub: 'a', agent: 'agt_a' } };

describe('the past of a token', () => {
  it('is read as it is written, nearest first', () => {
    const actors = [
      { sub: 'b', agent: 'agt_b' },
      { sub: 'a', agent: 'agt_a' },
    ];
    expect(pastOf({ act, lineage: ['tok_2', 'tok_1'] })).toEqual({ actors, lineage: ['tok_2', 'tok_1'] });
    expect(pastOf({})).toEqual({ actors: [], lineage: [] });
  });

  const deep = (links: number): object => (links === 1 ? { sub: 'x' } : { sub: 'x', act: deep(links - 1) });
  it.each([
    ['a text for an actor', { act: 'b' }],
    ['an actor without a name', { act: { agent: 'agt' } }],
    ['an empty name', { act: { sub: '' } }],
    ['a number for an agent', { act: { sub: 'b', agent: 1 } }],
    ['a broken link further in', { act: { sub: 'b', act: null } }],
    ['an endless chain', { act: deep(17) }],
    ['a text for the lineage', { lineage: 'tok_1' }],
    ['something else among the ancestors', { lineage: ['tok_1', 2] }],
    ['endless ancestors', { lineage: Array.from({ length: 17 }, (_, n) => `tok_${n}`) }],
  ])('is no past with %s, and the token no token', (_, claims) => {
    expect(pastOf(claims)).toBeUndefined();
    expect(toAccessToken({ jti: 'j', client_id: 'c', sub: 's', aud: 'r', exp: 1, ...claims })).toBeUndefined();
  });
});

describe('the chain after an exchange', () => {
  const first = { clientId: 'a', agentId: 'agt_a', actors: [] };
  const a = { sub: 'a', agent: 'agt_a' };
  const b = { sub: 'b', agent: 'agt_b' };

  it('begins with who acts now and ends with who got the first token', () => {
    expect(chainAfter(first, b)).toEqual([b, a]);
    expect(chainAfter({ clientId: 'b', agentId: 'agt_b', actors: [b, a] }, { sub: 'c' })).toEqual([{ sub: 'c' }, b, a]);
  });

  it('does not name a client twice that exchanges a token of its own', () => {
    expect(chainAfter(first, a)).toEqual([a]);
    expect(chainAfter({ clientId: 'b', agentId: 'agt_b', actors: [b, a] }, b)).toEqual([b, a]);
  });

  it('counts how often a token was handed on, not how many acted', () => {
    expect([[], [a], [b, a], [a, b, a]].map(hopsOf)).toEqual([0, 0, 1, 2]);
  });
});

describe('whom a token speaks for', () => {
  const token = (claims: object) => toAccessToken({ jti: 'j', aud: 'r', exp: 1, ...claims });
  it('is a user when somebody logged in, or when the subject is not the client that began the chain', () => {
    expect(token({ sub: 'ann', client_id: 'a', auth_time: 1 })?.userId).toBe('ann');
    expect(token({ sub: 'ann', client_id: 'a' })?.userId).toBe('ann');
    expect(token({ sub: 'ann', client_id: 'b', act })?.userId).toBe('ann');
    expect(token({ sub: 'a', client_id: 'a', auth_time: 1 })?.userId).toBe('a');
  });
  it('is nobody for a service, however often its token was handed on', () => {
    expect(token({ sub: 'a', client_id: 'a' })?.userId).toBeUndefined();
    expect(token({ sub: 'a', client_id: 'b', act })?.userId).toBeUndefined();
  });
  it('is bound to a key that nobody has when the confirmation cannot be read', () => {
    expect(token({ sub: 'a', client_id: 'a' })?.boundTo).toBeUndefined();
    expect(token({ sub: 'a', client_id: 'a', cnf: { jkt: 'k' } })?.boundTo).toBe('k');
    for (const cnf of [null, {}, 'k', { jkt: 1 }, { 'x5t#S256': 'k' }]) expect(token({ sub: 'a', client_id: 'a', cnf })?.boundTo).toBe('');
  });
});
